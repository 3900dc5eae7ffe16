// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/belongings.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"
#include "kernel/watch.hpp"

namespace oci::serve {
namespace {

struct Place {
    std::string_view name;
    UniqueFd Belongings::*member;
};
constexpr std::array places{
    Place{"pidfd", &Belongings::pidfd},
    Place{"stdout", &Belongings::output},
    Place{"stderr", &Belongings::error},
    Place{"stdin", &Belongings::input},
};

/// One that is at its end.
Result<UniqueFd> ended_pipe() {
    kernel::Pipe pipe = OCI_TRY(explain(kernel::make_pipe(), "cannot make a pipe"));
    OCI_TRY(explain(kernel::set_nonblocking(pipe.reader), "cannot set up a pipe"));
    return std::move(pipe.reader);
}

bool has_reader(const UniqueFd& writer) {
    std::array wanted{pollfd{writer.get(), 0, 0}};
    const auto is_over = kernel::wait_for_any(wanted, 0);
    return !is_over || (wanted[0].revents & POLLERR) == 0;
}

/// A new reading end of the pipe behind a descriptor of a process. Only of a pipe that nobody
/// reads: another would be the container's own.
Result<UniqueFd> find_pipe(int pid, int number) {
    const std::string path = fmt::format("/proc/{}/fd/{}", pid, number);
    const auto place = kernel::open_at(kernel::here, path.c_str(), O_PATH);
    if (!place) return ended_pipe();
    const auto filesystem = kernel::filesystem_of(place.value());
    if (!filesystem || filesystem.value().type != PIPEFS_MAGIC) return ended_pipe();
    const std::string same = fmt::format("/proc/self/fd/{}", place.value().get());
    const auto writer = kernel::open_at(kernel::here, same.c_str(), O_WRONLY | O_NONBLOCK);
    if (!writer || has_reader(writer.value())) return ended_pipe();
    return explain(kernel::open_at(kernel::here, same.c_str(), O_RDONLY | O_NONBLOCK),
                   "cannot open {}", path);
}

}  // namespace

std::string Belongings::names() const {
    std::string text;
    for (const Place& place : places) {
        if (!(this->*place.member)) continue;
        if (!text.empty()) text += ' ';
        text += place.name;
    }
    return text;
}

std::vector<int> Belongings::numbers() const {
    std::vector<int> all;
    for (const Place& place : places)
        if (this->*place.member) all.push_back((this->*place.member).get());
    return all;
}

Belongings take_belongings(std::string_view names, std::span<UniqueFd> passengers) {
    const auto words = split(names, ' ');
    if (words.size() != passengers.size()) return {};
    Belongings belongings;
    for (std::size_t each = 0; each < words.size(); ++each)
        for (const Place& place : places)
            if (place.name == words[each]) belongings.*place.member = std::move(passengers[each]);
    return belongings;
}

Result<Belongings> find_belongings(int pid, FdView process) {
    Belongings found;
    found.pidfd = OCI_TRY(explain(kernel::duplicate(process), "cannot hold process {}", pid));
    found.output = OCI_TRY(find_pipe(pid, STDOUT_FILENO));
    found.error = OCI_TRY(find_pipe(pid, STDERR_FILENO));
    const auto has_ended = kernel::wait_readable(process, 0);
    if (has_ended && !has_ended.value()) return found;
    // Then the number may have been another's already.
    found.output = OCI_TRY(ended_pipe());
    found.error = OCI_TRY(ended_pipe());
    return found;
}

}  // namespace oci::serve
