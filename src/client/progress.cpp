// SPDX-License-Identifier: Apache-2.0
#include "client/progress.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/decimal_size.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "client/reading.hpp"
#include "kernel/files.hpp"
#include "kernel/terminal.hpp"

namespace oci::client {
namespace {

/// Nobody may look any more, and that is no reason to stop.
void write(std::string_view text) { (void)kernel::write_all(FdView{STDERR_FILENO}, text); }

std::string bar_of(std::uint64_t done, std::uint64_t total) {
    constexpr std::uint64_t width = 30;
    const double share = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::uint64_t>(std::min(share, 1.0) * width);
    return "[" + std::string(filled, '=') + std::string(width - filled, ' ') + "]";
}

}  // namespace

Progress::Progress(std::string_view style, bool quiet) {
    if (quiet || style == "none") return;
    if (style == "json")
        style_ = Style::Json;
    else if (style == "auto" && kernel::terminal_size(FdView{STDERR_FILENO}))
        style_ = Style::Moving;
    else
        style_ = Style::Plain;
}

void Progress::show(std::string_view phase, std::uint64_t done, std::uint64_t total) {
    if (style_ == Style::None) return;
    const std::string word = display_text(phase, 40);
    std::string line;
    if (style_ == Style::Json) {
        JsonWriter json{line};
        json.begin_object().member("state", word).member("done", done).member("total", total);
        json.end_object();
    } else if (style_ == Style::Plain) {
        line = fmt::format("{}: {} of {}", word, decimal_size(done), decimal_size(total));
    } else {
        line = fmt::format("{:<10} {} {:>8} / {}", word, bar_of(done, total), decimal_size(done),
                           decimal_size(total));
    }
    if (line == last_) return;
    last_ = line;
    is_drawn_ = true;
    write(style_ == Style::Moving ? "\r\x1b[K" + line : line + '\n');
}

void Progress::end() {
    if (style_ == Style::Moving && is_drawn_) write("\n");
}

}  // namespace oci::client
