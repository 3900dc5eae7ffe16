// SPDX-License-Identifier: Apache-2.0
#include "base/advice.hpp"

#include <cerrno>

#include "base/text.hpp"
#include "support/catch.hpp"

namespace {

using oci::Error;
using oci::hint_of;

Error advised(Error error, std::string_view call) {
    oci::advise(error, call);
    return error;
}

TEST_CASE("what helps depends on where it failed") {
    CHECK_FALSE(hint_of({.phase = "clone", .number = EPERM}).empty());
    CHECK(hint_of({.phase = "somewhere", .number = EPERM}).empty());
    CHECK(hint_of({.phase = "state", .number = ENOSPC}) !=
          hint_of({.phase = "clone", .number = ENOSPC}));
}

TEST_CASE("what helps depends on the call that failed") {
    const Error unknown = advised({.phase = "mounts", .number = ENODEV}, "fsopen");
    CHECK(unknown.code == "filesystem-unknown");
    CHECK_FALSE(unknown.hint.empty());
    CHECK(advised({.phase = "mounts", .number = ENODEV}, "open").hint.empty());
    CHECK(hint_of({.phase = "mounts", .number = ENODEV}).empty());
    CHECK(advised({.phase = "mounts", .number = EROFS}, "mkdir").hint !=
          hint_of({.phase = "state", .number = EROFS}));
}

TEST_CASE("too many open files have one advice everywhere but in execution") {
    CHECK_FALSE(hint_of({.number = EMFILE}).empty());
    CHECK(hint_of({.phase = "somewhere", .number = EMFILE}) == hint_of({.number = EMFILE}));
    for (const char* phase : {"exec", "execve"}) {
        CHECK(hint_of({.phase = phase, .number = EMFILE}).empty());
        CHECK(advised({.phase = phase, .number = EMFILE}, "execve").hint.empty());
    }
}

TEST_CASE("what an error says by itself counts more than advice") {
    CHECK(hint_of({.phase = "clone", .number = EPERM, .hint = "do this"}) == "do this");
    const Error own = advised(
        {.code = "usage", .phase = "mounts", .number = ENODEV, .hint = "do this"}, "fsopen");
    CHECK(own.code == "usage");
    CHECK(own.hint == "do this");
}

TEST_CASE("no errno means no advice") { CHECK(hint_of({.phase = "clone"}).empty()); }

TEST_CASE("for people the hint follows the message") {
    CHECK(oci::text_of({.message = "it failed", .hint = "do this"}) == "it failed; do this");
    CHECK(oci::text_of({.message = "it failed"}) == "it failed");
}

TEST_CASE("a message that is too long is cut, and its hint is not") {
    for (const char* piece : {"x", "\x1b", "\xe2\x82\xac", "\xff", "\""}) {
        std::string message;
        while (message.size() < 100'000) message += piece;
        const std::string text = oci::text_of({.message = message, .hint = "do this"});
        CHECK(text.size() <= 4096);
        CHECK(text.size() > 3000);
        CHECK(text.ends_with("...; do this"));
        CHECK(oci::is_utf8(text));
        CHECK(text.find('\x1b') == std::string::npos);
    }
}

}  // namespace
