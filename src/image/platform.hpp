// SPDX-License-Identifier: Apache-2.0
//
// platform: for which machine an image is: "linux/arm64/v8" (image-spec, image-index.md
// "platform").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image {

/// In Go's words: amd64, arm64, arm, 386, riscv64 … and variants v5 to v8.
struct Platform {
    std::string os = "linux";
    std::string architecture{};
    std::string variant{};                   ///< Empty: as usual for the architecture.
    std::string os_version{};                ///< Empty: any.
    std::vector<std::string> os_features{};  ///< What the system must have.

    friend bool operator==(const Platform&, const Platform&) = default;
};

/// "OS[(VERSION+FEATURE…)]/ARCHITECTURE[/VARIANT]", also in the kernel's words (x86_64, aarch64).
[[nodiscard]] Result<Platform> parse_platform(std::string_view text);

/// Of this machine.
[[nodiscard]] Platform host_platform();

[[nodiscard]] std::string text_of(const Platform& platform);

/// Whether what an image is for runs where `wanted` is asked for. arm and amd64 run lower variants.
/// A version counts if both name one; each feature that the image needs must be asked for, as
/// nobody knows what it would do without.
[[nodiscard]] bool fits(const Platform& image, const Platform& wanted);

}  // namespace oci::image
