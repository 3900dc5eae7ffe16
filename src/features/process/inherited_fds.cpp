// SPDX-License-Identifier: Apache-2.0
#include "features/process/inherited_fds.hpp"

#include <algorithm>
#include <cerrno>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/files.hpp"

namespace oci::inherited_fds {
namespace {

constexpr int first = 3;
constexpr int most = 65536;

/// Closes all from begin up to, and without, end; end < 0: to the last.
kernel::SysResult<void> close_gap(int begin, int end) noexcept {
    if (begin == end) return {};
    const unsigned last = end < 0 ? ~0U : static_cast<unsigned>(end) - 1U;
    return kernel::close_range(static_cast<unsigned>(begin), last);
}

}  // namespace

Result<Plan> prepare(int preserve_fds, int listen_fds) {
    if (preserve_fds < 0 || preserve_fds > most)
        return with(fail(ErrorKind::InvalidConfig, "--preserve-fds: {} is not in 0..{}",
                         preserve_fds, most),
                    {.code = "usage"});
    if (listen_fds < 0 || listen_fds > most)
        return with(
            fail(ErrorKind::InvalidConfig, "LISTEN_FDS: {} is not in 0..{}", listen_fds, most),
            {.code = "usage"});
    Plan plan;
    for (int fd = first; fd < first + preserve_fds + listen_fds; ++fd) {
        if (kernel::is_close_on_exec(FdView{fd}))
            plan.kept.push_back(fd);
        else
            log::debug("descriptor {} is not open, so it is not handed over", fd);
    }
    return plan;
}

kernel::SysResult<void> close_others(std::span<const int> sorted_keep) noexcept {
    int next = first;
    for (const int fd : sorted_keep) {
        if (fd < next) continue;
        OCI_TRY(close_gap(next, fd));
        next = fd + 1;
    }
    return close_gap(next, -1);
}

kernel::SysResult<void> hand_over(const Plan& plan, FdView spare) noexcept {
    bool is_spared = spare.get() < first;
    int next = first;
    const auto keep = [&](int fd) noexcept -> kernel::SysResult<void> {
        if (fd < next) return {};
        OCI_TRY(close_gap(next, fd));
        next = fd + 1;
        return {};
    };
    for (const int fd : plan.kept) {
        if (!is_spared && spare.get() < fd) {
            OCI_TRY(keep(spare.get()));
            is_spared = true;
        }
        OCI_TRY(keep(fd));
        OCI_TRY(kernel::set_close_on_exec(FdView{fd}, false));
    }
    if (!is_spared) {
        OCI_TRY(keep(spare.get()));
    }
    return close_gap(next, -1);
}

}  // namespace oci::inherited_fds
