// SPDX-License-Identifier: Apache-2.0
#include "monitor/log_file.hpp"

#include <fcntl.h>

#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace oci::monitor {
namespace {

std::string text_of(const std::string& path) {
    const auto text = kernel::read_text(kernel::here, path.c_str(), 1U << 24U);
    return text ? text.value() : std::string{};
}

}  // namespace

TEST_CASE("a file gives way when the next record would not fit") {
    CHECK_FALSE(is_full(0, 1000, 10));
    CHECK_FALSE(is_full(5, 5, 10));
    CHECK(is_full(5, 6, 10));
    CHECK(is_full(10, 0, 10));
    CHECK_FALSE(is_full(1U << 30U, 1, 0));
    CHECK(is_full(~std::uint64_t{0}, ~std::uint64_t{0}, 10));
}

TEST_CASE("lines are records, and what is left a part") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path() + "/log";
    auto log = LogFile::open(path, {});
    REQUIRE(log);
    log.value().write(Stream::Output, "one\n\ntwo");
    log.value().write(Stream::Output, "\n");
    const std::string text = text_of(path);
    CHECK(text.find(" stdout F one\n") != std::string::npos);
    CHECK(text.find(" stdout F \n") != std::string::npos);
    CHECK(text.find(" stdout P two\n") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

TEST_CASE("a log goes on where it was, and is renamed when it is full") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path() + "/log";
    for (int i = 0; i < 10; ++i) {
        auto log = LogFile::open(path, {100, 3});
        REQUIRE(log);
        log.value().write(Stream::Output, "line " + std::to_string(i) + "\n");
    }
    // A record has 47 bytes: two in a file.
    CHECK(text_of(path).find("line 9") != std::string::npos);
    CHECK(text_of(path + ".1").find("line 7") != std::string::npos);
    CHECK(text_of(path + ".2").find("line 4") != std::string::npos);
    CHECK(text_of(path + ".3").empty());
}

TEST_CASE("a record that was cut is ended, or taken away") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path() + "/log";
    const std::string whole = "2026-11-22T00:28:15.093537472Z stdout F one\n";
    const auto after = [&](const std::string& part) {
        REQUIRE(kernel::replace_text(kernel::here, path.c_str(), whole + part, 0600));
        REQUIRE(LogFile::open(path, {}));
        return text_of(path).substr(whole.size());
    };
    CHECK(after("").empty());
    CHECK(after("2026-11-22T00:28:16").empty());
    const std::string cut = "2026-11-22T00:28:16.093537472Z stderr F tw";
    CHECK(after(cut) == cut + "\n");
    const std::string noise(20000, 'x');
    CHECK(after(noise).size() < noise.size());
}

TEST_CASE("what cannot be written is counted") {
    auto log = LogFile::open("/dev/full", {});
    CHECK_FALSE(log);  // no regular file
}

}  // namespace oci::monitor
