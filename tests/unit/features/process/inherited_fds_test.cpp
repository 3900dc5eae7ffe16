// SPDX-License-Identifier: Apache-2.0
#include "features/process/inherited_fds.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

/// Descriptors 3 to 9 are open and close-on-exec, above that are none.
void open_three_to_nine() {
    for (int fd = 3; fd < 64; ++fd) ::close(fd);
    for (int fd = 3; fd < 10; ++fd) ::dup3(0, fd, O_CLOEXEC);
}

/// Bit n says that descriptor n is open, for n below 8.
int open_ones() {
    int open = 0;
    for (int fd = 0; fd < 8; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0) open |= 1 << fd;
    for (int fd = 8; fd < 64; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0) return 0;
    return open;
}

}  // namespace

TEST_CASE("only open descriptors are kept") {
    const int status = test::in_child([] {
        open_three_to_nine();
        ::close(4);
        const auto plan = inherited_fds::prepare(2, 1);
        return plan && plan.value().kept == std::vector<int>{3, 5} ? 0 : 1;
    });
    CHECK(status == 0);
}

TEST_CASE("absurd numbers of descriptors are refused") {
    CHECK_FALSE(inherited_fds::prepare(-1, 0));
    CHECK_FALSE(inherited_fds::prepare(0, -1));
    CHECK_FALSE(inherited_fds::prepare(1 << 30, 0));
    CHECK_FALSE(inherited_fds::prepare(0, 1 << 30));
}

TEST_CASE("all others are closed") {
    const auto left = [](std::vector<int> keep) {
        return test::in_child([&] {
            open_three_to_nine();
            return inherited_fds::close_others(keep) ? open_ones() : 1;
        });
    };
    CHECK(left({}) == 0b00000111);
    CHECK(left({3, 4, 7}) == 0b10011111);
    CHECK(left({0, 2, 5, 5, 6}) == 0b01100111);
}

TEST_CASE("kept descriptors survive execve, the spare one stays close-on-exec") {
    const auto left = [](std::vector<int> kept, int spare) {
        return test::in_child([&] {
            open_three_to_nine();
            if (!inherited_fds::hand_over({kept}, FdView{spare})) return 1;
            for (const int fd : kept)
                if (::fcntl(fd, F_GETFD) != 0) return 2;
            if (spare >= 3 && ::fcntl(spare, F_GETFD) != FD_CLOEXEC) return 3;
            return open_ones();
        });
    };
    CHECK(left({}, -1) == 0b00000111);
    CHECK(left({}, 5) == 0b00100111);
    CHECK(left({3, 6}, 4) == 0b01011111);
    CHECK(left({3, 4}, 7) == 0b10011111);
    CHECK(left({5}, 3) == 0b00101111);
}

TEST_CASE("a kept descriptor that is gone is an error") {
    const int status = test::in_child([] {
        open_three_to_nine();
        return inherited_fds::hand_over({{12}}, FdView{-1}) ? 1 : 0;
    });
    CHECK(status == 0);
}
