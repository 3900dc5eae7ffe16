// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

namespace {

namespace log = oci::log;

/// What a sink of this kind writes while `act` runs.
template <typename Act>
std::string written(log::Format format, log::Level least, Act act) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    const oci::UniqueFd reader{ends[0]};
    log::Sink sink;
    sink.file = oci::UniqueFd{ends[1]};
    sink.format = format;
    sink.least = least;
    sink.identifier = "box";
    log::set_sink(std::move(sink));
    act();
    log::set_sink({});
    std::array<char, 32768> buffer{};
    const auto size = ::read(reader.get(), buffer.data(), buffer.size());
    return size > 0 ? std::string{buffer.data(), static_cast<std::size_t>(size)} : std::string{};
}

}  // namespace

TEST_CASE("a JSON log line has level, msg and time") {
    const auto line = written(log::Format::Json, log::Level::Error,
                              [] { log::write(log::Level::Error, "it \"broke\""); });
    CHECK(line.ends_with("\n"));
    const auto json = nlohmann::json::parse(line);
    CHECK(json["level"] == "error");
    CHECK(json["msg"] == "it \"broke\"");
    CHECK(json["time"].get<std::string>().ends_with("Z"));
}

TEST_CASE("a text log line says the same") {
    const auto line = written(log::Format::Text, log::Level::Debug, [] { log::debug("n={}", 1); });
    CHECK(line.starts_with("time=\""));
    CHECK(line.ends_with(" level=debug msg=\"n=1\"\n"));
}

TEST_CASE("the journal and syslog are told who says it and how bad it is") {
    const auto act = [] { log::write(log::Level::Error, "it \"broke\"\nhere"); };
    CHECK(written(log::Format::Journal, log::Level::Error, act) ==
          "PRIORITY=3\nSYSLOG_IDENTIFIER=box\nMESSAGE=it \"broke\"\\x0ahere\n");
    CHECK(written(log::Format::Syslog, log::Level::Error, act) ==
          "<11>box[" + std::to_string(::getpid()) + "]: it \"broke\"\\x0ahere");
    CHECK(written(log::Format::Journal, log::Level::Debug, [] {
              log::warning("careful");
          }).starts_with("PRIORITY=4\n"));
}

TEST_CASE("what is below the least level is not written") {
    CHECK(written(log::Format::Text, log::Level::Error, [] { log::warning("careful"); }).empty());
    CHECK_FALSE(
        written(log::Format::Text, log::Level::Warning, [] { log::warning("careful"); }).empty());
}

TEST_CASE("a message is one line, whatever it holds") {
    const auto line = written(log::Format::Text, log::Level::Error,
                              [] { log::write(log::Level::Error, "a\nb\x1b"); });
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("without a sink nothing is wanted") {
    log::set_sink({});
    CHECK_FALSE(log::is_wanted(log::Level::Error));
}

TEST_CASE("an error as JSON has members for programs, and the text its hint") {
    const oci::Error error{.message = "no \"way\"",
                           .code = "init-lost",
                           .phase = "mounts",
                           .pointer = "/mounts/3",
                           .number = EINVAL,
                           .hint = "go home"};
    const auto line = written(log::Format::Json, log::Level::Error, [&] { log::write(error); });
    CHECK(line.starts_with("{\"level\":\"error\",\"msg\":\"no \\\"way\\\"; go home\",\"time\":"));
    const auto json = nlohmann::json::parse(line);
    CHECK(json.size() == 8);
    CHECK(json["code"] == "init-lost");
    CHECK(json["phase"] == "mounts");
    CHECK(json["pointer"] == "/mounts/3");
    CHECK(json["errno"] == EINVAL);
    CHECK(json["hint"] == "go home");
}

TEST_CASE("what an error does not know is no member of its line") {
    const auto line = written(log::Format::Json, log::Level::Error,
                              [] { log::write(oci::Error{.message = "no"}); });
    const auto json = nlohmann::json::parse(line);
    CHECK(json.size() == 4);
    CHECK(json["code"] == "system");
}

TEST_CASE("an error as text is one line with its hint") {
    const auto line = written(log::Format::Text, log::Level::Error,
                              [] { log::write(oci::Error{.message = "a\nb", .hint = "c\nd"}); });
    CHECK(line.find("b; c") != std::string::npos);
    CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("an error of any length is a line of some kilobytes, and a whole pointer or none") {
    const oci::Error error{.message = std::string(100'000, '"'),
                           .pointer = "/" + std::string(5000, 'x'),
                           .hint = std::string(100'000, '\x1b')};
    const auto line = written(log::Format::Json, log::Level::Error, [&] { log::write(error); });
    CHECK(line.ends_with("}\n"));
    CHECK_FALSE(nlohmann::json::parse(line).contains("pointer"));
}
