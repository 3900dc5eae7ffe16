// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <vector>

#include "base/explain.hpp"
#include "image/unpack/decompress.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::size_t packed_size = 65536;
constexpr int gzip_only = 16 + MAX_WBITS;

class GzipSource final : public ByteSource {
public:
    GzipSource(std::unique_ptr<ByteSource> packed, Budget& budget)
        : packed_{std::move(packed)}, budget_{budget}, buffer_(packed_size) {}
    ~GzipSource() override {
        if (started_) ::inflateEnd(&stream_);
    }

    Result<void> start() {
        if (::inflateInit2(&stream_, gzip_only) != Z_OK)
            return fail(ErrorKind::System, "layer: zlib cannot start");
        started_ = true;
        return {};
    }

    Result<std::size_t> read(std::span<char> out) override {
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(std::min(out.size(), std::size_t{1} << 30U));
        const std::size_t wanted = stream_.avail_out;
        while (stream_.avail_out == wanted || (stream_.avail_in != 0 && stream_.avail_out != 0)) {
            if (stream_.avail_in == 0) OCI_TRY(fill());
            if (ended_) break;
            OCI_TRY(inflate_some());
        }
        const std::size_t count = wanted - stream_.avail_out;
        OCI_TRY(budget_.unpacked(count));
        return count;
    }

private:
    Result<void> fill() {
        const std::size_t count = OCI_TRY(packed_->read(buffer_));
        if (count == 0 && in_member_)
            return fail(ErrorKind::InvalidConfig, "layer: gzip: ends in the middle");
        ended_ = count == 0;
        budget_.packed(count);
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<uInt>(count);
        return {};
    }

    Result<void> inflate_some() {
        in_member_ = true;
        const int answer = ::inflate(&stream_, Z_NO_FLUSH);
        if (answer == Z_STREAM_END) {
            in_member_ = false;
            ::inflateReset(&stream_);
            return {};
        }
        if (answer != Z_OK)
            return fail(ErrorKind::InvalidConfig, "layer: gzip: {}",
                        stream_.msg == nullptr ? "broken" : stream_.msg);
        return {};
    }

    std::unique_ptr<ByteSource> packed_;
    Budget& budget_;
    std::vector<char> buffer_;
    z_stream stream_{};
    bool started_ = false;
    bool in_member_ = true;  // at least one there must be
    bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> inflate_gzip(std::unique_ptr<ByteSource> packed,
                                                 Budget& budget) {
    auto source = std::make_unique<GzipSource>(std::move(packed), budget);
    OCI_TRY(source->start());
    return std::unique_ptr<ByteSource>{std::move(source)};
}

}  // namespace oci::image::unpack
