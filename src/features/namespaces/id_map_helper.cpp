// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/id_map_helper.hpp"

#include <unistd.h>

#include <string>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/shell.hpp"
#include "base/subordinate_ids.hpp"
#include "host/survey/survey.hpp"
#include "kernel/credentials.hpp"
#include "kernel/id_map_program.hpp"

namespace oci::id_map_helper {
namespace {

struct Helper {
    const char* name;
    const char* grants;
    std::string_view ids;
    const char* pointer;
    const char* option;  ///< Of usermod(8).
    std::vector<IdRange> SubordinateIds::*granted;
};
constexpr Helper user_helper{"newuidmap",          "/etc/subuid",   "user",
                             "/linux/uidMappings", "--add-subuids", &SubordinateIds::uids};
constexpr Helper group_helper{"newgidmap",          "/etc/subgid",   "group",
                              "/linux/gidMappings", "--add-subgids", &SubordinateIds::gids};

/// What of the map nobody has granted to the caller, and how root grants it.
std::string missing_grants(const Helper& helper, const HostInfo& host, std::uint32_t own,
                           const std::vector<IdMapping>& map) {
    const std::vector<IdRange>& granted = host.subordinate_ids.*helper.granted;
    std::string options;
    for (const IdMapping& entry : map) {
        if (entry.size == 0 || (entry.size == 1 && entry.host_id == own)) continue;
        if (is_granted(granted, entry.host_id, entry.size)) continue;
        options += fmt::format(" {} {}-{}", helper.option, entry.host_id,
                               std::uint64_t{entry.host_id} + entry.size - 1);
    }
    if (options.empty()) return {};
    return fmt::format("{} does not grant all of these ids to user {}: as root, \"usermod{} {}\"",
                       helper.grants, host.user.name, options, shell_quoted(host.user.name));
}

/// Why a helper that is there did not do it.
std::string reason(const Helper& helper, const std::vector<IdMapping>& map) {
    const HostInfo host = host::survey_users(host::UserNamespaces::Wanted);
    for (const IdMapHelper& found : host.subordinate_ids.helpers)
        if (found.name == helper.name && !found.path.empty() && !found.privileged)
            return fmt::format("it has no privilege itself: as root, \"chmod u+s {}\"", found.path);
    const std::uint32_t own = &helper == &user_helper ? ::geteuid() : ::getegid();
    if (std::string missing = missing_grants(helper, host, own, map); !missing.empty())
        return missing;
    const auto none_new = kernel::forbids_new_privileges();
    if (none_new && none_new.value())
        return "oci-rt was started with no_new_privs, which keeps set-user-ID programs from "
               "working";
    return fmt::format("does {} grant these ids to this user?", helper.grants);
}

}  // namespace

Result<void> write_map(Ids ids, pid_t pid, const std::vector<IdMapping>& map) {
    const Helper& helper = ids == Ids::Users ? user_helper : group_helper;
    const std::string path = kernel::find_id_map_program(helper.name);
    if (path.empty())
        return with(fail(ErrorKind::Unsupported,
                         "cannot map {} ids: {} is not installed, and without privilege only one's "
                         "own id can be mapped without it",
                         helper.ids, helper.name),
                    {.code = "id-map-helpers-missing",
                     .pointer = helper.pointer,
                     .hint = "install it (the package is called uidmap or shadow-utils)"});
    const kernel::IdMapProgramEnd ending =
        OCI_TRY(explain(kernel::run_id_map_program(path, pid, map), "cannot run {}", path));
    if (ending.status != 0)
        return with(
            fail(ErrorKind::System, "cannot map {} ids: {} ended with status {}: {}", helper.ids,
                 path, ending.status, ending.complaint),
            {.code = "id-map-refused", .pointer = helper.pointer, .hint = reason(helper, map)});
    return {};
}

}  // namespace oci::id_map_helper
