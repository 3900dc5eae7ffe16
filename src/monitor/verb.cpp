// SPDX-License-Identifier: Apache-2.0
#include "monitor/verb.hpp"

#include <fcntl.h>

#include "kernel/files.hpp"
#include "kernel/socket.hpp"

namespace oci::monitor {
namespace {

constexpr std::size_t most_heard = 2;

/// False at the end.
bool take(FdView from, Words& words) {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto count = kernel::read_some(from, buffer);
        if (!count) return count.error().code == EAGAIN;
        if (count.value() == 0) return false;
        words.add({buffer.data(), count.value()});
    }
}

}  // namespace

Outcome<int> Caller::listen(const kernel::Process& process, std::span<const FdView> heard,
                            Speech* speech) {
    std::array<bool, most_heard> has_ended{};
    for (;;) {
        PollSet set;
        const std::size_t end = set.add(process.pidfd(), POLLIN);
        std::array<std::size_t, most_heard> places{};
        for (std::size_t i = 0; i < heard.size(); ++i)
            places[i] = set.add(has_ended[i] ? FdView{-1} : heard[i], POLLIN);
        if (speech != nullptr) speech->watch(set);
        (void)set.wait(-1);
        for (std::size_t i = 0; i < heard.size(); ++i)
            if (set.occurred(places[i]) != 0) has_ended[i] = !take(heard[i], words_);
        if (speech != nullptr) speech->handle(set);
        if (set.occurred(end) == 0) continue;
        // Not to its end: who the verb has started may hold it open.
        for (std::size_t i = 0; i < heard.size(); ++i) (void)take(heard[i], words_);
        const kernel::Exit exit = OCI_TRY(kernel::wait_for_exit(process.pidfd()));
        return exit.status;
    }
}

Outcome<void> Caller::call(const char* verb, const std::vector<char*>& options,
                           const Streams& streams, std::span<const FdView> heard, Speech* speech) {
    std::vector<char*> argv = options_.runtime;
    argv.push_back(const_cast<char*>(verb));  // execve takes them so, and changes nothing
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(const_cast<char*>(options_.id));
    argv.push_back(nullptr);
    const kernel::Process process = OCI_TRY(start_child(argv.data(), streams, oom_score_));
    const int status = OCI_TRY(listen(process, heard, speech));
    if (status != 0) return Failure{Mishap{verb, status}};
    has_created_ = has_created_ || std::string_view{verb} == "create";
    return {};
}

Outcome<void> Caller::call(const char* verb, const std::vector<char*>& options, Speech* speech) {
    const UniqueFd null = OCI_TRY(kernel::open_at(kernel::here, "/dev/null", O_RDWR));
    kernel::Pipe pipe = OCI_TRY(kernel::make_pipe());
    OCI_TRY(kernel::set_nonblocking(pipe.reader));
    const FdView heard{pipe.reader};
    return call(verb, options, Streams{null, null, pipe.writer}, {&heard, 1}, speech);
}

}  // namespace oci::monitor
