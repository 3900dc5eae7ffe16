// SPDX-License-Identifier: Apache-2.0
//
// The log: warnings and debug lines while a verb works. Errors are returned,
// and written once, by whoever is on top. Nothing here is used after clone().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "oci-rt/error.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::log {

enum class Level : std::uint8_t { Debug, Info, Warning, Error };
/// Journal: the native protocol of systemd-journald; Syslog: as syslog(3) writes it. One datagram
/// for each line.
enum class Format : std::uint8_t { Text, Json, Journal, Syslog };

/// Where lines go. With neither a file nor `to_stderr` nothing is written.
struct Sink {
    UniqueFd file;  ///< Or a socket.
    bool to_stderr = false;
    Format format = Format::Text;
    std::string identifier;  ///< Journal and Syslog: in whose name.
    Level least = Level::Error;
};

/// Replaces the sink of the process; meant for main().
void set_sink(Sink sink);

/// Nothing is written while it lives: for who tells by other means what is amiss.
class Silence {
public:
    Silence();
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    Silence(Silence&&) = delete;
    Silence& operator=(Silence&&) = delete;
    ~Silence();

private:
    Sink before_;
};

[[nodiscard]] bool is_wanted(Level level) noexcept;
void write(Level level, std::string_view message);
/// The last word of a verb. As JSON with "code" and, where known, "phase", "pointer", "errno"
/// and "hint"; the text ends with the hint.
void write(const Error& error);

template <typename... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
    if (is_wanted(Level::Debug))
        write(Level::Debug, fmt::format(text, std::forward<Args>(args)...));
}

template <typename... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
    if (is_wanted(Level::Warning))
        write(Level::Warning, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace oci::log
