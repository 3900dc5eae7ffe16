// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_helper.hpp"

#include <unistd.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "cli/libexec_program.hpp"
#include "kernel/process.hpp"

namespace oci::cli {

Result<void> become_serve_helper(const std::vector<std::string>& arguments) {
    const std::string path = libexec_program("oci-rt-serve");
    std::string own = OCI_TRY(own_program());
    // First, so that what the user says of it wins.
    std::vector<std::string> words{path, "--runtime", std::move(own)};
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
