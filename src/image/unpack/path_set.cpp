// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/path_set.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <utility>

namespace oci::image::unpack {
namespace {

constexpr std::size_t first_slots = 1024;

/// SipHash-1-3 (Aumasson and Bernstein): short, and not to be steered without the key.
class SipHash {
public:
    SipHash(std::uint64_t first, std::uint64_t second)
        : state_{first ^ 0x736f6d6570736575U, second ^ 0x646f72616e646f6dU,
                 first ^ 0x6c7967656e657261U, second ^ 0x7465646279746573U} {}

    void word(std::uint64_t word) {
        state_[3] ^= word;
        round();
        state_[0] ^= word;
    }

    std::uint64_t finish() {
        state_[2] ^= 0xffU;
        for (int i = 0; i < 3; ++i) round();
        return state_[0] ^ state_[1] ^ state_[2] ^ state_[3];
    }

private:
    void round() {
        auto& [a, b, c, d] = state_;
        a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
        c += d, d = std::rotl(d, 16) ^ c;
        a += d, d = std::rotl(d, 21) ^ a;
        c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    }

    std::array<std::uint64_t, 4> state_;
};

std::uint64_t random_word() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

PathSet::PathSet() : key_{random_word(), random_word()}, slots_(first_slots) {}

std::uint64_t PathSet::hash_of(std::string_view path) const {
    SipHash hash{key_[0], key_[1]};
    const auto size = static_cast<std::uint64_t>(path.size());
    for (; path.size() >= sizeof(std::uint64_t); path.remove_prefix(sizeof(std::uint64_t))) {
        std::uint64_t word = 0;
        std::memcpy(&word, path.data(), sizeof word);
        hash.word(word);
    }
    std::uint64_t last = size << 56U;
    if (!path.empty()) std::memcpy(&last, path.data(), path.size());
    hash.word(last);
    const std::uint64_t result = hash.finish();
    return result == 0 ? 1 : result;
}

std::size_t PathSet::slot_of(std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash & mask;
    while (slots_[slot] != 0 && slots_[slot] != hash) slot = (slot + 1) & mask;
    return slot;
}

void PathSet::grow() {
    const std::vector<std::uint64_t> old = std::exchange(slots_, {});
    slots_.resize(old.size() * 2);
    for (const std::uint64_t hash : old)
        if (hash != 0) slots_[slot_of(hash)] = hash;
}

bool PathSet::insert(std::string_view path) {
    const std::uint64_t hash = hash_of(path);
    const std::size_t slot = slot_of(hash);
    if (slots_[slot] != 0) return false;
    slots_[slot] = hash;
    if (++used_ * 4 > slots_.size() * 3) grow();
    return true;
}

bool PathSet::contains(std::string_view path) const { return slots_[slot_of(hash_of(path))] != 0; }

}  // namespace oci::image::unpack
