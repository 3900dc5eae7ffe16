// SPDX-License-Identifier: Apache-2.0
#include "features/process/oom_score.hpp"

#include <cerrno>
#include <string>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::oom_score {

Result<void> prepare_child(std::optional<int> score, pid_t pid, const host::Facts& facts) {
    if (!score) return {};
    if (*score < -1000 || *score > 1000)
        return fail(ErrorKind::InvalidConfig, "/process/oomScoreAdj: {} is not in -1000..1000",
                    *score);
    const std::string path = fmt::format("/proc/{}/oom_score_adj", pid);
    const auto written = kernel::write_text(kernel::here, path.c_str(), std::to_string(*score));
    if (written) return {};
    const int code = written.error().code;
    if ((code == EACCES || code == EPERM) && !facts.is_host_root()) {
        log::warning("/process/oomScoreAdj: {} needs a privilege of the host and is left out",
                     *score);
        return {};
    }
    return with(explain(written, "cannot set /process/oomScoreAdj to {}", *score),
                {.pointer = "/process/oomScoreAdj"});
}

}  // namespace oci::oom_score
