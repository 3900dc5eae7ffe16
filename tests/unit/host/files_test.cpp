// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"

#include <fcntl.h>

#include "kernel/files.hpp"
#include "support/catch.hpp"

using namespace oci;

TEST_CASE("a word is found between blanks, and never as a part of another") {
    CHECK(host::has_word("cpu memory pids\n", "memory"));
    CHECK(host::has_word("passwd:\tfiles\nsubid: nis", "subid:"));
    CHECK_FALSE(host::has_word("cpuset memory", "cpu"));
    CHECK_FALSE(host::has_word("", "cpu"));
}

TEST_CASE("a file system is of a device unless it says nodev") {
    constexpr auto known = "nodev\ttmpfs\n\text4\n";
    CHECK(host::needs_device(known, "ext4"));
    CHECK_FALSE(host::needs_device(known, "tmpfs"));
    CHECK_FALSE(host::needs_device(known, ""));
    CHECK(host::knows_filesystem(known, "tmpfs"));
    CHECK_FALSE(host::knows_filesystem(known, "ext"));
}

TEST_CASE("a file is looked for below a root, or else where it says") {
    const auto root = kernel::open_at(kernel::here, "/proc", O_PATH | O_DIRECTORY);
    REQUIRE(root);
    CHECK(host::exists(root.value(), "/self/status"));
    CHECK_FALSE(host::exists(root.value(), "/proc/self/status"));
    CHECK(host::exists("/proc/self/status"));
    CHECK(host::text_of_file("/proc/self/status").starts_with("Name:"));
    CHECK(host::text_of_file("/proc/none").empty());
}
