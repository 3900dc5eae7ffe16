// SPDX-License-Identifier: Apache-2.0
#include "features/hooks/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "kernel/files.hpp"

namespace oci::hooks {
namespace {

constexpr const char* out_key = "run.oci.hooks.stdout";
constexpr const char* errors_key = "run.oci.hooks.stderr";

Result<std::string> path_of(const std::map<std::string, std::string>& annotations,
                            const char* key) {
    const auto found = annotations.find(key);
    if (found == annotations.end()) return std::string{};
    if (!found->second.starts_with('/'))
        return fail(ErrorKind::InvalidConfig, "/annotations/{}: \"{}\" is not absolute", key,
                    found->second);
    return found->second;
}

bool takes_output(const struct stat& file) {
    const bool is_null = S_ISCHR(file.st_mode) && file.st_rdev == ::makedev(1, 3);
    return S_ISREG(file.st_mode) || is_null;
}

Result<UniqueFd> open_file(const std::string& path, const char* key) {
    if (path.empty()) return UniqueFd{};
    // Neither a symlink planted in a shared directory nor a FIFO without a
    // reader shall redirect or hold up the runtime.
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    const std::string pointer = fmt::format("/annotations/{}", key);
    UniqueFd file = OCI_TRY(with(explain(kernel::open_at(kernel::here, path.c_str(), flags, 0600),
                                         "{}: cannot open {}", pointer, path),
                                 {.pointer = pointer}));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(file), "{}: cannot use {}", pointer, path));
    if (!takes_output(status))
        return with(fail(ErrorKind::InvalidConfig, "{}: {} is no regular file", pointer, path),
                    {.pointer = pointer});
    return file;
}

}  // namespace

Result<OutputPaths> output_paths(const std::map<std::string, std::string>& annotations) {
    OutputPaths paths;
    paths.out = OCI_TRY(path_of(annotations, out_key));
    paths.errors = OCI_TRY(path_of(annotations, errors_key));
    return paths;
}

Result<OutputFiles> open_output(const OutputPaths& paths) {
    OutputFiles files;
    files.out = OCI_TRY(open_file(paths.out, out_key));
    files.errors = OCI_TRY(open_file(paths.errors, errors_key));
    return files;
}

Result<OutputFiles> open_output(const std::map<std::string, std::string>& annotations) {
    const OutputPaths paths = OCI_TRY(output_paths(annotations));
    return open_output(paths);
}

}  // namespace oci::hooks
