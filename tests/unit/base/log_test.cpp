// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
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
    log::set_sink(std::move(sink));
    act();
    log::set_sink({});
    std::array<char, 8192> buffer{};
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
