// SPDX-License-Identifier: Apache-2.0
//
// frames: the two streams of a container in one, as a monitor sends them; and the keys that end
// an attachment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "monitor/protocol.hpp"

namespace oci::commands {

/// What a piece of the common stream holds.
struct Piece {
    bool is_error = false;
    std::string_view bytes;
};

class Frames {
public:
    /// Takes the next piece from the front of the bytes; an empty one: they are used up.
    Piece take(std::string_view& bytes) noexcept {
        while (!bytes.empty()) {
            if (left_ != 0) {
                const std::string_view piece = bytes.substr(0, left_);
                left_ -= static_cast<std::uint32_t>(piece.size());
                bytes.remove_prefix(piece.size());
                return {is_error_, piece};
            }
            header_[filled_++] = static_cast<unsigned char>(bytes.front());
            bytes.remove_prefix(1);
            if (filled_ == header_.size()) begin();
        }
        return {};
    }

private:
    void begin() noexcept {
        filled_ = 0;
        is_error_ = header_[0] == 2;
        left_ = 0;
        for (std::size_t i = 4; i < header_.size(); ++i) left_ = left_ << 8U | header_[i];
    }

    std::array<unsigned char, monitor::frame_header_size> header_{};
    std::size_t filled_ = 0;
    std::uint32_t left_ = 0;
    bool is_error_ = false;
};

/// Ctrl-P Ctrl-Q. A Ctrl-P is held back until it is known what follows.
class DetachKeys {
public:
    /// What of it the container is to get; is_over() may be true then.
    std::string pass(std::string_view typed) {
        constexpr char first = 0x10, second = 0x11;
        std::string out;
        for (const char key : typed) {
            if (is_over_) break;
            if (holds_ && key == second) {
                is_over_ = true;
                break;
            }
            if (holds_) out += first;
            holds_ = key == first;
            if (!holds_) out += key;
        }
        return out;
    }
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    bool holds_ = false;
    bool is_over_ = false;
};

}  // namespace oci::commands
