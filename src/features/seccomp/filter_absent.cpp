// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"
#include "base/explain.hpp"
#include "features/seccomp/filter.hpp"

namespace oci::seccomp {

std::uint32_t native_architecture() noexcept { return 0; }

Compiler compiler() { return {}; }

bool knows_architecture(std::string_view /*name*/) { return false; }

std::vector<std::string> unknown_names(const std::vector<std::string>& /*names*/) { return {}; }

Result<std::vector<sock_filter>> compile(const Seccomp& /*section*/) {
    return with(
        fail(ErrorKind::Unsupported, "/linux/seccomp: this oci-rt is built without libseccomp"),
        {.code = "seccomp-missing",
         .hint = "use one that is built with it, or remove the section"});
}

}  // namespace oci::seccomp
