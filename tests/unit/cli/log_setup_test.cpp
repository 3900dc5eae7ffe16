// SPDX-License-Identifier: Apache-2.0
#include "cli/log_setup.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "support/catch.hpp"

namespace {

struct TemporaryDirectory {
    TemporaryDirectory() {
        std::array<char, 32> name{"/tmp/oci-rt-test-XXXXXX"};
        path = ::mkdtemp(name.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    TemporaryDirectory(TemporaryDirectory&&) = delete;
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path); }

    std::string path;
};

oci::cli::Globals logging_to(const std::string& file) {
    oci::cli::Globals globals;
    globals.log = file;
    return globals;
}

}  // namespace

TEST_CASE("a log file exists from the beginning and takes errors only") {
    const TemporaryDirectory directory;
    const auto sink = oci::cli::open_log(logging_to(directory.path + "/log"));
    REQUIRE(sink);
    CHECK(std::filesystem::exists(directory.path + "/log"));
    CHECK(sink.value().least == oci::log::Level::Error);
    CHECK_FALSE(sink.value().to_stderr);
}

TEST_CASE("a log may be called file:PATH") {
    const TemporaryDirectory directory;
    REQUIRE(oci::cli::open_log(logging_to("file:" + directory.path + "/log")));
    CHECK(std::filesystem::exists(directory.path + "/log"));
}

TEST_CASE("without a log file warnings go to standard error") {
    const auto sink = oci::cli::open_log({});
    REQUIRE(sink);
    CHECK(sink.value().to_stderr);
    CHECK(sink.value().least == oci::log::Level::Warning);
}

TEST_CASE("the level of the log can be chosen, and debug wins") {
    oci::cli::Globals globals;
    globals.log_level = "info";
    globals.log_format = "json";
    const auto chosen = oci::cli::open_log(globals);
    REQUIRE(chosen);
    CHECK(chosen.value().least == oci::log::Level::Info);
    CHECK(chosen.value().format == oci::log::Format::Json);
    globals.debug = true;
    CHECK(oci::cli::open_log(globals).value().least == oci::log::Level::Debug);
}

TEST_CASE(
    "a log is neither a daemon without a name, nor a directory, nor behind a symlink, nor a lonely "
    "FIFO") {
    const TemporaryDirectory directory;
    const std::string link = directory.path + "/link";
    const std::string fifo = directory.path + "/fifo";
    REQUIRE(::symlink("target", link.c_str()) == 0);
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& log : {std::string{"journald:"}, std::string{"syslog:a\nb"},
                                   directory.path, link, fifo, std::string{"/dev/zero"}}) {
        INFO(log);
        CHECK_FALSE(oci::cli::open_log(logging_to(log)));
    }
    CHECK(oci::cli::open_log(logging_to("/dev/null")));
}
