// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/read_ahead.hpp"

#include <algorithm>

namespace oci::image::unpack {
namespace {

constexpr std::size_t portion_size = std::size_t{128} << 10U;

}  // namespace

ReadAhead::ReadAhead(ByteSource& below) : below_{below} {
    for (Portion& portion : ring_) portion.bytes.resize(portion_size);
    const auto work = [](void* self) -> void* {
        static_cast<ReadAhead*>(self)->produce();
        return nullptr;
    };
    // Not std::thread, which throws. At a limit of processes: one after the other.
    has_thread_ = ::pthread_create(&thread_, nullptr, work, this) == 0;
}

/// A whole portion, but for the last one. Of what comes before an error nothing is lost.
Result<std::size_t> ReadAhead::fill(Portion& portion) {
    portion.size = 0;
    while (portion.size < portion.bytes.size()) {
        const std::size_t count =
            OCI_TRY(below_.read(std::span{portion.bytes}.subspan(portion.size)));
        if (count == 0) break;
        portion.size += count;
    }
    return portion.size;
}

void ReadAhead::produce() {
    for (;;) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return shall_stop_ || filled_ - taken_ < ring_.size(); });
            if (shall_stop_) return;
        }
        Portion& portion = at(filled_);
        auto count = fill(portion);
        {
            const std::lock_guard lock{mutex_};
            if (portion.size > 0) ++filled_;
            if (!count) error_ = std::move(count).error();
            has_ended_ = error_ || portion.size < portion.bytes.size();
        }
        changed_.notify_one();
        if (has_ended_) return;
    }
}

Result<std::size_t> ReadAhead::read(std::span<char> buffer) {
    if (!has_thread_) return below_.read(buffer);
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return has_ended_ || filled_ != taken_; });
    if (filled_ == taken_) {
        if (error_) return Failure{*error_};
        return std::size_t{0};
    }
    lock.unlock();
    const Portion& portion = at(taken_);
    const std::size_t count = std::min(buffer.size(), portion.size - given_);
    std::copy_n(portion.bytes.begin() + static_cast<std::ptrdiff_t>(given_), count, buffer.begin());
    given_ += count;
    if (given_ < portion.size) return count;
    given_ = 0;
    lock.lock();
    ++taken_;
    lock.unlock();
    changed_.notify_one();
    return count;
}

void ReadAhead::stop() noexcept {
    if (!has_thread_) return;
    {
        const std::lock_guard lock{mutex_};
        shall_stop_ = true;
    }
    changed_.notify_one();
    // It is there, and nobody else waits for it: this cannot fail.
    (void)::pthread_join(thread_, nullptr);
    has_thread_ = false;
}

}  // namespace oci::image::unpack
