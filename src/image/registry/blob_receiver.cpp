// SPDX-License-Identifier: Apache-2.0
#include "image/registry/blob_receiver.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image::registry {

Failure<Error> BlobReceiver::refuse(Refusal refusal, std::string_view why) {
    refusal_ = refusal;
    return with(
        fail(ErrorKind::InvalidConfig, "blob {}: {}", request_.descriptor.digest.text(), why),
        {.code = "content-mismatch"});
}

Result<void> BlobReceiver::open() {
    offset_ = OCI_TRY(request_.sink->resume_offset());
    if (offset_ > request_.descriptor.size) return restart();
    return {};
}

Result<void> BlobReceiver::restart() {
    offset_ = 0;
    return request_.sink->restart();
}

Result<void> BlobReceiver::expect() {
    refusal_ = Refusal::None;
    has_begun_ = false;
    if (!takes_ranges_ && offset_ > 0) OCI_TRY(restart());
    start_ = offset_;
    return {};
}

bool BlobReceiver::goes_on(const Head& head) const {
    const auto fields = head.headers.all("Content-Range");
    if (fields.size() != 1 || start_ == 0) return false;
    const auto range = parse_content_range(fields.front());
    const std::uint64_t size = request_.descriptor.size;
    return range && range->first == start_ && range->last == size - 1 &&
           range->size.value_or(size) == size;
}

Result<void> BlobReceiver::begin(const Head& head) {
    has_begun_ = true;
    if (head.status == 206) {
        if (goes_on(head)) return {};
        return refuse(Refusal::Range, "the registry sends another part than it was asked for");
    }
    if (offset_ > 0) {
        auto restarted = restart();
        if (!restarted) {
            refusal_ = Refusal::Sink;
            return restarted;
        }
        start_ = 0;
    }
    const auto length = head.headers.find("Content-Length");
    const auto size = length ? parse_number<std::uint64_t>(*length) : std::nullopt;
    if (size && *size != request_.descriptor.size)
        return refuse(Refusal::Content, fmt::format("the registry has {} bytes of it, and not {}",
                                                    *size, request_.descriptor.size));
    return {};
}

Result<void> BlobReceiver::take(std::span<const char> bytes) {
    if (bytes.size() > request_.descriptor.size - offset_)
        return refuse(Refusal::Content,
                      fmt::format("has more than {} bytes", request_.descriptor.size));
    auto written = request_.sink->write(bytes);
    if (!written) {
        refusal_ = Refusal::Sink;
        return written;
    }
    offset_ += bytes.size();
    on_bytes_();
    return {};
}

}  // namespace oci::image::registry
