// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/devices.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::devices {
namespace {

using kernel::SysResult;

struct DefaultNode {
    const char* path;
    unsigned major;
    unsigned minor;
};
constexpr std::array default_nodes{
    DefaultNode{"/dev/null", 1, 3},    DefaultNode{"/dev/zero", 1, 5},
    DefaultNode{"/dev/full", 1, 7},    DefaultNode{"/dev/random", 1, 8},
    DefaultNode{"/dev/urandom", 1, 9}, DefaultNode{"/dev/tty", 5, 0},
};

struct DefaultLink {
    const char* name;
    const char* target;
};
constexpr std::array default_links{
    DefaultLink{"fd", "/proc/self/fd"},       DefaultLink{"stdin", "/proc/self/fd/0"},
    DefaultLink{"stdout", "/proc/self/fd/1"}, DefaultLink{"stderr", "/proc/self/fd/2"},
    DefaultLink{"ptmx", "pts/ptmx"},
};

mode_t file_type(char type) {
    if (type == 'b') return S_IFBLK;
    return type == 'p' ? S_IFIFO : S_IFCHR;
}

bool is_device(const Node& node) noexcept { return !S_ISFIFO(node.mode); }

bool is_same_node(const Node& node, const struct stat& status) noexcept {
    return (status.st_mode & S_IFMT) == (node.mode & S_IFMT) &&
           (!is_device(node) || status.st_rdev == node.device);
}

using Positions = std::unordered_map<std::string, std::size_t>;

void add(std::vector<Node>& nodes, Positions& positions, Node node) {
    const auto [known, is_new] = positions.try_emplace(node.path, nodes.size());
    if (is_new)
        nodes.push_back(std::move(node));
    else
        nodes[known->second] = std::move(node);
}

Result<Node> read_node(const Device& device, std::size_t position) {
    const std::string path = clean_path(device.path);
    if (!device.path.starts_with('/') || path == "/" || path == "/dev")
        return fail(ErrorKind::InvalidConfig,
                    "/linux/devices/{}/path: \"{}\" is no place for a device", position,
                    device.path);
    Node node;
    node.path = path;
    node.mode = file_type(device.type) | (device.file_mode & 07777U);
    if (device.type != 'p') node.device = makedev(device.major, device.minor);
    node.uid = device.uid;
    node.gid = device.gid;
    node.subject = fmt::format("{} (/linux/devices/{})", path, position);
    return node;
}

/// A symlink here would have the runtime write anywhere in the root (CVE-2026-41579).
SysResult<UniqueFd> open_dev(FdView root) noexcept {
    constexpr const char* why = "/dev must be an ordinary directory";
    auto dev = kernel::make_in_root(root, "/dev", kernel::Kind::Directory, kernel::Links::Refuse);
    if (!dev && dev.error().code == ELOOP) return kernel::refuse(ELOOP, why);
    if (!dev) return dev;
    const struct stat status = OCI_TRY(kernel::status_of(dev.value()));
    if (!S_ISDIR(status.st_mode)) return kernel::refuse(ENOTDIR, why);
    return dev;
}

SysResult<kernel::Place> place_of(const Node& node, FdView root, FdView dev) noexcept {
    constexpr std::string_view prefix = "/dev";
    if (is_below(node.path, prefix))
        return kernel::place_in_root(dev, node.path.c_str() + prefix.size(), kernel::Links::Refuse);
    return kernel::place_in_root(root, node.path.c_str());
}

/// The file that a host's node is bound over, made if there is none.
SysResult<UniqueFd> open_bind_target(const kernel::Place& place) noexcept {
    const auto made = kernel::open_at(place.directory, place.name,
                                      O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644);
    if (!made && made.error().code != EEXIST) return Failure{made.error()};
    UniqueFd target = OCI_TRY(kernel::open_at(place.directory, place.name, O_PATH | O_NOFOLLOW));
    const struct stat status = OCI_TRY(kernel::status_of(target));
    if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
        return target;
    return kernel::refuse(EEXIST, "something else is there");
}

SysResult<UniqueFd> open_host_node(const Node& node) noexcept {
    if (node.opened) return kernel::duplicate(node.opened);
    return kernel::clone_tree(kernel::here, node.path.c_str(), AT_SYMLINK_NOFOLLOW);
}

SysResult<void> bind_node(const Node& node, const kernel::Place& place) noexcept {
    const UniqueFd mount = OCI_TRY(open_host_node(node));
    const struct stat status = OCI_TRY(kernel::status_of(mount));
    if (!is_same_node(node, status))
        return kernel::refuse(ENODEV, "the host has another device there");
    const UniqueFd target = OCI_TRY(open_bind_target(place));
    OCI_TRY(kernel::set_attributes(mount, "", {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC}, 0));
    OCI_TRY(kernel::attach_mount(mount, target));
    const auto wanted = OCI_TRY(kernel::mount_identity(mount));
    const auto present = OCI_TRY(kernel::mount_identity(place.directory, place.name));
    if (wanted.mount_id != present.mount_id)
        return kernel::refuse(EXDEV, "the target moved while it was mounted on");
    return {};
}

SysResult<void> make_node(const Plan& plan, const Node& node, const kernel::Place& place) noexcept {
    if (plan.bind_only && is_device(node)) return bind_node(node, place);
    const auto made = kernel::make_node(place.directory, place.name, node.mode, node.device);
    if (!made && made.error().code == EEXIST) {
        const struct stat status = OCI_TRY(kernel::status_of(place.directory, place.name));
        if (is_same_node(node, status)) return {};
        // What a bind was put on when this root was used before.
        const bool is_bind_target = S_ISREG(status.st_mode) && status.st_size == 0;
        if (is_bind_target && is_device(node)) return bind_node(node, place);
        return kernel::refuse(EEXIST, "something else is there");
    }
    if (!made && made.error().code == EPERM && is_device(node)) return bind_node(node, place);
    if (!made) return made;
    if (node.uid == 0 && node.gid == 0) return {};
    return kernel::change_owner(place.directory, place.name, node.uid, node.gid);
}

SysResult<void> make_link(FdView dev, const DefaultLink& link) noexcept {
    const auto made = kernel::make_symlink(link.target, dev, link.name);
    if (!made && made.error().code == EEXIST) return {};  // the image's own may stay
    return made;
}

SysResult<void> make_links(FdView root, FdView dev, Progress& progress) noexcept {
    for (const DefaultLink& link : default_links) {
        progress.subject = link.name;
        OCI_TRY(make_link(dev, link));
    }
    const auto core = kernel::open_in_root(root, "/proc/kcore", O_PATH);
    if (!core) return {};
    progress.subject = "core";
    return make_link(dev, {"core", "/proc/kcore"});
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    Plan plan;
    const bool can_mount = find_namespace(spec, NamespaceKind::Mount) != nullptr;
    plan.has_own_dev = can_mount && rootfs::dev_directory(spec) != rootfs::DevDirectory::OfHost;
    plan.bind_only = find_namespace(spec, NamespaceKind::User) != nullptr;
    Positions positions;
    for (const DefaultNode& node : default_nodes)
        add(plan.nodes, positions,
            {node.path, S_IFCHR | 0666U, makedev(node.major, node.minor), 0, 0, {}, node.path});
    for (std::size_t i = 0; i < spec.linux_section.devices.size(); ++i) {
        Node node = OCI_TRY(read_node(spec.linux_section.devices[i], i));
        add(plan.nodes, positions, std::move(node));
    }
    if (!plan.has_own_dev) plan.nodes.clear();
    return plan;
}

Result<void> prepare(Plan& plan) {
    if (!plan.bind_only) return {};
    for (Node& node : plan.nodes) {
        if (!is_device(node)) continue;
        auto opened = kernel::clone_tree(kernel::here, node.path.c_str(), AT_SYMLINK_NOFOLLOW);
        // Without rights over its own mounts the parent leaves this to init.
        if (!opened && opened.error().code == EPERM) return {};
        node.opened = OCI_TRY(with_if(
            ENOENT, explain(std::move(opened), "/linux/devices: cannot open {}", node.path),
            {.code = "device-missing",
             .hint = "in a user namespace the host's node is bound: the host must have it"}));
    }
    return {};
}

SysResult<void> enter(const Plan& plan, FdView root, Progress& progress) noexcept {
    if (!plan.has_own_dev) return {};
    progress.subject = "/dev";
    const UniqueFd dev = OCI_TRY(open_dev(root));
    for (const Node& node : plan.nodes) {
        progress.subject = node.subject;
        const kernel::Place place = OCI_TRY(place_of(node, root, dev));
        OCI_TRY(make_node(plan, node, place));
    }
    return make_links(root, dev, progress);
}

}  // namespace oci::devices
