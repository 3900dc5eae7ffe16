// SPDX-License-Identifier: Apache-2.0
#include "container/start_gate.hpp"

#include "kernel/files.hpp"
#include "kernel/socket.hpp"

namespace oci::container::start_gate {
namespace {

constexpr const char* name = "start";

}  // namespace

kernel::SysResult<UniqueFd> make(FdView directory) noexcept {
    return kernel::listen_at(directory, name, kernel::SocketKind::Packet);
}

bool exists(FdView directory) noexcept {
    return static_cast<bool>(kernel::status_of(directory, name));
}

kernel::SysResult<UniqueFd> connect(FdView directory) noexcept {
    return kernel::connect_at(directory, name, kernel::SocketKind::Packet);
}

kernel::SysResult<void> remove(FdView directory) noexcept {
    return kernel::remove(directory, name);
}

}  // namespace oci::container::start_gate
