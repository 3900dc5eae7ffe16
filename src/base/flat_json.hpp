// SPDX-License-Identifier: Apache-2.0
//
// flat json: one object of texts, whole numbers and truths, read and written without the heap.
// Small programs speak to each other in it, and small files hold it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace oci {

/// Reads strictly: no member twice, nothing nested, no null, no fraction, nothing behind the
/// object. What it yields lives as long as it does.
class FlatJson {
public:
    static constexpr std::size_t largest = 8192;  ///< Bytes of an object.

    FlatJson() = default;
    FlatJson(const FlatJson&) = delete;
    FlatJson& operator=(const FlatJson&) = delete;
    FlatJson(FlatJson&&) = delete;
    FlatJson& operator=(FlatJson&&) = delete;
    ~FlatJson() = default;

    /// False: it is no such object; nothing may be asked then. Once only.
    [[nodiscard]] bool read(std::string_view text) noexcept;

    /// nullopt: there is no such member, or it is of another kind.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<bool> truth(std::string_view name) const noexcept;

    /// Whether every member is one of these.
    [[nodiscard]] bool has_only(std::initializer_list<std::string_view> names) const noexcept;

private:
    enum class Kind : unsigned char { Text, Number, Truth };
    struct Member {
        std::string_view name{};
        Kind kind = Kind::Text;
        std::string_view text{};
        std::int64_t number = 0;
    };

    bool read_member() noexcept;
    bool read_value(Member& member) noexcept;
    bool read_number(Member& member) noexcept;
    std::optional<std::string_view> read_string() noexcept;
    bool read_escape() noexcept;
    bool keep(char byte) noexcept;
    bool take(std::string_view word) noexcept;
    void skip_blanks() noexcept;
    [[nodiscard]] const Member* find(std::string_view name, Kind kind) const noexcept;

    std::string_view left_;
    std::array<Member, 24> members_{};
    std::size_t count_ = 0;
    std::array<char, largest> kept_;
    std::size_t kept_size_ = 0;
};

/// Writes into a buffer; what does not fit makes the whole empty.
class FlatJsonWriter {
public:
    explicit FlatJsonWriter(std::span<char> buffer) noexcept : buffer_{buffer} { put('{'); }

    FlatJsonWriter& text(std::string_view name, std::string_view value) noexcept;
    FlatJsonWriter& number(std::string_view name, std::int64_t value) noexcept;
    FlatJsonWriter& truth(std::string_view name, bool value) noexcept;

    /// The object; empty if it did not fit.
    [[nodiscard]] std::string_view finish() noexcept;

private:
    void put(char byte) noexcept;
    void put(std::string_view bytes) noexcept;
    void put_string(std::string_view text) noexcept;
    void begin_member(std::string_view name) noexcept;

    std::span<char> buffer_;
    std::size_t size_ = 0;
    bool has_sibling_ = false;
    bool fits_ = true;
};

}  // namespace oci
