// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/filter.hpp"
#include "host/survey/findings.hpp"
#include "host/survey/survey.hpp"
#include "oci-rt/runtime.hpp"

namespace oci {

Info Runtime::info() const {
    Info info{.host = host::survey(settings_.root), .findings = {}};
    info.host.seccomp.library = seccomp::compiler().version;
    info.findings = host::findings_of(info.host);
    return info;
}

}  // namespace oci
