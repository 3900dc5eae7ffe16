// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "oci-rt/state.hpp"

namespace oci {
namespace {

constexpr std::size_t longest_id = 128;

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

Result<ContainerId> ContainerId::parse(std::string_view text) {
    const bool fits = !text.empty() && text.size() <= longest_id && is_word(text[0]);
    bool clean = fits;
    for (const char c : text) clean = clean && (is_word(c) || c == '+' || c == '.' || c == '-');
    if (!clean)
        return fail(ErrorKind::InvalidConfig,
                    "invalid container id \"{}\": 1 to {} of the letters A-Z a-z 0-9 _ + . -, "
                    "beginning with A-Z a-z 0-9 or _",
                    escape_for_display(text.substr(0, longest_id)), longest_id);
    return ContainerId{std::string{text}};
}

std::string_view name_of(Status status) noexcept {
    switch (status) {
        case Status::Creating: return "creating";
        case Status::Created: return "created";
        case Status::Running: return "running";
        case Status::Paused: return "paused";
        case Status::Stopped: return "stopped";
    }
    return "stopped";
}

}  // namespace oci
