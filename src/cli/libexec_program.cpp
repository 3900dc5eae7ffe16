// SPDX-License-Identifier: Apache-2.0
#include "cli/libexec_program.hpp"

#include <array>
#include <cstdlib>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "cli/libexec.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"

namespace oci::cli {

std::string libexec_program(std::string_view name) {
    const char* given = std::getenv("OCI_RT_LIBEXEC");
    return join_path(given == nullptr ? libexec_directory : given, name);
}

Result<std::string> own_program() {
    std::array<char, 4096> buffer{};
    const std::string_view path = OCI_TRY(explain(
        kernel::read_link(kernel::here, "/proc/self/exe", buffer), "cannot tell where oci-rt is"));
    std::string program{path};
    if (!kernel::check_executable(program.c_str()))
        return fail(ErrorKind::Unsupported, "oci-rt is not at {} any more", program);
    return program;
}

}  // namespace oci::cli
