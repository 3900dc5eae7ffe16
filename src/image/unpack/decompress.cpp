// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/decompress.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/explain.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::size_t magic_size = 4;

/// A source whose first bytes have been looked at.
class Replayed final : public ByteSource {
public:
    explicit Replayed(ByteSource& below) : below_{below} {}

    Result<void> look() {
        while (size_ < first_.size()) {
            const std::size_t count = OCI_TRY(below_.read(std::span{first_}.subspan(size_)));
            if (count == 0) break;
            size_ += count;
        }
        return {};
    }

    [[nodiscard]] std::string_view first() const { return {first_.data(), size_}; }

    Result<std::size_t> read(std::span<char> buffer) override {
        if (given_ == size_) return below_.read(buffer);
        const std::size_t count = std::min(buffer.size(), size_ - given_);
        std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(given_), count, buffer.begin());
        given_ += count;
        return count;
    }

private:
    ByteSource& below_;
    std::array<char, magic_size> first_{};
    std::size_t size_ = 0;
    std::size_t given_ = 0;
};

/// A tar stream as it is, on the budget.
class Plain final : public ByteSource {
public:
    Plain(std::unique_ptr<ByteSource> below, Budget& budget)
        : below_{std::move(below)}, budget_{budget} {}

    Result<std::size_t> read(std::span<char> buffer) override {
        const std::size_t count = OCI_TRY(below_->read(buffer));
        OCI_TRY(budget_.unpacked(count));
        return count;
    }

private:
    std::unique_ptr<ByteSource> below_;
    Budget& budget_;
};

bool is_zstd(std::string_view first) {
    if (first.size() < magic_size) return false;
    // RFC 8878: a frame, or a skippable one (0x184D2A50 to 0x184D2A5F, little endian).
    return first == "\x28\xb5\x2f\xfd" ||
           ((static_cast<unsigned char>(first[0]) & 0xf0U) == 0x50U &&
            first.substr(1) == "\x2a\x4d\x18");
}

Compression look_of(std::string_view first) {
    if (first.starts_with("\x1f\x8b")) return Compression::Gzip;
    return is_zstd(first) ? Compression::Zstd : Compression::None;
}

std::string_view name_of(Compression compression) {
    constexpr std::array<std::string_view, 3> names{"not compressed", "gzip", "zstd"};
    return names.at(static_cast<std::size_t>(compression));
}

}  // namespace

Result<std::unique_ptr<ByteSource>> decompress(ByteSource& blob, Compression compression,
                                               Budget& budget) {
    auto packed = std::make_unique<Replayed>(blob);
    OCI_TRY(packed->look());
    const Compression found = look_of(packed->first());
    if (compression != Compression::Detect && compression != found)
        return fail(ErrorKind::InvalidConfig, "layer: should be {}, but its first bytes say {}",
                    name_of(compression), name_of(found));
    if (found == Compression::Gzip) return inflate_gzip(std::move(packed), budget);
    if (found == Compression::Zstd) return inflate_zstd(std::move(packed), budget);
    return std::unique_ptr<ByteSource>{std::make_unique<Plain>(std::move(packed), budget)};
}

}  // namespace oci::image::unpack
