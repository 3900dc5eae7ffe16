// SPDX-License-Identifier: Apache-2.0
//
// message: a request as it arrived, and the answer to it, as values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oci::serve::http {

/// Names in lower case.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The first of this name; "" if there is none.
[[nodiscard]] std::string_view field(const Fields& fields, std::string_view name) noexcept;
[[nodiscard]] std::size_t count_fields(const Fields& fields, std::string_view name) noexcept;

/// What comes before the body.
struct Head {
    std::string method{};
    std::string target{};
    Fields fields{};
    bool keeps_alive = true;
    bool has_body = false;
};

/// Whom we speak to.
struct Peer {
    bool is_tcp = false;
    std::string address{};  ///< Of TCP.
    unsigned uid = 0;       ///< Of a Unix socket.
    int pid = 0;
};

struct Request {
    std::string id{};
    std::string method{};
    std::string path{};                ///< As it was sent, without the query.
    std::string route{};               ///< The template: "/containers/{name}"; "": none yet.
    std::vector<std::string> names{};  ///< What stands for {name} and the like, decoded.
    Fields query{};                    ///< Decoded; names as they were sent.
    Fields fields{};
    std::string body{};
    Peer peer{};
};

struct Response {
    unsigned status = 200;
    std::string type = "application/json";
    Fields fields{};  ///< Names as they are to be sent.
    std::string body{};
};

[[nodiscard]] std::string_view reason_of(unsigned status) noexcept;

/// The value of name=… in the query; `absent` without.
[[nodiscard]] std::string_view query_value(const Request& request, std::string_view name,
                                           std::string_view absent = {}) noexcept;

}  // namespace oci::serve::http
