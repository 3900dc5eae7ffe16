// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/orphans.hpp"

#include <sys/wait.h>

namespace oci::serve {

Orphans::Orphans(Children& children) : children_{children} {
    children_.when_reaped([this] { collect(); });
}

void Orphans::collect() {
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
        // One that we have started ourselves hides the others until the reactor has told its end.
        if (info.si_pid == 0 || children_.is_one(info.si_pid)) return;
        if (claim_ && claim_(info.si_pid)) continue;
        (void)::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
}

}  // namespace oci::serve
