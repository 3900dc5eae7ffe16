// SPDX-License-Identifier: Apache-2.0
#include "host/processes.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"

namespace oci::host {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    constexpr std::string_view blanks = " \t";
    for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;
         at = line.find_first_not_of(blanks, at)) {
        const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end;
    }
    return words;
}

template <typename Number>
Number number_at(const std::vector<std::string_view>& words, std::size_t index) {
    return index < words.size() ? parse_number<Number>(words[index]).value_or(0) : Number{0};
}

/// Whether the process shares the caller's user namespace; nullopt: not to be told.
std::optional<bool> is_in_own_user_namespace(pid_t pid) {
    const std::string path = fmt::format("/proc/{}/ns/user", pid);
    const auto theirs = kernel::status_behind(kernel::here, path.c_str());
    const auto ours = kernel::status_behind(kernel::here, "/proc/self/ns/user");
    if (!theirs || !ours) return std::nullopt;
    return theirs.value().st_ino == ours.value().st_ino &&
           theirs.value().st_dev == ours.value().st_dev;
}

/// A map shows the ids of the reader's namespace, but to who is in the same: there it shows
/// those of the parent, and ids need no translation.
void translate_ids(pid_t pid, ProcessInfo& info) {
    const auto shares = is_in_own_user_namespace(pid);
    if (shares.value_or(false)) return;
    const std::string folder = fmt::format("/proc/{}/", pid);
    if (info.uid)
        info.uid = shares ? id_inside(text_of_file(folder + "uid_map"), *info.uid) : std::nullopt;
    if (info.gid)
        info.gid = shares ? id_inside(text_of_file(folder + "gid_map"), *info.gid) : std::nullopt;
}

std::string cgroup_below(std::string_view text, std::string_view cgroup) {
    for (const std::string_view line : split(text, '\n')) {
        if (!line.starts_with("0::")) continue;
        const std::string_view path = line.substr(3);
        if (path.starts_with(cgroup) && path.size() > cgroup.size() && path[cgroup.size()] == '/')
            return std::string{path.substr(cgroup.size())};
    }
    return {};
}

}  // namespace

std::optional<std::uint32_t> id_inside(std::string_view map, std::uint32_t outside) {
    for (const std::string_view line : split(map, '\n')) {
        const auto words = words_of(line);
        if (words.size() != 3) continue;
        const auto first = number_at<std::uint32_t>(words, 1);
        if (outside < first || outside - first >= number_at<std::uint32_t>(words, 2)) continue;
        return number_at<std::uint32_t>(words, 0) + (outside - first);
    }
    return std::nullopt;
}

void read_status(std::string_view text, ProcessInfo& info) {
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, colon);
        const std::string_view rest = line.substr(colon + 1);
        const auto words = words_of(rest);
        if (words.empty()) continue;
        if (key == "Name") info.name = trim(rest);
        if (key == "State") info.state = words[0][0];
        if (key == "PPid") info.parent = number_at<pid_t>(words, 0);
        if (key == "NSpid") info.pid_inside = number_at<pid_t>(words, words.size() - 1);
        if (key == "Uid") info.uid = number_at<uid_t>(words, 1);
        if (key == "Gid") info.gid = number_at<gid_t>(words, 1);
        if (key == "Threads") info.threads = number_at<unsigned>(words, 0);
        if (key == "VmRSS") info.memory = number_at<std::uint64_t>(words, 0) * 1024;
    }
}

void read_cpu_time(std::string_view stat, ProcessInfo& info) {
    // The name in parentheses may itself contain spaces and parentheses.
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos) return;
    const auto words = words_of(stat.substr(name_end + 1));
    const long per_second = ::sysconf(_SC_CLK_TCK);
    if (per_second <= 0) return;
    const auto ticks = number_at<std::uint64_t>(words, 11) + number_at<std::uint64_t>(words, 12);
    info.cpu_time =
        std::chrono::nanoseconds{ticks * (1'000'000'000U / static_cast<std::uint64_t>(per_second))};
}

std::vector<std::string> read_command(std::string_view cmdline) {
    std::vector<std::string> command;
    if (cmdline.empty()) return command;
    if (cmdline.back() == '\0') cmdline.remove_suffix(1);
    for (const std::string_view word : split(cmdline, '\0')) command.emplace_back(word);
    return command;
}

std::optional<ProcessInfo> describe_process(pid_t pid, std::string_view cgroup) {
    const std::string folder = fmt::format("/proc/{}/", pid);
    const std::string status = text_of_file(folder + "status");
    if (status.empty()) return std::nullopt;
    ProcessInfo info{.pid = pid};
    read_status(status, info);
    read_cpu_time(text_of_file(folder + "stat"), info);
    info.command = read_command(text_of_file(folder + "cmdline"));
    info.cgroup = cgroup_below(text_of_file(folder + "cgroup"), cgroup);
    translate_ids(pid, info);
    return info;
}

}  // namespace oci::host
