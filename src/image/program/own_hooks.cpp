// SPDX-License-Identifier: Apache-2.0
#include "image/program/own_hooks.hpp"

#include <array>
#include <climits>
#include <string_view>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"

namespace oci::image::program {

Result<std::string> own_program() {
    std::array<char, PATH_MAX> buffer{};
    const std::string_view own =
        OCI_TRY(explain(kernel::read_link(kernel::here, "/proc/self/exe", buffer),
                        "cannot tell where oci-rt-image is"));
    return std::string{own};
}

std::string hook_text(const std::vector<std::string>& words) {
    return fmt::format(
        R"({{"path":{},"args":{},)"
        R"("env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}})",
        json_quoted(words.front()), json_list(words));
}

}  // namespace oci::image::program
