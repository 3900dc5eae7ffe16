// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <vector>

#include "base/explain.hpp"
#include "image/unpack/decompress.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::size_t packed_size = 65536;
constexpr int largest_window_log = 27;  // 128 MiB of memory

struct Free {
    void operator()(ZSTD_DStream* stream) const noexcept { ::ZSTD_freeDStream(stream); }
};

class ZstdSource final : public ByteSource {
public:
    ZstdSource(std::unique_ptr<ByteSource> packed, Budget& budget)
        : packed_{std::move(packed)}, budget_{budget}, buffer_(packed_size) {}

    Result<void> start() {
        if (stream_ == nullptr || ::ZSTD_isError(::ZSTD_DCtx_setParameter(
                                      stream_.get(), ZSTD_d_windowLogMax, largest_window_log)) != 0)
            return fail(ErrorKind::System, "layer: zstd cannot start");
        return {};
    }

    Result<std::size_t> read(std::span<char> bytes) override {
        ZSTD_outBuffer out{bytes.data(), bytes.size(), 0};
        // What is left inside the decompressor comes before more is read.
        while (out.pos == 0 || (in_.pos < in_.size && out.pos < out.size)) {
            if (in_.pos == in_.size && !more_inside_) OCI_TRY(fill());
            if (ended_) break;
            OCI_TRY(decompress_some(out));
        }
        OCI_TRY(budget_.unpacked(out.pos));
        return out.pos;
    }

private:
    Result<void> fill() {
        const std::size_t count = OCI_TRY(packed_->read(buffer_));
        if (count == 0 && in_frame_)
            return fail(ErrorKind::InvalidConfig, "layer: zstd: ends in the middle");
        ended_ = count == 0;
        budget_.packed(count);
        in_ = {buffer_.data(), count, 0};
        return {};
    }

    Result<void> decompress_some(ZSTD_outBuffer& out) {
        const std::size_t answer = ::ZSTD_decompressStream(stream_.get(), &out, &in_);
        if (::ZSTD_isError(answer) != 0)
            return fail(ErrorKind::InvalidConfig, "layer: zstd: {}", ::ZSTD_getErrorName(answer));
        in_frame_ = answer != 0;
        more_inside_ = in_frame_ && out.pos == out.size;
        return {};
    }

    std::unique_ptr<ByteSource> packed_;
    Budget& budget_;
    std::vector<char> buffer_;
    std::unique_ptr<ZSTD_DStream, Free> stream_{::ZSTD_createDStream()};
    ZSTD_inBuffer in_{};
    bool in_frame_ = true;  // at least one there must be
    bool more_inside_ = false;
    bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> inflate_zstd(std::unique_ptr<ByteSource> packed,
                                                 Budget& budget) {
    auto source = std::make_unique<ZstdSource>(std::move(packed), budget);
    OCI_TRY(source->start());
    return std::unique_ptr<ByteSource>{std::move(source)};
}

}  // namespace oci::image::unpack
