// SPDX-License-Identifier: Apache-2.0
#include "commands/bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "spec/read.hpp"

namespace oci::commands {
namespace {

constexpr std::size_t largest_config = 4U << 20U;

/// Not resolved: engines compare the path with the one they gave.
Result<std::string> absolute(const std::string& path) {
    if (path.starts_with('/')) return clean_path(path);
    std::array<char, PATH_MAX> buffer{};
    if (::getcwd(buffer.data(), buffer.size()) == nullptr)
        return fail(ErrorKind::System, "cannot tell the working directory: {}",
                    kernel::errno_text(errno));
    return clean_path(join_path(buffer.data(), path));
}

}  // namespace

Result<BundleText> read_bundle_text(const CreateOptions& options) {
    BundleText bundle;
    bundle.path = OCI_TRY(absolute(options.bundle));
    const UniqueFd directory =
        OCI_TRY(explain(kernel::open_at(kernel::here, bundle.path.c_str(), O_PATH | O_DIRECTORY),
                        "cannot open the bundle {}", bundle.path));
    const std::string name = options.config.empty() ? "config.json" : options.config;
    // A name on the command line is relative to where the caller is.
    const FdView start = options.config.empty() ? FdView{directory} : kernel::here;
    bundle.config = OCI_TRY(explain(kernel::read_text(start, name.c_str(), largest_config),
                                    "cannot read {}", join_path(bundle.path, name)));
    return bundle;
}

Result<Bundle> read_bundle(const CreateOptions& options) {
    BundleText text = OCI_TRY(read_bundle_text(options));
    Bundle bundle{std::move(text), {}};
    bundle.spec = OCI_TRY(spec::read(bundle.config));
    return bundle;
}

}  // namespace oci::commands
