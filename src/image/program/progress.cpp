// SPDX-License-Identifier: Apache-2.0
#include "image/program/progress.hpp"

#include <algorithm>
#include <array>

#include "base/decimal_size.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/terminal.hpp"

namespace oci::image::program {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_drawings{100};
constexpr std::size_t shown_digits = 12;
constexpr unsigned narrowest = 60;  // columns: less than that has no room for a bar

std::string_view state_of(const LayerProgress& now, bool was_there) {
    if (was_there) return "there";
    if (now.is_complete) return "done";
    return now.is_waiting ? "waiting" : "fetching";
}

/// Nobody may listen any more, and that is no reason to stop.
void write(FdView output, std::string_view text) { (void)kernel::write_all(output, text); }

}  // namespace

Result<ProgressStyle> parse_progress_style(std::string_view word, FdView output) {
    constexpr std::array styles{
        Named<ProgressStyle>{"none", ProgressStyle::None},
        Named<ProgressStyle>{"plain", ProgressStyle::Plain},
        Named<ProgressStyle>{"bars", ProgressStyle::Bars},
        Named<ProgressStyle>{"json", ProgressStyle::Json},
    };
    if (word == "auto" || word.empty())
        return kernel::terminal_size(output) ? ProgressStyle::Bars : ProgressStyle::Plain;
    if (const auto style = value_named(styles, word)) return *style;
    return fail(ErrorKind::InvalidConfig,
                "--progress: {} is not one of auto, none, plain, bars, json",
                json_quoted(display_text(word, 40)));
}

std::size_t ProgressView::add(const Digest& digest, std::uint64_t total) {
    std::string text = digest.text();
    for (std::size_t row = 0; row < rows_.size(); ++row)
        if (rows_[row].digest == text) return row;
    rows_.push_back({.digest = std::move(text), .total = total});
    return rows_.size() - 1;
}

void ProgressView::there(std::size_t row) {
    rows_[row].was_there = true;
    rows_[row].now = {.done = rows_[row].total, .is_complete = true};
    tell(rows_[row], true);
}

void ProgressView::update(std::size_t row, const LayerProgress& now) {
    Row& one = rows_[row];
    const bool has_changed = one.now.is_complete != now.is_complete ||
                             one.now.is_waiting != now.is_waiting || one.now.retries != now.retries;
    one.now = now;
    tell(one, has_changed);
}

void ProgressView::tell(const Row& row, bool has_changed) {
    const auto now = steady_clock::now();
    const bool is_due = now - last_ >= between_drawings;
    if (style_ == ProgressStyle::Bars && (is_due || has_changed)) {
        last_ = now;
        draw();
    }
    if (style_ == ProgressStyle::Plain && has_changed)
        write(output_, fmt::format("{} {}: {} of {}\n", row.digest.substr(0, 7 + shown_digits),
                                   state_of(row.now, row.was_there), decimal_size(row.now.done),
                                   decimal_size(row.total)));
    if (style_ == ProgressStyle::Json && (is_due || has_changed)) {
        last_ = now;
        std::string line;
        JsonWriter json{line};
        json.begin_object().member("layer", row.digest).member("done", row.now.done);
        json.member("total", row.total).member("retries", row.now.retries);
        json.member("state", state_of(row.now, row.was_there)).end_object();
        write(output_, line + '\n');
    }
}

std::string ProgressView::bar(const Row& row, unsigned width) const {
    const std::uint64_t done = std::min(row.now.done, row.total);
    const std::uint64_t filled = row.total == 0 ? width : done * width / row.total;
    std::string text = row.digest.substr(row.digest.find(':') + 1, shown_digits) + " [";
    for (unsigned column = 0; column < width; ++column) text += column < filled ? '=' : ' ';
    text += fmt::format("] {:>8} / {:<8} {}", decimal_size(done), decimal_size(row.total),
                        state_of(row.now, row.was_there));
    if (row.now.retries > 0) text += fmt::format(" (retry {})", row.now.retries);
    return text;
}

void ProgressView::draw() {
    const auto size = kernel::terminal_size(output_);
    const unsigned columns = size && size.value().columns > 0 ? size.value().columns : 80;
    const unsigned width = columns > narrowest ? std::min(columns - narrowest, 40U) : 0;
    const unsigned lines = size && size.value().rows > 2 ? size.value().rows - 1U : 24U;
    std::string out;
    if (drawn_ > 0) out += fmt::format("\x1b[{}A\x1b[J", drawn_);
    drawn_ = 0;
    std::uint64_t done = 0;
    for (const Row& row : rows_) done += row.was_there ? 0 : row.now.done;
    // More layers than lines: those that are not through yet, from above.
    for (const Row& row : rows_) {
        if (drawn_ + 1 >= lines) break;
        if (rows_.size() + 1 > lines && row.now.is_complete) continue;
        out += "\r\x1b[K" + bar(row, width).substr(0, columns - 1) + '\n';
        ++drawn_;
    }
    const std::chrono::duration<double> elapsed = steady_clock::now() - begun_;
    const auto rate =
        static_cast<std::uint64_t>(static_cast<double>(done) / std::max(elapsed.count(), 0.001));
    out += fmt::format("\r\x1b[K{} at {}/s\n", decimal_size(done), decimal_size(rate));
    ++drawn_;
    write(output_, out);
}

void ProgressView::end() {
    if (style_ == ProgressStyle::Bars && !rows_.empty()) draw();
}

}  // namespace oci::image::program
