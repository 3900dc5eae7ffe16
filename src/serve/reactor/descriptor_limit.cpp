// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/descriptor_limit.hpp"

#include <sys/resource.h>

#include <cstdint>

#include "kernel/limits.hpp"

namespace oci::serve {
namespace {

std::uint64_t soft_before = 0;
std::uint64_t hard_before = 0;

}  // namespace

void raise_descriptor_limit() noexcept {
    const auto soft = kernel::soft_resource_limit(RLIMIT_NOFILE);
    const auto hard = kernel::hard_resource_limit(RLIMIT_NOFILE);
    if (!soft || !hard || soft.value() >= hard.value()) return;
    if (!kernel::set_resource_limit(0, RLIMIT_NOFILE, hard.value(), hard.value())) return;
    soft_before = soft.value();
    hard_before = hard.value();
}

void restore_descriptor_limit() noexcept {
    if (hard_before == 0) return;
    (void)kernel::set_resource_limit(0, RLIMIT_NOFILE, soft_before, hard_before);  // it is less
}

}  // namespace oci::serve
