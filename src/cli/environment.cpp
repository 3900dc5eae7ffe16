// SPDX-License-Identifier: Apache-2.0
#include "cli/environment.hpp"

#include <linux/close_range.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/named_values.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "host/facts.hpp"
#include "kernel/files.hpp"

namespace oci::cli {
namespace {

constexpr int first_passed_on = 3;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

constexpr std::array drivers{
    Named<CgroupDriver>{"cgroupfs", CgroupDriver::Cgroupfs},
    Named<CgroupDriver>{"systemd", CgroupDriver::Systemd},
    Named<CgroupDriver>{"disabled", CgroupDriver::Disabled},
};

CgroupDriver driver_of(const Globals& globals) {
    if (const auto named = value_named(drivers, globals.cgroup_manager)) return *named;
    return globals.systemd_cgroup ? CgroupDriver::Systemd : CgroupDriver::Cgroupfs;
}

std::string absolute(const std::string& path) {
    if (path.starts_with('/')) return clean_path(path);
    std::array<char, 4096> directory{};
    if (::getcwd(directory.data(), directory.size()) == nullptr) return path;
    return clean_path(join_path(directory.data(), path));
}

}  // namespace

void tidy_descriptors() noexcept {
    // Best effort: without /dev/null there is nothing better to put there.
    (void)kernel::close_range(first_passed_on, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (kernel::is_close_on_exec(FdView{number})) continue;
        auto null = kernel::open_at(kernel::here, "/dev/null", O_RDWR);
        if (!null) return;
        // open(2) gives the lowest free number, which is this one.
        (void)kernel::set_close_on_exec(null.value(), false);
        (void)std::move(null).value().release();
    }
}

void hand_on_descriptors(int count, bool on) noexcept {
    for (int fd = first_passed_on; fd < first_passed_on + count; ++fd)
        (void)kernel::set_close_on_exec(FdView{fd}, !on);  // a hole: nothing to hand on
}

std::string default_root(bool is_host_root, std::string_view xdg) {
    if (is_host_root || !xdg.starts_with('/')) return "/run/oci-rt";
    return join_path(xdg, "oci-rt");
}

int listen_descriptors(std::string_view pid, std::string_view count, pid_t self) {
    constexpr int plausible = 1024;
    const auto number = parse_number<int>(count);
    if (parse_number<pid_t>(pid) != self || !number || *number > plausible) return 0;
    return std::max(*number, 0);
}

Settings settings_of(const Globals& globals) {
    Settings settings;
    settings.cgroup_driver = driver_of(globals);
    if (!globals.root.empty()) {
        settings.root = absolute(globals.root);
        return settings;
    }
    const bool is_host_root = ::geteuid() == 0 && host::is_in_initial_user_namespace();
    settings.root = default_root(is_host_root, variable("XDG_RUNTIME_DIR"));
    return settings;
}

std::string service_of(const Globals& globals, std::string_view verb) {
    constexpr std::array<std::string_view, 8> here{"completion", "features", "help", "image",
                                                   "network",    "serve",    "spec", "validate"};
    if (verb.empty() || !globals.connect.empty()) return verb.empty() ? "" : globals.connect;
    const bool is_here = !globals.root.empty() || std::ranges::find(here, verb) != here.end();
    return is_here ? "" : std::string{variable("OCI_RT_CONNECT")};
}

void add_environment(VerbOptions& options) {
    const int listening =
        listen_descriptors(variable("LISTEN_PID"), variable("LISTEN_FDS"), ::getpid());
    options.run.create.listen_fds = listening;
    options.exec.listen_fds = listening;
    options.run.create.notify_socket = variable("NOTIFY_SOCKET");
}

}  // namespace oci::cli
