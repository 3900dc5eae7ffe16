// SPDX-License-Identifier: Apache-2.0
#include "commands/bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "spec/json.hpp"
#include "spec/read.hpp"

namespace oci::commands {
namespace {

/// Not resolved: engines compare the path with the one they gave.
Result<std::string> absolute(const std::string& path) {
    if (path.starts_with('/')) return clean_path(path);
    std::array<char, PATH_MAX> buffer{};
    if (::getcwd(buffer.data(), buffer.size()) == nullptr)
        return explain(Result<std::string, kernel::SysError>{kernel::refuse(errno, "getcwd")},
                       "cannot tell the working directory");
    return clean_path(join_path(buffer.data(), path));
}

}  // namespace

Result<BundleText> read_bundle_text(const CreateOptions& options) {
    BundleText bundle;
    bundle.path = OCI_TRY(absolute(options.bundle));
    bundle.directory = OCI_TRY(
        with_if(ENOENT,
                explain(kernel::open_at(kernel::here, bundle.path.c_str(), O_PATH | O_DIRECTORY),
                        "cannot open the bundle {}", bundle.path),
                {.code = "config-missing", .hint = "see --bundle"}));
    const std::string name = options.config.empty() ? "config.json" : options.config;
    // A name on the command line is relative to where the caller is.
    const FdView start = options.config.empty() ? FdView{bundle.directory} : kernel::here;
    bundle.config =
        OCI_TRY(with_if(ENOENT,
                        explain(kernel::read_text(start, name.c_str(), spec::largest_document),
                                "cannot read {}", join_path(bundle.path, name)),
                        {.code = "config-missing", .hint = "\"oci-rt spec\" writes one"}));
    return bundle;
}

Result<Bundle> read_bundle(const CreateOptions& options) {
    BundleText text = OCI_TRY(read_bundle_text(options));
    Bundle bundle{std::move(text), {}, {}};
    auto spec = spec::read(bundle.config);
    // A pointer says by itself that it is about this file.
    if (!spec && spec.error().pointer.empty())
        spec = explain(std::move(spec), "config.json of the bundle {}", bundle.path);
    bundle.spec = OCI_TRY(std::move(spec));
    // Another bundle may be at this path by the time that its root is opened.
    const auto root = kernel::status_of(bundle.directory, bundle.spec.root.path.c_str());
    if (root) bundle.root = RootSeen{.device = root.value().st_dev, .inode = root.value().st_ino};
    bundle.directory.reset();
    return bundle;
}

}  // namespace oci::commands
