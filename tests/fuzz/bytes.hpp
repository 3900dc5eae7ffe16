// SPDX-License-Identifier: Apache-2.0
//
// bytes: what a fuzzer gives, taken from the front: numbers, choices and texts. When it has run
// out, all is zero and empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace oci::fuzz {

class Bytes {
public:
    Bytes(const std::uint8_t* data, std::size_t size) noexcept : left_{data, size} {}

    [[nodiscard]] bool is_empty() const noexcept { return left_.empty(); }

    std::uint8_t byte() noexcept {
        if (left_.empty()) return 0;
        const std::uint8_t first = left_.front();
        left_ = left_.subspan(1);
        return first;
    }
    bool truth() noexcept { return (byte() & 1U) != 0; }
    std::uint64_t number(unsigned size) noexcept {
        std::uint64_t value = 0;
        for (unsigned at = 0; at < size; ++at) value = value << 8U | byte();
        return value;
    }
    template <typename Range>
    const auto& one_of(const Range& range) noexcept {
        return *(std::begin(range) + byte() % std::size(range));
    }
    std::string text(std::size_t most) {
        const std::string_view whole = rest();
        const std::size_t size = std::min({most, whole.size(), std::size_t{byte()}});
        const std::string_view part = rest().substr(0, size);
        left_ = left_.subspan(part.size());
        return std::string{part};
    }
    [[nodiscard]] std::string_view rest() const noexcept {
        return {reinterpret_cast<const char*>(left_.data()), left_.size()};
    }

private:
    std::span<const std::uint8_t> left_;
};

/// What must be true whatever the bytes are.
inline void demand(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

}  // namespace oci::fuzz
