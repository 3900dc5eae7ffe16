// SPDX-License-Identifier: Apache-2.0
//
// Small config.json texts, and what reading them says.
#pragma once

#include <string>
#include <string_view>

#include "spec/read.hpp"
#include "support/catch.hpp"

namespace oci::test {

inline std::string join_members(std::string first, std::string_view more) {
    if (!more.empty()) first.append(",").append(more);
    return first;
}

/// The least that is valid, and more members of the document.
inline std::string config(std::string_view more = {}) {
    return "{" + join_members(R"("ociVersion":"1.3.0","root":{"path":"rootfs"})", more) + "}";
}
inline std::string with_process(std::string_view more) {
    return config(R"("process":{)" + join_members(R"("cwd":"/","args":["sh"])", more) + "}");
}
inline std::string with_linux(std::string_view members) {
    return config(R"("linux":{)" + std::string(members) + "}");
}
inline std::string with_resources(std::string_view members) {
    return with_linux(R"("resources":{)" + std::string(members) + "}");
}
inline std::string with_seccomp(std::string_view members) {
    return with_linux(R"("seccomp":{)" + std::string(members) + "}");
}

/// The message of the error, or "accepted".
inline std::string refusal(std::string_view text) {
    const auto spec = spec::read(text);
    return spec ? "accepted" : spec.error().message;
}

/// The spec of a text that must be valid.
inline Spec accepted(std::string_view text) {
    auto spec = spec::read(text);
    INFO((spec ? std::string() : spec.error().message));
    REQUIRE(spec);
    return std::move(spec).value();
}

}  // namespace oci::test
