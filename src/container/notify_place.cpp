// SPDX-License-Identifier: Apache-2.0
#include "container/notify_place.hpp"

#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/socket.hpp"

namespace oci::container::notify_place {
namespace {

constexpr const char* name = "notify";

}  // namespace

std::string path(const std::string& root, const std::string& id) {
    return clean_path(join_path(join_path(root, id), name));
}

kernel::SysResult<void> make(FdView state_directory) noexcept {
    OCI_TRY(kernel::make_directory(state_directory, name, 0755));
    return kernel::change_mode(state_directory, name, 0755);  // whatever the umask is
}

kernel::SysResult<UniqueFd> listen(FdView state_directory) noexcept {
    const UniqueFd directory =
        OCI_TRY(kernel::open_beneath(state_directory, name, O_RDONLY | O_DIRECTORY));
    const auto removed = kernel::remove(directory, socket_name);
    if (!removed && removed.error().code != ENOENT) return Failure{removed.error()};
    UniqueFd socket =
        OCI_TRY(kernel::listen_at(directory, socket_name, kernel::SocketKind::Datagram));
    OCI_TRY(kernel::change_mode(directory, socket_name, 0666));
    return socket;
}

}  // namespace oci::container::notify_place
