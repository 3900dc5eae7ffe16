// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/processors.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr const char* file_name = "cpuset.cpus";

kernel::SysResult<void> write_list(FdView cgroup, std::string_view list) {
    const UniqueFd file = OCI_TRY(kernel::open_beneath(cgroup, file_name, O_WRONLY));
    // An empty list is a line, too: nothing at all would not be written.
    OCI_TRY(kernel::write_some(file, std::string{list} + "\n"));
    return {};
}

}  // namespace

kernel::SysResult<LentProcessors> LentProcessors::lend(FdView cgroup) {
    constexpr std::size_t longest = 65536;
    LentProcessors lent{cgroup};
    if (cgroup.get() < 0) return lent;
    const auto text = kernel::read_text(cgroup, file_name, longest);
    if (!text && text.error().code == ENOENT) return lent;
    if (!text) return Failure{text.error()};
    const std::string list{trim(text.value())};
    if (list.empty()) return lent;
    OCI_TRY(write_list(cgroup, ""));
    lent.list_ = list;
    return lent;
}

kernel::SysResult<void> LentProcessors::give_back() {
    const std::string list = std::exchange(list_, {});
    if (list.empty()) return {};
    return write_list(cgroup_, list);
}

LentProcessors::LentProcessors(LentProcessors&& other) noexcept
    : cgroup_{other.cgroup_}, list_{std::exchange(other.list_, {})} {}

LentProcessors::~LentProcessors() {
    (void)give_back();  // after an error, which is what counts
}

}  // namespace oci::cgroups
