// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"
#include "base/text.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::hugetlb {
namespace {

/// "64KB", "2MB", "1GB". It becomes part of a file name.
bool is_page_size(std::string_view text) {
    if (!text.ends_with("KB") && !text.ends_with("MB") && !text.ends_with("GB")) return false;
    const std::string_view number = text.substr(0, text.size() - 2);
    return !number.empty() && number.front() != '0' &&
           number.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    std::size_t index = 0;
    for (const HugepageLimit& entry : resources.hugepage_limits) {
        const std::string property = fmt::format("/linux/resources/hugepageLimits/{}", index++);
        if (!is_page_size(entry.page_size))
            return fail(ErrorKind::InvalidConfig, "{}/pageSize: \"{}\" is no size like \"2MB\"",
                        property, escape_for_display(entry.page_size));
        const std::string limit = std::to_string(entry.limit);
        writes.push_back({.property = property,
                          .controller = "hugetlb",
                          .file = fmt::format("hugetlb.{}.max", entry.page_size),
                          .value = limit});
        // Reservations are charged apart since Linux 5.7; a fault then raises SIGBUS no more.
        writes.push_back({.property = property,
                          .controller = "hugetlb",
                          .file = fmt::format("hugetlb.{}.rsvd.max", entry.page_size),
                          .value = limit,
                          .may_be_missing = true});
    }
    return {};
}

}  // namespace oci::cgroups::hugetlb
