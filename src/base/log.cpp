// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <unistd.h>

#include <string>

#include "base/advice.hpp"
#include "base/error_code.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace oci::log {
namespace {

Sink& sink() {
    static Sink the_sink;
    return the_sink;
}

constexpr std::string_view name_of(Level level) {
    switch (level) {
        case Level::Debug: return "debug";
        case Level::Info: return "info";
        case Level::Warning: return "warning";
        case Level::Error: return "error";
    }
    return "error";
}

/// As syslog(3) numbers them.
constexpr int severity_of(Level level) {
    switch (level) {
        case Level::Debug: return 7;
        case Level::Info: return 6;
        case Level::Warning: return 4;
        case Level::Error: break;
    }
    return 3;
}

constexpr std::size_t longest_text = 4096;  // within what callers read at once

std::string quoted_text(std::string_view text) {
    return json_quoted(display_text(text, longest_text));
}

/// more: further members of a JSON line, each after a comma.
std::string line_of(Level level, std::string_view message, std::string_view more = {}) {
    const std::string& identifier = sink().identifier;
    switch (sink().format) {
        case Format::Text: break;
        case Format::Json:
            return fmt::format("{{\"level\":\"{}\",\"msg\":{},\"time\":\"{}\"{}}}\n",
                               name_of(level), quoted_text(message), rfc3339_now(), more);
        case Format::Journal:
            return fmt::format("PRIORITY={}\nSYSLOG_IDENTIFIER={}\nMESSAGE={}\n",
                               severity_of(level), identifier, display_text(message, longest_text));
        case Format::Syslog: {
            constexpr int of_users = 1 << 3;  // LOG_USER
            return fmt::format("<{}>{}[{}]: {}", of_users | severity_of(level), identifier,
                               ::getpid(), display_text(message, longest_text));
        }
    }
    return fmt::format("time=\"{}\" level={} msg={}\n", rfc3339_now(), name_of(level),
                       quoted_text(message));
}

void write_line(int fd, const std::string& line) {
    // A log that cannot be written must not stop the container.
    [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
}

void write_everywhere(const std::string& line) {
    if (sink().file) write_line(sink().file.get(), line);
    if (sink().to_stderr) write_line(STDERR_FILENO, line);
}

std::string json_members_of(const Error& error) {
    constexpr std::size_t longest_pointer = 1024;
    std::string members = fmt::format(",\"code\":\"{}\"", code_of(error));
    const auto add = [&](std::string_view key, std::string_view text) {
        if (!text.empty()) members += fmt::format(",\"{}\":{}", key, quoted_text(text));
    };
    add("phase", error.phase);
    // Part of a pointer would point elsewhere.
    if (error.pointer.size() <= longest_pointer) add("pointer", error.pointer);
    if (error.number != 0) members += fmt::format(",\"errno\":{}", error.number);
    add("hint", hint_of(error));
    return members;
}

}  // namespace

void set_sink(Sink wanted) { sink() = std::move(wanted); }

Silence::Silence() : before_{std::exchange(sink(), Sink{})} {}

Silence::~Silence() { sink() = std::move(before_); }

bool is_wanted(Level level) noexcept {
    return level >= sink().least && (sink().file || sink().to_stderr);
}

void write(Level level, std::string_view message) {
    if (is_wanted(level)) write_everywhere(line_of(level, message));
}

void write(const Error& error) {
    if (is_wanted(Level::Error))
        write_everywhere(line_of(Level::Error, text_of(error), json_members_of(error)));
}

}  // namespace oci::log
