// SPDX-License-Identifier: Apache-2.0
#include "base/advice.hpp"

#include <cerrno>

#include "support/catch.hpp"

namespace {

using oci::hint_of;

TEST_CASE("what helps depends on where it failed") {
    const auto of_clone = hint_of({.phase = "clone", .number = EPERM});
    const auto of_mounts = hint_of({.phase = "mounts", .number = EPERM});
    CHECK_FALSE(of_clone.empty());
    CHECK_FALSE(of_mounts.empty());
    CHECK(of_clone != of_mounts);
    CHECK(hint_of({.phase = "somewhere", .number = EPERM}).empty());
}

TEST_CASE("some errnos have one advice everywhere, unless a place has its own") {
    CHECK(hint_of({.phase = "somewhere", .number = EMFILE}) == hint_of({.number = EMFILE}));
    CHECK(hint_of({.phase = "terminal", .number = ENOSPC}) != hint_of({.number = ENOSPC}));
}

TEST_CASE("an error's own hint counts, and no errno means no advice") {
    CHECK(hint_of({.phase = "clone", .number = EPERM, .hint = "do this"}) == "do this");
    CHECK(hint_of({.phase = "clone"}).empty());
}

TEST_CASE("for people the hint follows the message") {
    CHECK(oci::text_of({.message = "it failed", .hint = "do this"}) == "it failed; do this");
    CHECK(oci::text_of({.message = "it failed"}) == "it failed");
}

}  // namespace
