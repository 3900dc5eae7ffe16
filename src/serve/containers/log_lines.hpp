// SPDX-License-Identifier: Apache-2.0
//
// log lines: the log of a container as its monitor writes it (the form of CRI), read from several
// files one after the other, and what of it a client wants to see.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/unique_fd.hpp"

namespace oci::serve {

/// Views into the text that was parsed.
struct LogLine {
    std::string_view time{};    ///< "2026-11-22T00:28:15.093537472Z"
    std::string_view stream{};  ///< "stdout", "stderr"
    bool is_whole = true;       ///< The line ends here.
    std::string_view text{};
};
/// "TIME STREAM F|P TEXT", without its line feed.
[[nodiscard]] std::optional<LogLine> parse_log_line(std::string_view line) noexcept;

struct LogFilter {
    std::string since{};  ///< Beginnings of times, without "Z": "2026-11-22T00:28:15"; "": any.
    std::string until{};
    bool output = true;
    bool errors = true;

    [[nodiscard]] bool takes(const LogLine& line) const noexcept;
};

/// The files of one log, the oldest first, as they are opened: what is renamed meanwhile is read
/// on.
class LogFiles {
public:
    /// path: of the newest; path.1 is the one before.
    explicit LogFiles(std::string path) : path_{std::move(path)} {}

    /// False if there is none.
    [[nodiscard]] bool open();
    /// Up to some 64 KiB of whole lines; "" if there is nothing more for now. A new file is gone on
    /// with when the one before is at its end.
    [[nodiscard]] std::string read();
    /// Goes behind all but the last lines, as many as are wanted.
    void skip_to_last(std::uint64_t lines);
    void rewind();

private:
    [[nodiscard]] bool find_newer();
    void go_on();

    std::string path_;
    std::vector<UniqueFd> files_{};
    std::size_t at_ = 0;
    bool is_counting_ = false;  ///< What was read will be read again.
    std::string rest_{};  ///< The beginning of a line whose end is not there yet.
};

}  // namespace oci::serve
