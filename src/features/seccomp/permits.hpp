// SPDX-License-Identifier: Apache-2.0
//
// permits: what a filter will say to a call, without making it. Who knows that before can load
// the filter first and make the call under it.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <span>

namespace oci::seccomp {

struct Call {
    std::uint32_t number = 0;  ///< SYS_*, of the native ABI
    std::optional<std::uint64_t> first_argument{};
};

/// True only if the call is made whatever its other arguments are: a verdict that hangs on one
/// that is not known counts as the worst that it can be, and so does any word of BPF that no
/// filter of ours has.
[[nodiscard]] bool permits(std::span<const sock_filter> program, const Call& call);

}  // namespace oci::seccomp
