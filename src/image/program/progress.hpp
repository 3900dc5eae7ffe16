// SPDX-License-Identifier: Apache-2.0
//
// progress: how far a pull is: bars that move on a terminal, lines elsewhere, JSON for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/digest.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image::program {

enum class ProgressStyle : std::uint8_t {
    None,
    Plain,  ///< A line when a layer begins to wait or is there.
    Bars,   ///< One for each layer, drawn again in place.
    Json,   ///< NDJSON: {"layer", "done", "total", "retries", "state"}
};

/// "auto" (bars on a terminal, else plain), "none", "plain", "bars", "json".
[[nodiscard]] Result<ProgressStyle> parse_progress_style(std::string_view word, FdView output);

struct LayerProgress {
    std::uint64_t done = 0;  ///< bytes
    unsigned retries = 0;
    bool is_waiting = false;
    bool is_complete = false;
};

class ProgressView {
public:
    ProgressView(ProgressStyle style, FdView output) : style_{style}, output_{output} {}

    /// A layer of so many bytes; the same one only once. Yields its row.
    std::size_t add(const Digest& digest, std::uint64_t total);
    /// It was in the store already.
    void there(std::size_t row);
    void update(std::size_t row, const LayerProgress& now);
    /// The last word: bars stay as they are.
    void end();

private:
    struct Row {
        std::string digest;
        std::uint64_t total = 0;
        LayerProgress now{};
        bool was_there = false;
    };
    void tell(const Row& row, bool has_changed);
    void draw();
    [[nodiscard]] std::string bar(const Row& row, unsigned width) const;

    ProgressStyle style_;
    FdView output_;
    std::vector<Row> rows_{};
    std::size_t drawn_ = 0;  ///< Lines.
    std::chrono::steady_clock::time_point last_{};
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace oci::image::program
