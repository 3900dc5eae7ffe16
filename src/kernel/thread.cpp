// SPDX-License-Identifier: Apache-2.0
#include "kernel/thread.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace oci::kernel {

SysResult<void> start_thread(int (*run)(void*), void* context,
                             std::span<std::byte> stack) noexcept {
    // The library's clone(2), not its threads: those take the heap and locks.
    constexpr int shared = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM;
    std::byte* const top = stack.data() + stack.size();
    OCI_TRY(answer("clone", ::clone(run, top, shared | CLONE_THREAD, context)));
    return {};
}

void rest_a_moment() noexcept {
    const timespec moment{.tv_sec = 0, .tv_nsec = 10'000};
    (void)::syscall(SYS_nanosleep, &moment, nullptr);  // a signal shortens it: no matter
}

bool is_realtime() noexcept {
    const int policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

void give_way() noexcept { (void)::sched_yield(); }

}  // namespace oci::kernel
