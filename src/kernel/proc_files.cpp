// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_files.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include "base/membership.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::kernel {
namespace {

constexpr std::uint64_t exiting = 0x4;                 // PF_EXITING of <linux/sched.h>
constexpr std::uint64_t killed = 1U << (SIGKILL - 1);  // pending in each thread, see signal(7)

/// Fields as proc(5) counts them, for those after the name.
SysResult<std::uint64_t> number_of(std::string_view rest, int field) noexcept {
    for (int at = 3; at < field; ++at) {
        const std::size_t space = rest.find(' ');
        if (space == std::string_view::npos) return refuse(EINVAL, "parse /proc/PID/stat");
        rest.remove_prefix(space + 1);
    }
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (parsed.ec != std::errc{}) return refuse(EINVAL, "parse /proc/PID/stat");
    return number;
}

SysResult<ProcessStatus> parse(std::string_view text) noexcept {
    // The name in parentheses may itself contain spaces and parentheses.
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos || name_end + 2 >= text.size())
        return refuse(EINVAL, "parse /proc/PID/stat");
    const std::string_view rest = text.substr(name_end + 2);
    ProcessStatus status{.state = rest[0]};
    status.start_time = OCI_TRY(number_of(rest, 22));
    const std::uint64_t flags = OCI_TRY(number_of(rest, 9));
    const std::uint64_t pending = OCI_TRY(number_of(rest, 31));
    status.is_ending = (flags & exiting) != 0 || (pending & killed) != 0;
    return status;
}

}  // namespace

SysResult<ProcessStatus> process_status(pid_t pid) noexcept {
    constexpr std::string_view prefix = "/proc/";
    constexpr std::string_view suffix = "/stat";
    std::array<char, 32> path{};
    char* at = std::copy(prefix.begin(), prefix.end(), path.begin());
    at = std::to_chars(at, path.end(), pid).ptr;
    std::copy(suffix.begin(), suffix.end(), at);
    const UniqueFd file = OCI_TRY(open_at(here, path.data(), O_RDONLY));
    std::array<char, 1024> text{};
    const std::size_t size = OCI_TRY(read_some(file, text));
    return parse({text.data(), size});
}

SysResult<pid_t> pid_behind(FdView pidfd) noexcept {
    constexpr std::string_view prefix = "/proc/self/fdinfo/";
    constexpr std::string_view name = "\nPid:\t";
    std::array<char, 48> path{};
    char* const at = std::copy(prefix.begin(), prefix.end(), path.begin());
    std::to_chars(at, path.end() - 1, pidfd.get());
    const UniqueFd file = OCI_TRY(open_at(here, path.data(), O_RDONLY));
    std::array<char, 1024> buffer{};
    const std::size_t size = OCI_TRY(read_some(file, buffer));
    const std::string_view text{buffer.data(), size};
    const std::size_t begin = text.find(name);
    pid_t pid = 0;
    if (begin == std::string_view::npos) return refuse(EINVAL, "parse /proc/self/fdinfo");
    const auto parsed =
        std::from_chars(text.data() + begin + name.size(), text.data() + text.size(), pid);
    if (parsed.ec != std::errc{}) return refuse(EINVAL, "parse /proc/self/fdinfo");
    if (pid <= 0) return refuse(ESRCH, "parse /proc/self/fdinfo");
    return pid;
}

SysResult<std::string> cgroup_of(pid_t pid) {
    constexpr std::size_t largest_file = 65536;
    const std::string path = "/proc/" + std::to_string(pid) + "/cgroup";
    const std::string text = OCI_TRY(read_text(here, path.c_str(), largest_file));
    const std::string_view found = cgroup_in(text);
    if (found.empty()) return refuse(EINVAL, "parse /proc/PID/cgroup");
    return std::string{found};
}

}  // namespace oci::kernel
