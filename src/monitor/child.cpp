// SPDX-License-Identifier: Apache-2.0
#include "monitor/child.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "kernel/files.hpp"
#include "kernel/signals.hpp"
#include "kernel/text_file.hpp"

namespace oci::monitor {
namespace {

/// Above all that standard streams could be, so that none is replaced before it is used.
kernel::SysResult<void> put_streams(const Streams& streams) noexcept {
    constexpr int lowest = 3;
    const UniqueFd input = OCI_TRY(kernel::duplicate(streams.input, lowest));
    const UniqueFd output = OCI_TRY(kernel::duplicate(streams.output, lowest));
    const UniqueFd error = OCI_TRY(kernel::duplicate(streams.error, lowest));
    OCI_TRY(kernel::duplicate_onto(input, STDIN_FILENO));
    OCI_TRY(kernel::duplicate_onto(output, STDOUT_FILENO));
    OCI_TRY(kernel::duplicate_onto(error, STDERR_FILENO));
    return kernel::close_range(lowest, ~0U, 0);
}

[[noreturn]] void become(char* const* argv, const Streams& streams,
                         std::string_view oom_score) noexcept {
    constexpr int not_executed = 127;
    // Whoever may lower it may raise it again; who may do neither has changed nothing.
    if (!oom_score.empty())
        (void)kernel::write_text(kernel::here, "/proc/self/oom_score_adj", oom_score);
    kernel::reset_dispositions();
    (void)kernel::set_signal_mask(kernel::no_signals());
    if (put_streams(streams)) (void)kernel::execute(argv[0], argv, environ);
    ::_exit(not_executed);
}

}  // namespace

void Words::add(std::string_view bytes) noexcept {
    if (bytes.size() > bytes_.size()) bytes.remove_prefix(bytes.size() - bytes_.size());
    const std::size_t room = bytes_.size() - size_;
    if (bytes.size() > room) {
        const std::size_t surplus = bytes.size() - room;
        std::memmove(bytes_.data(), bytes_.data() + surplus, size_ - surplus);
        size_ -= surplus;
    }
    std::ranges::copy(bytes, bytes_.data() + size_);
    size_ += bytes.size();
}

kernel::SysResult<kernel::Process> start_child(char* const* argv, const Streams& streams,
                                               std::string_view oom_score) noexcept {
    kernel::Clone clone = OCI_TRY(kernel::clone({}));
    if (clone.pid == 0) become(argv, streams, oom_score);
    return kernel::Process{clone.pid, std::move(clone.pidfd)};
}

}  // namespace oci::monitor
