// SPDX-License-Identifier: Apache-2.0
#include "cli/ps_table.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include <fmt/ranges.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "cli/amounts.hpp"
#include "cli/print.hpp"
#include "kernel/files.hpp"

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

std::string or_dash(std::optional<std::uint32_t> id) { return id ? std::to_string(*id) : "-"; }

/// "1:02.50": minutes, seconds, hundredths.
std::string time_text(std::chrono::nanoseconds time) {
    const auto hundredths = time.count() / 10'000'000;
    return fmt::format("{}:{:02}.{:02}", hundredths / 6000, hundredths / 100 % 60,
                       hundredths % 100);
}

/// argv with spaces between; a thread of the kernel or a zombie has none, but a name.
std::string command_text(const ProcessInfo& process) {
    if (process.command.empty()) return escape_for_display("[" + process.name + "]");
    return escape_for_display(fmt::format("{}", fmt::join(process.command, " ")));
}

constexpr auto wide_columns = "{:<10} {:<10} {:<10} {:<5} {:<10} {:<10} {:<7} {}\n";

}  // namespace

Result<std::optional<std::string>> ps_table(const std::vector<pid_t>& pids,
                                            std::span<const std::string> arguments) {
    std::vector<std::string> words{"ps"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    if (arguments.empty()) words.emplace_back("-ef");
    kernel::Pipe pipe = OCI_TRY(explain(kernel::make_pipe(), "cannot run ps"));
    const std::optional<pid_t> ps = start_ps(std::move(words), pipe.writer);
    if (!ps) return std::optional<std::string>{};
    pipe.writer.reset();
    const auto printed = read_all(pipe.reader);
    pipe.reader.reset();
    if (!ended_well(*ps) || !printed)
        return fail(ErrorKind::System, "cannot list processes: ps failed");
    auto table = filter_ps(printed.value(), pids);
    if (!table)
        return with(
            fail(ErrorKind::InvalidConfig, "cannot list processes: ps printed no column PID"),
            {.code = "usage", .hint = "ask ps for it: -o pid,..."});
    return table;
}

std::string wide_table(const std::vector<ProcessInfo>& processes) {
    std::string out = fmt::format(wide_columns, "PID", "INSIDE", "UID", "STATE", "MEMORY", "TIME",
                                  "THREADS", "COMMAND");
    for (const ProcessInfo& process : processes)
        fmt::format_to(std::back_inserter(out), wide_columns, process.pid,
                       process.pid_inside > 0 ? std::to_string(process.pid_inside) : "-",
                       or_dash(process.uid), process.state, size_text(process.memory),
                       time_text(process.cpu_time), process.threads, command_text(process));
    return out;
}

std::string wide_json(const std::vector<ProcessInfo>& processes) {
    std::string out;
    JsonWriter json{out};
    json.begin_array();
    for (const ProcessInfo& process : processes) {
        json.begin_object();
        json.member("pid", process.pid);
        json.member("parent", process.parent);
        if (process.pid_inside > 0) json.member("pidInside", process.pid_inside);
        if (process.uid) json.member("uid", *process.uid);
        if (process.gid) json.member("gid", *process.gid);
        json.member("state", std::string(1, process.state));
        json.member("threads", process.threads);
        json.member("memory", process.memory);
        json.member("cpuTime", process.cpu_time.count());
        json.member("cgroup", process.cgroup);
        json.member("name", process.name);
        json.list("command", process.command);
        json.end_object();
    }
    json.end_array();
    return out + '\n';
}

}  // namespace oci::cli
