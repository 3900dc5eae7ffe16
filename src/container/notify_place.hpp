// SPDX-License-Identifier: Apache-2.0
//
// notify place: the directory of the state directory that a container sees at
// /run/notify, and the socket in it at which it says how it is doing.
#pragma once

#include <string>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::container::notify_place {

inline constexpr const char* socket_name = "notify.sock";

/// The path of that directory on the host.
[[nodiscard]] std::string path(const std::string& root, const std::string& id);

/// The directory: whoever the container's user is, it can look into it.
kernel::SysResult<void> make(FdView state_directory) noexcept;

/// A datagram socket there, for everyone to write to; takes the place of an earlier one.
kernel::SysResult<UniqueFd> listen(FdView state_directory) noexcept;

}  // namespace oci::container::notify_place
