// SPDX-License-Identifier: Apache-2.0
#include "engine/notify_plan.hpp"

#include <sys/mount.h>
#include <sys/un.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "container/notify_place.hpp"

namespace oci::engine::notify {
namespace {

constexpr const char* place_in_container = "/run/notify";

}  // namespace

Result<void> check(const Spec& spec, const Settings& settings, const std::string& notify_socket) {
    if (notify_socket.empty()) return {};
    if (!notify_socket.starts_with('/') && !notify_socket.starts_with('@'))
        return with(fail(ErrorKind::InvalidConfig,
                         "NOTIFY_SOCKET: must be an absolute path or begin with \"@\", not \"{}\"",
                         notify_socket),
                    {.code = "usage"});
    constexpr std::size_t room = sizeof(sockaddr_un::sun_path);
    if (notify_socket.size() >= room)
        return with(fail(ErrorKind::InvalidConfig,
                         "NOTIFY_SOCKET: {} bytes are too long for the address of a socket",
                         notify_socket.size()),
                    {.code = "usage"});
    const Namespace* own = find_namespace(spec, NamespaceKind::Mount);
    if (own == nullptr || !own->path.empty())
        return with(fail(ErrorKind::InvalidConfig,
                         "NOTIFY_SOCKET is set, but without a new mount namespace the container "
                         "cannot get a socket"),
                    {.pointer = "/linux/namespaces",
                     .hint = "unset it, or add {\"type\": \"mount\"} to /linux/namespaces"});
    if (!settings.root.starts_with('/'))
        return with(
            fail(ErrorKind::InvalidConfig,
                 "NOTIFY_SOCKET is set: the root {} must be an absolute path", settings.root),
            {.code = "usage", .hint = "see --root"});
    return {};
}

mounts::Entry mount_entry(const Settings& settings, const std::string& id, std::size_t position) {
    mounts::Entry entry;
    entry.kind = mounts::EntryKind::Bind;
    entry.position = position;
    entry.destination = place_in_container;
    entry.subject = place_in_container;
    entry.source = container::notify_place::path(settings.root, id);
    entry.options.bind = true;
    // A socket can be written to on a read-only mount, too.
    entry.options.set =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    return entry;
}

std::string variable() {
    return fmt::format("NOTIFY_SOCKET={}/{}", place_in_container,
                       container::notify_place::socket_name);
}

}  // namespace oci::engine::notify
