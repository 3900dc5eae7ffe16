// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/permits.hpp"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <vector>

#include "features/seccomp/filter.hpp"

namespace oci::seccomp {
namespace {

/// Of the accumulator, and of the words of seccomp_data.
using Word = std::optional<std::uint32_t>;

struct Position {
    std::size_t line = 0;
    Word accumulator;
};

Word load(const Call& call, std::uint32_t offset) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ||
                  __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    constexpr bool is_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    constexpr std::size_t argument = offsetof(seccomp_data, args);
    constexpr std::size_t low = argument + (is_little ? 0 : 4);
    constexpr std::size_t high = argument + (is_little ? 4 : 0);
    if (offset == offsetof(seccomp_data, nr)) return call.number;
    if (offset == offsetof(seccomp_data, arch)) return native_architecture();
    if (!call.first_argument) return {};
    if (offset == low) return static_cast<std::uint32_t>(*call.first_argument);
    if (offset == high) return static_cast<std::uint32_t>(*call.first_argument >> 32U);
    return {};
}

Word holds(unsigned comparison, Word left, std::uint32_t right) {
    if (!left) return {};
    switch (comparison) {
        case BPF_JEQ: return *left == right ? 1 : 0;
        case BPF_JGT: return *left > right ? 1 : 0;
        case BPF_JGE: return *left >= right ? 1 : 0;
        case BPF_JSET: return (*left & right) != 0 ? 1 : 0;
        default: return {};
    }
}

bool is_permission(std::uint32_t verdict) {
    const std::uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;
    return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/// Goes all ways that a program can take.
class Walk {
public:
    Walk(std::span<const sock_filter> program, const Call& call) : program_{program}, call_{call} {
        ahead_.push_back({});
    }

    bool ends_well() {
        // Ways that meet again are gone again: a bound, not a count of what there is.
        constexpr int most_steps = 100000;
        for (int steps = 0; !ahead_.empty(); ++steps) {
            const Position here = ahead_.back();
            ahead_.pop_back();
            if (steps == most_steps || here.line >= program_.size() || !step(here)) return false;
        }
        return true;
    }

private:
    bool step(const Position& here) {
        const sock_filter& line = program_[here.line];
        const std::size_t next = here.line + 1;
        switch (line.code) {
            case BPF_RET | BPF_K: return is_permission(line.k);
            case BPF_LD | BPF_W | BPF_ABS: return go_on(next, load(call_, line.k));
            case BPF_ALU | BPF_AND | BPF_K: return go_on(next, masked(here.accumulator, line.k));
            case BPF_JMP | BPF_JA: return go_on(next + line.k, here.accumulator);
            default: return BPF_CLASS(line.code) == BPF_JMP && jump(here, line);
        }
    }

    bool jump(const Position& here, const sock_filter& line) {
        const Word taken = holds(BPF_OP(line.code), here.accumulator, line.k);
        const std::size_t next = here.line + 1;
        if (BPF_SRC(line.code) != BPF_K) return false;
        if (!taken || *taken == 1) go_on(next + line.jt, here.accumulator);
        if (!taken || *taken == 0) go_on(next + line.jf, here.accumulator);
        return true;
    }

    bool go_on(std::size_t line, Word accumulator) {
        ahead_.push_back({line, accumulator});
        return true;
    }

    static Word masked(Word left, std::uint32_t mask) {
        if (!left) return {};
        return *left & mask;
    }

    std::span<const sock_filter> program_;
    const Call& call_;
    std::vector<Position> ahead_;
};

}  // namespace

bool permits(std::span<const sock_filter> program, const Call& call) {
    return Walk{program, call}.ends_well();
}

}  // namespace oci::seccomp
