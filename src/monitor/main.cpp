// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-monitor: one for each container that a monitor looks after. Nobody types its command
// line; oci-rt run --monitor does.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "kernel/text_file.hpp"
#include "monitor/monitor.hpp"
#include "monitor/options.hpp"

namespace oci::monitor {
namespace {

constexpr int usage = 2;
constexpr const char* oom_score_file = "/proc/self/oom_score_adj";

/// Nothing of who started us stays open but what we were given.
void tidy_descriptors(int starter) {
    if (starter > 3) (void)kernel::close_range(3, static_cast<unsigned>(starter) - 1);
    (void)kernel::close_range(static_cast<unsigned>(starter) + 1, ~0U);
    (void)kernel::set_close_on_exec(FdView{starter}, true);
    auto null = kernel::open_at(kernel::here, "/dev/null", O_RDWR);
    if (!null) return;
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        (void)kernel::duplicate_onto(null.value(), number);
}

/// What it was before, for the container. Empty: there is nothing to put back.
std::string lower_oom_score() {
    constexpr int wanted = -500;
    const auto before = kernel::read_text(kernel::here, oom_score_file, 64);
    if (!before) return {};
    const auto score = parse_number<int>(trim(before.value()));
    if (!score || *score <= wanted) return {};
    // Forbidden to a user: then we are as likely to go as others are.
    if (!kernel::write_text(kernel::here, oom_score_file, std::to_string(wanted))) return {};
    return std::string{trim(before.value())};
}

/// Best effort: a monitor in the cgroup of its starter works, too.
void enter_cgroup(const char* directory) {
    if (directory == nullptr) return;
    const auto opened = kernel::open_at(kernel::here, directory, O_PATH | O_DIRECTORY);
    if (opened) (void)kernel::write_text(opened.value(), "cgroup.procs", "0");
}

int main(std::span<char*> arguments) {
    Options options;
    const std::string_view problem = read_options(arguments, options);
    if (!problem.empty()) {
        const std::string text = "oci-rt-monitor: " + std::string{problem} + "\n";
        (void)kernel::write_all(FdView{STDERR_FILENO}, text);
        return usage;
    }
    tidy_descriptors(options.starter);
    (void)kernel::new_session();  // EPERM: it has one of its own already
    (void)kernel::set_child_subreaper(true);
    (void)kernel::change_directory("/");
    enter_cgroup(options.cgroup);
    // A closed pipe and a full disk are answers; what somebody sends us is not ours to act on.
    kernel::ignore_signal(SIGPIPE);
    kernel::ignore_signal(SIGXFSZ);
    (void)kernel::set_signal_mask(kernel::all_signals());
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    auto signals = kernel::open_signals(children);
    if (!signals) return 1;
    Monitor monitor{options, std::move(signals).value(), lower_oom_score(),
                    UniqueFd{options.starter}};
    return monitor.run();
}

}  // namespace
}  // namespace oci::monitor

int main(int argc, char** argv) {
    return oci::monitor::main({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
