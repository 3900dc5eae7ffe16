// SPDX-License-Identifier: Apache-2.0
//
// Values of D-Bus as bytes: alignment, lengths, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "features/cgroups/systemd/value.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cgroups::systemd::wire {

/// Writes little-endian. Positions count from its beginning.
class Writer {
public:
    void put(const Value& value);
    void align(std::size_t boundary);

    [[nodiscard]] const std::string& bytes() const& noexcept { return bytes_; }
    [[nodiscard]] std::string bytes() && noexcept { return std::move(bytes_); }

private:
    void put_number(std::uint64_t number, std::size_t size);
    void put_array(const Value& value);

    std::string bytes_;
};

/// Reads what a Writer of either order of bytes has written, and trusts no length in it.
class Reader {
public:
    Reader(std::string_view bytes, bool is_little) noexcept
        : bytes_{bytes}, is_little_{is_little} {}

    /// type: one complete type.
    Result<Value> take(std::string_view type, int depth = 0);
    /// An error if what is skipped is not zero, or not there.
    Result<void> align(std::size_t boundary);
    void skip(std::size_t count) noexcept { at_ += count; }
    [[nodiscard]] bool is_at_end() const noexcept { return at_ == bytes_.size(); }

private:
    Result<std::uint64_t> take_number(std::size_t size);
    Result<std::uint64_t> take_signed(char code);
    Result<std::string> take_text(std::size_t size_of_length);
    Result<void> take_array(Value& value, int depth);
    Result<void> take_tuple(Value& value, int depth);
    Result<void> take_variant(Value& value, int depth);

    std::string_view bytes_;
    bool is_little_;
    std::size_t at_ = 0;
};

}  // namespace oci::cgroups::systemd::wire
