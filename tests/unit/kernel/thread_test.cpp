// SPDX-License-Identifier: Apache-2.0
#include "kernel/thread.hpp"

#include <array>
#include <atomic>

#include "support/catch.hpp"

namespace {

int answer(void* context) {
    auto& said = *static_cast<std::atomic<int>*>(context);
    while (said.load() != 1) oci::kernel::rest_a_moment();
    said.store(2);
    return 0;
}

}  // namespace

TEST_CASE("a second thread shares the memory of the first", "[kernel]") {
    alignas(64) static std::array<std::byte, 65536> stack;
    std::atomic<int> said = 0;
    REQUIRE(oci::kernel::start_thread(answer, &said, stack));
    said.store(1);
    while (said.load() != 2) oci::kernel::rest_a_moment();
    CHECK_FALSE(oci::kernel::is_realtime());
}
