// SPDX-License-Identifier: Apache-2.0
#include "kernel/repeated.hpp"

#include "support/catch.hpp"

namespace oci::kernel {

TEST_CASE("a call that a signal cuts short is made again") {
    int calls = 0;
    const auto answered = repeated("read", [&] {
        errno = EINTR;
        return ++calls < 3 ? -1 : 7;
    });
    REQUIRE(answered);
    CHECK(answered.value() == 7);
    CHECK(calls == 3);
}

TEST_CASE("any other failure of a call is its answer") {
    int calls = 0;
    const auto answered = repeated("read", [&] {
        ++calls;
        errno = EAGAIN;
        return -1;
    });
    REQUIRE_FALSE(answered);
    CHECK(answered.error().code == EAGAIN);
    CHECK(calls == 1);
}

}  // namespace oci::kernel
