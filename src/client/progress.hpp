// SPDX-License-Identifier: Apache-2.0
//
// progress: how far a fetch of the service is: one line that moves on a terminal, lines elsewhere,
// JSON for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace oci::client {

class Progress {
public:
    /// style: "auto", "plain", "json", "none"; on standard error.
    Progress(std::string_view style, bool quiet);

    /// phase: as the service calls it.
    void show(std::string_view phase, std::uint64_t done, std::uint64_t total);
    /// The line stays as it is.
    void end();

private:
    enum class Style : std::uint8_t { None, Plain, Moving, Json };
    Style style_ = Style::None;
    std::string last_{};
    bool is_drawn_ = false;
};

}  // namespace oci::client
