// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "base/explain.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::memory {
namespace {

constexpr std::int64_t unlimited = -1;

Result<std::int64_t> amount(std::optional<std::int64_t> given, std::string_view name) {
    if (given.value_or(0) < unlimited)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/resources/memory/{}: {} is neither a size nor -1 (unlimited)", name,
                    *given);
    return given.value_or(0);
}

std::string text_of(std::int64_t value) {
    return value == unlimited ? "max" : std::to_string(value);
}

/// The spec counts memory and swap together, the kernel swap alone.
Result<std::int64_t> swap_alone(std::int64_t swap, std::int64_t limit) {
    if (swap == unlimited) return unlimited;
    if (limit == 0)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/resources/memory/swap: unable to set swap limit without memory limit");
    if (limit == unlimited || swap < limit)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/resources/memory/swap: {} is memory and swap together, so it should "
                    "not be less than /linux/resources/memory/limit: {}",
                    swap, text_of(limit));
    return swap - limit;
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    const MemoryResources& memory = resources.memory;
    const std::int64_t limit = OCI_TRY(amount(memory.limit, "limit"));
    const std::int64_t reservation = OCI_TRY(amount(memory.reservation, "reservation"));
    std::int64_t swap = OCI_TRY(amount(memory.swap, "swap"));
    // Unlimited memory alone has always meant unlimited swap, too.
    if (swap == 0 && limit == unlimited) swap = unlimited;
    if (swap != 0) {
        const std::int64_t alone = OCI_TRY(swap_alone(swap, limit));
        writes.push_back({.property = "/linux/resources/memory/swap",
                          .controller = "memory",
                          .file = "memory.swap.max",
                          .value = text_of(alone),
                          .is_default = alone == unlimited,
                          .may_be_missing = alone == 0,  // a kernel without swap accounting
                          .usage_file = memory.check_before_update ? "memory.swap.current" : ""});
    }
    if (limit != 0)
        writes.push_back({.property = "/linux/resources/memory/limit",
                          .controller = "memory",
                          .file = "memory.max",
                          .value = text_of(limit),
                          .is_default = limit == unlimited,
                          .usage_file = memory.check_before_update ? "memory.current" : ""});
    if (reservation != 0)
        writes.push_back({.property = "/linux/resources/memory/reservation",
                          .controller = "memory",
                          .file = "memory.low",
                          .value = text_of(reservation)});
    return {};
}

}  // namespace oci::cgroups::memory
