// SPDX-License-Identifier: Apache-2.0
//
// read ahead: a second thread decompresses and hashes while the first one writes files. It has at
// most four portions ready, and is gone when this is.
#pragma once

#include <pthread.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "image/byte_source.hpp"

namespace oci::image::unpack {

class ReadAhead final : public ByteSource {
public:
    /// `below` belongs to the other thread until stop(). Where no thread is to be had, to this one.
    explicit ReadAhead(ByteSource& below);
    ~ReadAhead() override { stop(); }

    /// The same bytes, and then the same error.
    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer) override;

    void stop() noexcept;

private:
    struct Portion {
        std::vector<char> bytes{};
        std::size_t size = 0;
    };

    void produce();
    [[nodiscard]] Result<std::size_t> fill(Portion& portion);
    [[nodiscard]] Portion& at(std::size_t number) { return ring_.at(number % ring_.size()); }

    ByteSource& below_;
    std::array<Portion, 4> ring_{};
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::size_t filled_ = 0;  ///< Portions so far. One belongs to the thread that may change it.
    std::size_t taken_ = 0;
    std::size_t given_ = 0;  ///< Of the portion that is being read.
    bool has_ended_ = false;
    bool shall_stop_ = false;
    std::optional<Error> error_{};
    pthread_t thread_{};
    bool has_thread_ = false;
};

}  // namespace oci::image::unpack
