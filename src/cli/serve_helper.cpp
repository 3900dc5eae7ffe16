// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_helper.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "cli/libexec.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"

namespace oci::cli {

Result<void> become_serve_helper(const std::vector<std::string>& arguments) {
    const char* given = std::getenv("OCI_RT_LIBEXEC");
    const std::string path =
        join_path(given == nullptr ? libexec_directory : given, "oci-rt-serve");
    std::array<char, PATH_MAX> buffer{};
    const std::string_view own =
        OCI_TRY(explain(kernel::read_link(kernel::here, "/proc/self/exe", buffer),
                        "cannot find the path of this program"));
    // First, so that what the user says of it wins.
    std::vector<std::string> words{path, "--runtime", std::string{own}};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto executed = kernel::execute(path.c_str(), argv.data(), environ);
    if (!executed && executed.error().code == ENOENT)
        return with(fail(ErrorKind::Unsupported, "there is no program {}", path),
                    {.hint = "it comes with a build that has Boost's headers (-Dserve=enabled)"});
    return explain(executed, "cannot execute {}", path);
}

}  // namespace oci::cli
