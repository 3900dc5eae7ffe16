// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/writes.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdint>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

kernel::SysResult<void> write_file(FdView directory, const std::string& file,
                                   std::string_view value) {
    const UniqueFd opened = OCI_TRY(kernel::open_beneath(directory, file.c_str(), O_WRONLY));
    OCI_TRY(kernel::write_some(opened, value));
    return {};
}

/// Not there, or there for others: BFQ serves the disks that have it for a scheduler.
bool is_not_for_us(const kernel::SysResult<void>& written) {
    return !written && (written.error().code == ENOENT || written.error().code == EOPNOTSUPP);
}

/// The write, or its other file, or neither where that does no harm.
kernel::SysResult<void> write_one(const Write& write, FdView directory) {
    kernel::SysResult<void> written = write_file(directory, write.file, write.value);
    const bool missing = !written && written.error().code == ENOENT;
    if (is_not_for_us(written) && !write.other_file.empty()) {
        auto other = write_file(directory, write.other_file, write.other_value);
        if (!is_not_for_us(other)) return other;
    }
    if (missing && (write.may_be_missing || write.is_default)) return {};
    return written;
}

/// memory.checkBeforeUpdate: the kernel would reclaim, and then kill.
Result<void> refuse_below_usage(const Write& write, FdView directory) {
    const auto wanted = parse_number<std::uint64_t>(write.value);
    if (write.usage_file.empty() || !wanted) return {};
    const auto text = kernel::read_text(directory, write.usage_file.c_str(), 64);
    if (!text) return {};  // nothing is accounted, so nothing is used
    const auto usage = parse_number<std::uint64_t>(trim(text.value()));
    if (!usage || *wanted >= *usage) return {};
    const bool is_swap = write.file.starts_with("memory.swap");
    return with(fail(ErrorKind::InvalidConfig, "{}: rejecting {} limit {} < usage {}",
                     write.property, is_swap ? "memory+swap" : "memory", *wanted, *usage),
                {.code = "limit-below-usage"});
}

}  // namespace

bool limits_anything(const Writes& writes) noexcept {
    return !std::ranges::all_of(writes, &Write::is_default);
}

const Write* first_that_needs(const Writes& writes, std::string_view controller) noexcept {
    const auto found = std::ranges::find_if(writes, [&](const Write& write) {
        return !write.is_default && write.controller == controller;
    });
    return found == writes.end() ? nullptr : &*found;
}

Result<void> apply(const Writes& writes, FdView directory, std::string_view place,
                   const BeforeWrite& before) {
    std::vector<const Write*> queue;
    for (const Write& write : writes) {
        OCI_TRY(refuse_below_usage(write, directory));
        queue.push_back(&write);
    }
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const Write& write = *queue[i];
        if (before) before(write);
        const auto written = write_one(write, directory);
        if (written) continue;
        const bool is_first_try = i < writes.size();
        if (written.error().code == EINVAL && write.retry_after_others && is_first_try) {
            queue.push_back(&write);
            continue;
        }
        return with(explain(written, "{}: cannot write \"{}\" to {}/{}", write.property,
                            escape_for_display(write.value), place, write.file),
                    {.pointer = write.property});
    }
    return {};
}

}  // namespace oci::cgroups
