// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/id_map_helper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/shell.hpp"
#include "base/text.hpp"
#include "host/survey/ids.hpp"
#include "host/survey/survey.hpp"
#include "kernel/credentials.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

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
constexpr int patience = 30'000;  // milliseconds: it may ask a directory service who we are

/// Fixed places: PATH is the caller's, and a helper found there would run with our maps.
std::string find(const char* name) {
    for (const char* directory :
         {"/usr/bin/", "/bin/", "/usr/local/bin/", "/run/wrappers/bin/", "/usr/sbin/", "/sbin/"}) {
        std::string path = std::string{directory} + name;
        if (kernel::check_executable(path.c_str())) return path;
    }
    return {};
}

std::vector<std::string> arguments_of(const char* name, pid_t pid,
                                      const std::vector<IdMapping>& map) {
    std::vector<std::string> arguments{name, std::to_string(pid)};
    for (const IdMapping& entry : map)
        for (const std::uint32_t number : {entry.container_id, entry.host_id, entry.size})
            arguments.push_back(std::to_string(number));
    return arguments;
}

[[noreturn]] void become_helper(const char* path, char* const* argv, FdView output) noexcept {
    kernel::reset_dispositions();
    (void)kernel::set_signal_mask(kernel::no_signals());
    (void)kernel::duplicate_onto(output, STDOUT_FILENO);
    (void)kernel::duplicate_onto(output, STDERR_FILENO);
    char* const no_environment[] = {nullptr};
    (void)kernel::execute(path, argv, no_environment);
    ::_exit(127);
}

struct Ending {
    int status = 0;
    std::string complaint;
};

kernel::SysResult<Ending> run(const char* path, char* const* argv) {
    const UniqueFd output = OCI_TRY(kernel::make_memory_file("helper output"));
    kernel::Clone child = OCI_TRY(kernel::clone({}));
    if (child.pid == 0) become_helper(path, argv, output);
    const kernel::Process process{child.pid, std::move(child.pidfd)};
    const bool has_ended = OCI_TRY(kernel::wait_readable(process.pidfd(), patience));
    if (!has_ended) return kernel::refuse(ETIMEDOUT, "wait");
    const kernel::Exit exit = OCI_TRY(kernel::wait_for_exit(process.pidfd()));
    std::array<char, 512> text{};
    const std::size_t size = OCI_TRY(kernel::read_at(output, text, 0));
    return Ending{exit.status, escape_for_display(trim({text.data(), size}))};
}

/// What of the map nobody has granted to the caller, and how root grants it.
std::string missing_grants(const Helper& helper, const HostInfo& host, std::uint32_t own,
                           const std::vector<IdMapping>& map) {
    const std::vector<IdRange>& granted = host.subordinate_ids.*helper.granted;
    std::string options;
    for (const IdMapping& entry : map) {
        if (entry.size == 0 || (entry.size == 1 && entry.host_id == own)) continue;
        if (host::is_granted(granted, entry.host_id, entry.size)) continue;
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
    const std::string path = find(helper.name);
    if (path.empty())
        return with(fail(ErrorKind::Unsupported,
                         "cannot map {} ids: {} is not installed, and without privilege only one's "
                         "own id can be mapped without it",
                         helper.ids, helper.name),
                    {.code = "id-map-helpers-missing",
                     .pointer = helper.pointer,
                     .hint = "install it (the package is called uidmap or shadow-utils)"});
    std::vector<std::string> arguments = arguments_of(helper.name, pid, map);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const Ending ending = OCI_TRY(explain(run(path.c_str(), argv.data()), "cannot run {}", path));
    if (ending.status != 0)
        return with(
            fail(ErrorKind::System, "cannot map {} ids: {} ended with status {}: {}", helper.ids,
                 path, ending.status, ending.complaint),
            {.code = "id-map-refused", .pointer = helper.pointer, .hint = reason(helper, map)});
    return {};
}

}  // namespace oci::id_map_helper
