// SPDX-License-Identifier: Apache-2.0
#include "kernel/signals.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace oci::kernel {
namespace {

bool is_ignored(int signal) noexcept {
    struct sigaction action {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SysResult<sigset_t> set_signal_mask(const sigset_t& mask) noexcept {
    sigset_t before{};
    const int code = ::pthread_sigmask(SIG_SETMASK, &mask, &before);
    if (code != 0) return refuse(code, "sigprocmask");
    return before;
}

SysResult<sigset_t> block_signals(const sigset_t& signals) noexcept {
    sigset_t before{};
    const int code = ::pthread_sigmask(SIG_BLOCK, &signals, &before);
    if (code != 0) return refuse(code, "sigprocmask");
    return before;
}

void reset_dispositions() noexcept {
    // EINVAL for KILL, STOP and the two the C library keeps to itself.
    for (int signal = 1; signal < NSIG; ++signal) (void)std::signal(signal, SIG_DFL);
}

sigset_t all_signals() noexcept {
    sigset_t mask{};
    ::sigfillset(&mask);
    return mask;
}

sigset_t no_signals() noexcept {
    sigset_t mask{};
    ::sigemptyset(&mask);
    return mask;
}

sigset_t ending_signals() noexcept {
    sigset_t signals = no_signals();
    for (const int signal : {SIGHUP, SIGINT, SIGTERM})
        if (!is_ignored(signal)) ::sigaddset(&signals, signal);
    return signals;
}

void ignore_signal(int signal) noexcept {
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    (void)::sigaction(signal, &ignored, nullptr);  // fails for KILL and STOP only
}

SysResult<UniqueFd> open_signals(const sigset_t& mask) noexcept {
    const long fd = OCI_TRY(answer("signalfd", ::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK)));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<int> next_signal(FdView signals) noexcept {
    signalfd_siginfo info{};
    const auto size = answer("read", ::read(signals.get(), &info, sizeof info));
    if (size) return static_cast<int>(info.ssi_signo);
    if (size.error().code == EAGAIN || size.error().code == EINTR) return 0;
    return Failure{size.error()};
}

}  // namespace oci::kernel
