// SPDX-License-Identifier: Apache-2.0
//
// asking: what requests of several routes have in common: whom they mean, what they prefer, and how
// they are told no.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/problem.hpp"
#include "serve/routes/service.hpp"

namespace oci::serve::routes {

using Pointer = std::shared_ptr<http::Exchange>;

[[nodiscard]] http::Problem problem_of(const Refusal& refusal);

/// Of the first name in the path.
[[nodiscard]] http::Answer<Name> name_in(const http::Request& request);
[[nodiscard]] http::Answer<ContainerRef> container_in(const Service& service,
                                                      const http::Request& request);

/// invalid-query unless it is a number from 0 to `most`.
[[nodiscard]] http::Answer<std::uint64_t> number_in(const http::Request& request,
                                                    std::string_view key, std::uint64_t absent,
                                                    std::uint64_t most);
/// "", "true", "1": yes; "false", "0": no.
[[nodiscard]] http::Answer<bool> flag_in(const http::Request& request, std::string_view key,
                                         bool absent);

/// The body as JSON, an object of at most 32 levels; {} if it is empty.
[[nodiscard]] http::Answer<spec::Value> body_of(const http::Request& request);
[[nodiscard]] http::Problem problem_of(const Mistakes& mistakes);

/// The status of the container, with its tag.
void answer_status(const Pointer& exchange, const Container& container, unsigned status);

/// Of the field Prefer (RFC 7240).
struct Preference {
    std::optional<std::chrono::seconds> wait{};
    bool is_asynchronous = false;
};
[[nodiscard]] Preference preference_of(const http::Request& request);
/// Whether Accept names the type itself.
[[nodiscard]] bool accepts(const http::Request& request, std::string_view type);

/// The same content has the same tag.
[[nodiscard]] std::string entity_tag(std::string_view content);

/// Whether the client wants the connection for itself: "Upgrade: tcp". Other protocols are none
/// that we know, and may be left alone.
[[nodiscard]] bool wants_upgrade(const http::Request& request);

/// False if there are too many streams, and the client has been told.
[[nodiscard]] bool may_stream(const Service& service, const Pointer& exchange);
/// A stream of events; false if there are too many, and the client has been told.
[[nodiscard]] bool begin_stream(Service& service, const Pointer& exchange, std::string_view type);
/// One event; data is one line.
[[nodiscard]] std::string sse_event(std::string_view id, std::string_view kind,
                                    std::string_view data);

}  // namespace oci::serve::routes
