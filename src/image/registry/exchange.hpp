// SPDX-License-Identifier: Apache-2.0
//
// exchange: one request on its way, over its redirects, in libcurl's words.
#pragma once

#include <array>
#include <map>
#include <memory>

#include <curl/curl.h>

#include "image/registry/transport.hpp"

namespace oci::image::registry {

struct FreeHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

/// By host: all its certificates in one file of memory. It stays, as libcurl keeps connections, and
/// what it has read, by the name of the file.
using AuthorityFiles = std::map<std::string, UniqueFd>;

/// Stays where it is: libcurl holds its address.
class Exchange {
public:
    Exchange(Transport::Ticket ticket, Request request, const TransportSettings& settings,
             AuthorityFiles& authorities);

    [[nodiscard]] Transport::Ticket ticket() const noexcept { return ticket_; }
    [[nodiscard]] CURL* handle() const noexcept { return handle_.get(); }

    /// Sets the handle up for the next hop; false if there is none, and answer() says why.
    [[nodiscard]] bool prepare();

    /// What libcurl came to. True: a redirect has to be followed, prepare() again.
    [[nodiscard]] bool finish(CURLcode code);

    void fail(Trouble trouble, Error error);
    [[nodiscard]] Answer take_answer() { return std::move(answer_); }

private:
    [[nodiscard]] bool set_up();
    [[nodiscard]] bool set_method();
    [[nodiscard]] bool set_trust(const Trust& trust);
    [[nodiscard]] bool set_limits();
    [[nodiscard]] bool set_fields();
    void judge(CURLcode code);
    [[nodiscard]] bool is_redirect() const;
    [[nodiscard]] bool redirect();
    [[nodiscard]] bool take_body(std::span<const char> bytes);
    [[nodiscard]] bool begin_body();

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

    Transport::Ticket ticket_;
    Request request_;
    const TransportSettings& settings_;
    std::unique_ptr<CURL, FreeHandle> handle_;
    std::unique_ptr<curl_slist, FreeList> fields_;
    AuthorityFiles& authorities_;
    std::array<char, CURL_ERROR_SIZE> words_{};
    Answer answer_;
    bool has_begun_ = false;     ///< The receiver has been told of the head.
    bool is_closed_to_ = false;  ///< An address was refused.
    bool only_public_ = false;
    unsigned redirects_ = 0;
};

}  // namespace oci::image::registry
