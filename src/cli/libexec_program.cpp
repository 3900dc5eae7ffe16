// SPDX-License-Identifier: Apache-2.0
#include "cli/libexec_program.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/details.hpp"
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

Failure<Error> not_installed(const OptionalProgram& program) {
    return with(
        fail(ErrorKind::Unsupported, "there is no program {}", libexec_program(program.name)),
        {.hint = std::string{program.hint}});
}

Result<void> become(const OptionalProgram& program, const std::vector<std::string>& arguments) {
    const std::string path = libexec_program(program.name);
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto executed = kernel::execute(path.c_str(), argv.data(), environ);
    if (!executed && executed.error().code == ENOENT) return not_installed(program);
    return explain(executed, "cannot execute {}", path);
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
