// SPDX-License-Identifier: Apache-2.0
#include "monitor/speech.hpp"

#include <sys/mman.h>

#include "kernel/files.hpp"

namespace oci::monitor {
namespace {

constexpr std::size_t page = 4096;
alignas(page) std::array<char, 64U * 1024> buffer;  // of no page until something is said

}  // namespace

void Speech::watch(PollSet& set) {
    output_place_ = set.add(ends_.output, POLLIN);
    error_place_ = set.add(ends_.error, POLLIN);
    const bool is_full = heard_begin_ != heard_end_;
    input_place_ = is_full && ends_.input ? set.add(ends_.input, POLLOUT) : PollSet::nowhere;
    for (Client& client : clients_.all()) client.watch(set, !is_full);
}

void Speech::handle(const PollSet& set) {
    // One read of each in turn: neither stream waits for the other.
    if (set.occurred(output_place_) != 0) (void)take(ends_.output, Stream::Output);
    if (set.occurred(error_place_) != 0) (void)take(ends_.error, Stream::Error);
    if (set.occurred(input_place_) != 0) write_input();
    handle_clients(set);
}

/// False: nothing is there now, or will ever be.
bool Speech::take(UniqueFd& from, Stream stream) {
    if (!from) return false;
    const auto count = kernel::read_some(from, buffer);
    if (!count && count.error().code == EAGAIN) return false;
    // EIO: nobody has the terminal open any more.
    if (!count || count.value() == 0) {
        from.reset();
        return false;
    }
    const std::string_view bytes{buffer.data(), count.value()};
    has_spare_memory_ = has_spare_memory_ || bytes.size() > page;
    log_.write(stream, bytes);
    clients_.send(stream, bytes);
    return true;
}

void Speech::handle_clients(const PollSet& set) {
    for (Client& client : clients_.all()) {
        const bool has_room = heard_begin_ == heard_end_;
        if (has_room) heard_begin_ = heard_end_ = 0;
        const Client::Said said =
            client.handle(set, has_room ? std::span<char>{heard_} : std::span<char>{});
        heard_end_ += said.size;
        closes_input_ = closes_input_ || said.closes_input;
        write_input();
    }
}

void Speech::write_input() {
    while (heard_begin_ < heard_end_ && ends_.input) {
        const auto count = kernel::write_some(
            ends_.input, {heard_.data() + heard_begin_, heard_end_ - heard_begin_});
        if (!count && count.error().code == EAGAIN) return;
        if (!count) ends_.input.reset();  // EPIPE: nobody will read it
        if (count) heard_begin_ += count.value();
    }
    if (!ends_.input) heard_begin_ = heard_end_ = 0;
    if (closes_input_ && heard_begin_ == heard_end_) ends_.input.reset();
}

void Speech::drain() {
    // A process that has outlived the container may write for ever.
    constexpr int most_reads = 4096;
    for (int i = 0; i < most_reads; ++i) {
        const bool has_output = take(ends_.output, Stream::Output);
        const bool has_errors = take(ends_.error, Stream::Error);
        if (!has_output && !has_errors) break;
    }
    log_.finish();
}

void Speech::part() {
    constexpr int turns = 20;
    constexpr int milliseconds = 50;
    for (int i = 0; i < turns && clients_.is_anybody_behind(); ++i) {
        PollSet set;
        for (Client& client : clients_.all()) client.watch(set, false);
        (void)set.wait(milliseconds);
        for (Client& client : clients_.all()) (void)client.handle(set, {});
    }
}

void Speech::release_memory() noexcept {
    has_spare_memory_ = false;
    (void)::madvise(buffer.data(), buffer.size(), MADV_DONTNEED);  // it was ours to lose
}

}  // namespace oci::monitor
