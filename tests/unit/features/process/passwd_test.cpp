// SPDX-License-Identifier: Apache-2.0
#include "features/process/passwd.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace {

using oci::passwd::home_in_line;

std::string home_of(const test::TemporaryDirectory& root, uid_t uid) {
    std::array<char, 64> buffer{};
    return std::string{oci::passwd::home_of(root.open(), uid, buffer)};
}

}  // namespace

TEST_CASE("a passwd line names the home of its own user only") {
    CHECK(home_in_line("a:x:5:6:g,e:/home/a:/bin/sh", 5) == "/home/a");
    CHECK(home_in_line("a:x:5:6:g:/home/a", 5) == "/home/a");
    CHECK(home_in_line("a:x:5:6:g:/home/a:/bin/sh", 6).empty());
}

TEST_CASE("a strange passwd line names no home") {
    CHECK(home_in_line("", 0).empty());
    CHECK(home_in_line("a:x:0", 0).empty());
    CHECK(home_in_line("a:x::6:g:/home/a:", 0).empty());
    CHECK(home_in_line("a:x:+0:6:g:/home/a:", 0).empty());
    CHECK(home_in_line("a:x:4294967296:6:g:/home/a:", 0).empty());
    CHECK(home_in_line("a:x:0:6:g:relative:", 0).empty());
    CHECK(home_in_line("a:x:0:6:g:/home/\x1b[2J:", 0).empty());
}

TEST_CASE("overlong lines are skipped, and the last line needs no newline") {
    const test::TemporaryDirectory root;
    const std::string overlong(10000, 'x');
    root.write("etc/passwd", "z:x:7:7::/zero:\n" + overlong + ":x:5:5::/wrong:\n" + overlong +
                                 "\nb:x:5:5::/right:/bin/sh");
    CHECK(home_of(root, 5) == "/right");
    CHECK(home_of(root, 7) == "/zero");
}

TEST_CASE("lines are read over the borders of the buffer") {
    const test::TemporaryDirectory root;
    std::string text;
    for (int i = 0; i < 2000; ++i)
        text += "user" + std::to_string(i) + ":x:" + std::to_string(i) + ":1::/home/" +
                std::to_string(i) + ":/bin/sh\n";
    root.write("etc/passwd", text);
    for (const uid_t uid : {0U, 113U, 114U, 115U, 1999U})
        CHECK(home_of(root, uid) == "/home/" + std::to_string(uid));
    CHECK(home_of(root, 2000).empty());
}

TEST_CASE("a passwd file that is a FIFO, a directory, too large or missing names no home") {
    const test::TemporaryDirectory root;
    CHECK(home_of(root, 0).empty());
    std::filesystem::create_directories(root.path("etc"));
    REQUIRE(::mkfifo(root.path("etc/passwd").c_str(), 0644) == 0);
    CHECK(home_of(root, 0).empty());
    std::filesystem::remove(root.path("etc/passwd"));
    std::filesystem::create_directory(root.path("etc/passwd"));
    CHECK(home_of(root, 0).empty());
    std::filesystem::remove(root.path("etc/passwd"));
    root.write("etc/passwd", "root:x:0:0::/root:\n");
    CHECK(home_of(root, 0) == "/root");
    std::filesystem::resize_file(root.path("etc/passwd"), (1U << 20U) + 1);
    CHECK(home_of(root, 0).empty());
}

TEST_CASE("a passwd symlink is followed inside the root") {
    const test::TemporaryDirectory root;
    root.write("store/passwd", "root:x:0:0::/stored:\n");
    std::filesystem::create_directories(root.path("etc"));
    std::filesystem::create_symlink("../../../store/passwd", root.path("etc/passwd"));
    CHECK(home_of(root, 0) == "/stored");
}

TEST_CASE("a home longer than the buffer is none") {
    const test::TemporaryDirectory root;
    root.write("etc/passwd", "root:x:0:0::/" + std::string(100, 'h') + ":\n");
    CHECK(home_of(root, 0).empty());
}
