// SPDX-License-Identifier: Apache-2.0
#include "engine/load_filter.hpp"

#include <unistd.h>

#include <array>
#include <atomic>

#include "engine/protocol.hpp"
#include "kernel/thread.hpp"

namespace oci::engine {
namespace {

using kernel::SysResult;

constexpr int not_loaded = -1;
constexpr int never_loaded = -2;

/// What the two threads say to each other: in memory, for the filter knows no other way
/// that it could not close.
struct Handover {
    FdView channel;
    std::atomic<int> listener = not_loaded;
    std::atomic<bool> is_over = false;
};

bool hand_over(FdView channel, FdView listener) noexcept {
    if (!send(channel, Message::of(MessageKind::Listener), listener)) return false;
    const auto answer = receive(channel);
    return answer && answer.value().message.kind == MessageKind::Done;
}

/// The second thread: the filter is not its own.
int companion(void* context) noexcept {
    auto& handover = *static_cast<Handover*>(context);
    int listener = not_loaded;
    while ((listener = handover.listener.load(std::memory_order_acquire)) == not_loaded)
        kernel::rest_a_moment();
    // Nobody would answer: the other end of the channel knows why, and says it.
    if (listener >= 0 && !hand_over(handover.channel, FdView{listener})) ::_exit(1);
    handover.is_over.store(true, std::memory_order_release);
    return 0;
}

/// Without a system call: any may be one that waits for the agent, or that kills.
void wait_for_companion(const Handover& handover, bool keeps_processor) noexcept {
    while (!handover.is_over.load(std::memory_order_acquire))
        if (keeps_processor) kernel::give_way();  // else it might never run
}

SysResult<void> load_with_companion(const seccomp::Plan& plan, FdView channel,
                                    Progress& progress) noexcept {
    constexpr std::size_t room = 65536;
    alignas(64) static std::array<std::byte, room> stack;  // ours may be limited by RLIMIT_STACK
    const bool keeps_processor = kernel::is_realtime();
    Handover handover{channel};
    OCI_TRY(kernel::start_thread(companion, &handover, stack));
    auto listener = seccomp::load(plan, progress);
    const int fd = listener ? listener.value().release() : never_loaded;  // execve closes it
    handover.listener.store(fd, std::memory_order_release);
    wait_for_companion(handover, keeps_processor);
    if (!listener) return Failure{listener.error()};
    return {};
}

}  // namespace

SysResult<void> load_filter(const seccomp::Plan& plan, FdView channel,
                            Progress& progress) noexcept {
    if (plan.has_listener()) return load_with_companion(plan, channel, progress);
    OCI_TRY(seccomp::load(plan, progress));
    return {};
}

}  // namespace oci::engine
