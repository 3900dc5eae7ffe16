// SPDX-License-Identifier: Apache-2.0
#include "features/sysctl.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/private_procfs.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::sysctl {
namespace {

/// A parameter (or, with a slash at the end, all below) and the namespace that holds it.
struct Family {
    std::string_view path;
    NamespaceKind kind{};
};
constexpr std::array families{
    Family{"kernel/msgmax", NamespaceKind::Ipc},
    Family{"kernel/msgmnb", NamespaceKind::Ipc},
    Family{"kernel/msgmni", NamespaceKind::Ipc},
    Family{"kernel/sem", NamespaceKind::Ipc},
    Family{"kernel/shmall", NamespaceKind::Ipc},
    Family{"kernel/shmmax", NamespaceKind::Ipc},
    Family{"kernel/shmmni", NamespaceKind::Ipc},
    Family{"kernel/shm_rmid_forced", NamespaceKind::Ipc},
    Family{"fs/mqueue/", NamespaceKind::Ipc},
    Family{"net/", NamespaceKind::Network},
    Family{"kernel/domainname", NamespaceKind::Uts},
    Family{"user/", NamespaceKind::User},
};

struct NamespaceNames {
    NamespaceKind kind{};
    const char* type = "";  ///< As config.json has it.
    const char* callers = "";
};
constexpr std::array namespace_names{
    NamespaceNames{NamespaceKind::Ipc, "ipc", "/proc/self/ns/ipc"},
    NamespaceNames{NamespaceKind::Network, "network", "/proc/self/ns/net"},
    NamespaceNames{NamespaceKind::Uts, "uts", "/proc/self/ns/uts"},
    NamespaceNames{NamespaceKind::User, "user", "/proc/self/ns/user"},
};

/// "net.ipv4.conf.eth0/1.rp_filter" and "net/ipv4/conf/eth0.1/rp_filter" are
/// the same, as in sysctl(8): the first separator is the separator, the other
/// one stands for a dot in a name. Nothing if a component leads elsewhere.
std::optional<std::string> path_of(std::string_view key) {
    const std::size_t first = key.find_first_of("./");
    if (first == std::string_view::npos) return std::nullopt;
    std::string path;
    for (const std::string_view part : split(key, key[first])) {
        std::string component{part};
        std::ranges::replace(component, '/', '.');
        if (component.empty() || component == "." || component == "..") return std::nullopt;
        if (component.find('\0') != std::string::npos) return std::nullopt;
        if (!path.empty()) path += '/';
        path += component;
    }
    return path;
}

const Family* find_family(std::string_view path) {
    for (const Family& family : families) {
        const bool holds_many = family.path.ends_with('/');
        if (holds_many ? path.starts_with(family.path) : path == family.path) return &family;
    }
    return nullptr;
}

const NamespaceNames& names_of(NamespaceKind kind) {
    const auto* const found = std::ranges::find(namespace_names, kind, &NamespaceNames::kind);
    return *found;  // every kind of a family has its line
}

Result<std::string> check_key(const std::string& key) {
    const auto path = path_of(key);
    if (!path)
        return fail(ErrorKind::InvalidConfig, "/linux/sysctl: {} is no name of a parameter",
                    json_quoted(key));
    if (*path == "kernel/hostname")
        return with(fail(ErrorKind::InvalidConfig, "/linux/sysctl: \"{}\" is not for here", key),
                    {.hint = "use the hostname property"});
    if (find_family(*path) == nullptr)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/sysctl: {} does not belong to a namespace: it would change the host",
                    json_quoted(key));
    return *path;
}

Result<void> add_entry(const Spec& spec, const std::string& key, const std::string& value,
                       Plan& plan) {
    const std::string path = OCI_TRY(check_key(key));
    if (value.find_first_of(std::string_view{"\n\0", 2}) != std::string::npos)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/sysctl: the value of {} has a newline or a NUL byte", json_quoted(key));
    const NamespaceNames& needed = names_of(find_family(path)->kind);
    const Namespace* own = find_namespace(spec, needed.kind);
    if (own == nullptr)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/sysctl: {} needs a {} namespace of its own (/linux/namespaces)",
                    json_quoted(key), needed.type);
    if (!own->path.empty()) plan.joined.push_back({key, own->path, needed.callers});
    plan.entries.push_back({key, "sys/" + path, value});
    return {};
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    Plan plan;
    for (const auto& [key, value] : spec.linux_section.sysctl)
        OCI_TRY(add_entry(spec, key, value, plan));
    return plan;
}

Result<void> prepare(const Plan& plan) {
    for (const Joined& joined : plan.joined) {
        const struct stat callers =
            OCI_TRY(explain(kernel::status_behind(kernel::here, joined.callers),
                            "/linux/sysctl: cannot look at {}", joined.callers));
        const struct stat its =
            OCI_TRY(explain(kernel::status_behind(kernel::here, joined.path.c_str()),
                            "/linux/sysctl: cannot look at {}", joined.path));
        if (its.st_dev == callers.st_dev && its.st_ino == callers.st_ino)
            return fail(ErrorKind::InvalidConfig,
                        "/linux/sysctl: {} would change the host: {} is the namespace of the "
                        "caller",
                        json_quoted(joined.key), joined.path);
    }
    return {};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (plan.entries.empty()) return {};
    progress.subject = plan.entries.front().key;
    const UniqueFd procfs = OCI_TRY(kernel::open_private_procfs(kernel::ProcfsPart::Everything));
    for (const Entry& entry : plan.entries) {
        progress.subject = entry.key;
        const UniqueFd file = OCI_TRY(kernel::open_beneath(procfs, entry.path.c_str(), O_WRONLY));
        const std::size_t count = OCI_TRY(kernel::write_some(file, entry.value));
        if (count != entry.value.size()) return kernel::refuse(EIO, "write");
    }
    return {};
}

}  // namespace oci::sysctl
