// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <unistd.h>

#include <string>

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

std::string line_of(Format format, Level level, std::string_view message) {
    const std::string safe = escape_for_display(message.substr(0, 4096));
    const std::string quoted = json_quoted(safe);
    if (format == Format::Json)
        return fmt::format("{{\"level\":\"{}\",\"msg\":{},\"time\":\"{}\"}}\n", name_of(level),
                           quoted, rfc3339_now());
    return fmt::format("time=\"{}\" level={} msg={}\n", rfc3339_now(), name_of(level), quoted);
}

void write_line(int fd, const std::string& line) {
    // A log that cannot be written must not stop the container.
    [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
}

}  // namespace

void set_sink(Sink wanted) { sink() = std::move(wanted); }

bool is_wanted(Level level) noexcept {
    return level >= sink().least && (sink().file || sink().to_stderr);
}

void write(Level level, std::string_view message) {
    if (!is_wanted(level)) return;
    const std::string line = line_of(sink().format, level, message);
    if (sink().file) write_line(sink().file.get(), line);
    if (sink().to_stderr) write_line(STDERR_FILENO, line);
}

}  // namespace oci::log
