// SPDX-License-Identifier: Apache-2.0
#include "serve/http/message.hpp"

#include <algorithm>
#include <array>

namespace oci::serve::http {
namespace {

struct Reason {
    unsigned status;
    std::string_view text;
};
constexpr std::array reasons{
    Reason{101, "Switching Protocols"},
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{426, "Upgrade Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

}  // namespace

std::string_view field(const Fields& fields, std::string_view name) noexcept {
    const auto found =
        std::ranges::find_if(fields, [&](const auto& each) { return each.first == name; });
    return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

std::size_t count_fields(const Fields& fields, std::string_view name) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(fields, [&](const auto& each) { return each.first == name; }));
}

std::string_view reason_of(unsigned status) noexcept {
    for (const Reason& each : reasons)
        if (each.status == status) return each.text;
    return "Unknown";
}

std::string_view query_value(const Request& request, std::string_view name,
                             std::string_view absent) noexcept {
    for (const auto& [key, value] : request.query)
        if (key == name) return value;
    return absent;
}

}  // namespace oci::serve::http
