// SPDX-License-Identifier: Apache-2.0
#include "cli/ps_table.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "cli/print.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::cli {
namespace {

std::vector<char*> argv_of(std::vector<std::string>& words) {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return argv;
}

/// Starts ps with its output on the descriptor; nullopt: there is no ps.
std::optional<pid_t> start_ps(std::vector<std::string> words, FdView output) {
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    const ScopeExit release{[&] { ::posix_spawn_file_actions_destroy(&actions); }};
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    pid_t pid = 0;
    const auto argv = argv_of(words);
    if (::posix_spawnp(&pid, "ps", &actions, nullptr, argv.data(), ::environ) != 0)
        return std::nullopt;
    return pid;
}

kernel::SysResult<std::string> read_all(FdView reader) {
    std::string text;
    std::array<char, 16384> buffer{};
    for (;;) {
        const std::size_t size = OCI_TRY(kernel::read_some(reader, buffer));
        if (size == 0) return text;
        text.append(buffer.data(), size);
    }
}

bool ended_well(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

constexpr std::size_t largest_file = 1U << 20U;

std::string read_of(pid_t pid, std::string_view file) {
    const std::string path = fmt::format("/proc/{}/{}", pid, file);
    auto text = kernel::read_text(kernel::here, path.c_str(), largest_file);
    return text ? std::move(text).value() : "";
}

/// The innermost of the pids that a process has; "-" if that is nobody's to know.
std::string inner_pid(std::string_view status) {
    for (const std::string_view line : split(status, '\n')) {
        if (!line.starts_with("NSpid:")) continue;
        return std::string{line.substr(line.find_last_of(" \t") + 1)};
    }
    return "-";
}

/// argv with spaces between; a thread of the kernel or a zombie has none, but a name.
std::string command_of(pid_t pid, std::string_view status) {
    std::string command = read_of(pid, "cmdline");
    while (!command.empty() && command.back() == '\0') command.pop_back();
    std::ranges::replace(command, '\0', ' ');
    if (command.empty() && status.starts_with("Name:\t"))
        command = fmt::format("[{}]", status.substr(6, status.find('\n') - 6));
    return escape_for_display(command);
}

std::string own_table(const std::vector<pid_t>& pids) {
    std::string out = fmt::format("{:<10} {:<10} {}\n", "PID", "INSIDE", "COMMAND");
    for (const pid_t pid : pids) {
        const std::string status = read_of(pid, "status");
        if (status.empty()) continue;  // it has ended
        fmt::format_to(std::back_inserter(out), "{:<10} {:<10} {}\n", pid, inner_pid(status),
                       command_of(pid, status));
    }
    return out;
}

}  // namespace

Result<std::string> ps_table(const std::vector<pid_t>& pids,
                             std::span<const std::string> arguments) {
    std::vector<std::string> words{"ps"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    if (arguments.empty()) words.emplace_back("-ef");
    kernel::Pipe pipe = OCI_TRY(explain(kernel::make_pipe(), "cannot run ps"));
    const std::optional<pid_t> ps = start_ps(std::move(words), pipe.writer);
    if (!ps) return own_table(pids);
    pipe.writer.reset();
    const auto printed = read_all(pipe.reader);
    pipe.reader.reset();
    if (!ended_well(*ps) || !printed)
        return fail(ErrorKind::System, "cannot list processes: ps failed");
    const auto table = filter_ps(printed.value(), pids);
    if (!table)
        return with(
            fail(ErrorKind::InvalidConfig, "cannot list processes: ps printed no column PID"),
            {.code = "usage", .hint = "ask ps for it: -o pid,..."});
    return *table;
}

}  // namespace oci::cli
