// SPDX-License-Identifier: Apache-2.0
//
// Tar archives in memory, for tests, and a source that gives them in pieces.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "image/byte_source.hpp"

namespace test {

/// At most `piece` bytes a call, so that nothing depends on how a stream is cut.
class TextSource final : public oci::image::ByteSource {
public:
    explicit TextSource(std::string text, std::size_t piece = 1000)
        : text_{std::move(text)}, piece_{piece} {}

    oci::Result<std::size_t> read(std::span<char> buffer) override {
        const std::size_t count = std::min({buffer.size(), piece_, text_.size() - given_});
        std::copy_n(text_.data() + given_, count, buffer.begin());
        given_ += count;
        return count;
    }

private:
    std::string text_;
    std::size_t piece_;
    std::size_t given_ = 0;
};

inline std::string all_of(oci::image::ByteSource& source) {
    std::string all;
    std::array<char, 777> buffer{};
    for (;;) {
        const auto count = source.read(buffer);
        if (!count) return "error: " + count.error().message;
        if (count.value() == 0) return all;
        all.append(buffer.data(), count.value());
    }
}

inline std::string octal(std::uint64_t number, std::size_t size) {
    std::string digits(size - 1, '0');
    for (std::size_t i = digits.size(); i-- > 0; number /= 8)
        digits[i] = static_cast<char>('0' + number % 8);
    return digits + '\0';
}

inline std::string with_checksum(std::string block) {
    block.replace(148, 8, "        ");
    std::uint64_t sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    return block.replace(148, 7, octal(sum, 7)).replace(155, 1, " ");
}

/// A POSIX header with its content.
inline std::string tar(std::string_view name, char type = '0', std::string_view content = "",
                       std::string_view link = "") {
    std::string block(512, '\0');
    const auto put = [&](std::size_t offset, std::string_view text) {
        block.replace(offset, text.size(), text);
    };
    put(0, name.substr(0, 100));
    put(100, octal(type == '5' ? 0755 : 0644, 8));
    put(108, octal(0, 8));
    put(116, octal(0, 8));
    put(124, octal(content.size(), 12));
    put(136, octal(1000, 12));
    block[156] = type;
    put(157, link);
    put(257, std::string_view{"ustar\00000", 8});
    block = with_checksum(block);
    block += content;
    block.resize((block.size() + 511) / 512 * 512);
    return block;
}

inline std::string tar_end() { return std::string(1024, '\0'); }

/// One record of an extended header.
inline std::string record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t size = rest + 1;
    while (std::to_string(size).size() + rest != size) ++size;
    return std::to_string(size) + " " + std::string{key} + "=" + std::string{value} + "\n";
}

}  // namespace test
