// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "base/explain.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "oci-rt/runtime.hpp"
#include "spec/template.hpp"

namespace oci {
namespace {

Result<void> choose_seccomp(const std::string& choice, spec::TemplateRequest& request) {
    constexpr std::size_t largest_profile = 1U << 20U;
    if (choice.empty()) return {};
    if (choice == "none" || choice == "default") {
        request.seccomp =
            choice == "none" ? spec::SeccompSource::None : spec::SeccompSource::Default;
        return {};
    }
    request.seccomp = spec::SeccompSource::Given;
    request.seccomp_text =
        OCI_TRY(explain(kernel::read_text(kernel::here, choice.c_str(), largest_profile),
                        "cannot read the seccomp profile {}", choice));
    return {};
}

}  // namespace

Result<std::string> Runtime::spec_template(const SpecOptions& options) {
    spec::TemplateRequest request;
    request.preset = options.preset;
    request.assignments = options.changes;
    if (options.rootless) request.rootless = std::pair{::geteuid(), ::getegid()};
    request.processors = static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L));
    OCI_TRY(choose_seccomp(options.seccomp, request));
    return spec::template_text(request);
}

}  // namespace oci
