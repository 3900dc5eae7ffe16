// SPDX-License-Identifier: Apache-2.0
//
// blob receiver: one blob while it arrives: decides whether an answer goes on where it should, and
// hands the bytes on.
#pragma once

#include <cstdint>

#include "image/registry/client.hpp"

namespace oci::image::registry {

class BlobReceiver final : public Receiver {
public:
    /// Why bytes were not taken.
    enum class Refusal : std::uint8_t {
        None,
        Range,    ///< The answer does not go on where it was asked to.
        Content,  ///< It is more than the blob.
        Sink,     ///< It could not be written.
    };

    BlobReceiver(const BlobRequest& request, std::function<void()> on_bytes)
        : request_{request}, on_bytes_{std::move(on_bytes)} {}

    /// Asks the sink what it has.
    [[nodiscard]] Result<void> open();

    /// From here on the next answer is expected. The sink starts anew where it cannot go on.
    [[nodiscard]] Result<void> expect();

    [[nodiscard]] Result<void> restart();
    void never_ask_for_ranges() noexcept { takes_ranges_ = false; }

    [[nodiscard]] Result<void> begin(const Head& head) override;
    [[nodiscard]] Result<void> take(std::span<const char> bytes) override;

    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::uint64_t gained() const noexcept { return offset_ - start_; }
    [[nodiscard]] bool is_whole() const noexcept { return offset_ == request_.descriptor.size; }
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
    [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }

private:
    [[nodiscard]] Failure<Error> refuse(Refusal refusal, std::string_view why);
    [[nodiscard]] bool goes_on(const Head& head) const;

    const BlobRequest& request_;
    std::function<void()> on_bytes_;
    std::uint64_t offset_ = 0;
    std::uint64_t start_ = 0;  ///< Where this answer was to begin.
    bool takes_ranges_ = true;
    bool has_begun_ = false;
    Refusal refusal_ = Refusal::None;
};

}  // namespace oci::image::registry
