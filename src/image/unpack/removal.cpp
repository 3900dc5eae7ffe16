// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/removal.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cstring>
#include <vector>

#include "base/explain.hpp"
#include "image/unpack/entry_path.hpp"
#include "kernel/files.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::size_t listing_size = 8192;
constexpr int to_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

}  // namespace

Result<void> for_each_child(FdView directory, std::string_view path,
                            const std::function<Result<void>(const Child&)>& act) {
    // A descriptor of its own: the offset of a directory belongs to whoever opened it.
    const UniqueFd list = OCI_TRY(explain(kernel::open_at(directory, ".", to_directory),
                                          "layer: {}: cannot open the directory", shown(path)));
    std::vector<char> buffer(listing_size);
    for (;;) {
        const std::size_t size = OCI_TRY(
            explain(kernel::read_entries(list, buffer), "layer: {}: cannot list it", shown(path)));
        if (size == 0) return {};
        for (std::size_t offset = 0; offset < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + offset);
            offset += entry->d_reclen;
            const std::string_view name{entry->d_name};
            if (name != "." && name != "..") OCI_TRY(act({name, entry->d_type}));
        }
    }
}

Result<bool> remove_all(FdView directory, const char* name, std::string_view path) {
    const auto removed = kernel::remove(directory, name);
    if (removed) return false;
    if (removed.error().code != EISDIR)
        return explain(Result<bool>{Failure{static_cast<Error>(removed.error())}},
                       "layer: {}: cannot remove it", shown(path));
    {
        const UniqueFd inside = OCI_TRY(explain(kernel::open_at(directory, name, to_directory),
                                                "layer: {}: cannot open it", shown(path)));
        const auto remove_child = [&](const Child& child) -> Result<void> {
            OCI_TRY(remove_all(inside, child.name.data(), join(path, child.name)));
            return {};
        };
        OCI_TRY(for_each_child(inside, path, remove_child));
    }
    OCI_TRY(explain(kernel::remove(directory, name, AT_REMOVEDIR),
                    "layer: {}: cannot remove the directory", shown(path)));
    return true;
}

}  // namespace oci::image::unpack
