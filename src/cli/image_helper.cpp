// SPDX-License-Identifier: Apache-2.0
#include "cli/image_helper.hpp"

#include <unistd.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "cli/libexec_program.hpp"
#include "kernel/process.hpp"

namespace oci::cli {

std::string image_helper_path() { return libexec_program("oci-rt-image"); }

Failure<Error> no_image_helper() {
    return with(fail(ErrorKind::Unsupported, "there is no program {}", image_helper_path()),
                {.hint = "it comes with a build that has libcurl, libcrypto, zlib, libzstd and "
                         "libarchive (-Dimage=enabled)"});
}

Result<void> become_image_helper(const std::vector<std::string>& arguments) {
    const std::string path = image_helper_path();
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto executed = kernel::execute(path.c_str(), argv.data(), environ);
    if (!executed && executed.error().code == ENOENT) return no_image_helper();
    return explain(executed, "cannot execute {}", path);
}

}  // namespace oci::cli
