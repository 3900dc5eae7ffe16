// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/overlapping_rules.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>

#include "base/explain.hpp"

namespace oci::seccomp {
namespace {

using Program = std::vector<sock_filter>;

constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t keep_bits = BPF_ALU | BPF_AND | BPF_K;
constexpr std::uint16_t jump_if_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t jump_if_greater = BPF_JMP | BPF_JGT | BPF_K;
constexpr std::uint16_t jump_if_not_less = BPF_JMP | BPF_JGE | BPF_K;
constexpr std::uint16_t jump = BPF_JMP | BPF_JA;
constexpr std::uint16_t give_back = BPF_RET | BPF_K;

constexpr std::uint32_t upper(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 32U);
}
constexpr std::uint32_t lower(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

/// The instructions of one alternative. A comparison that does not hold jumps behind them all.
class Branch {
public:
    Branch(bool is_wide, bool is_little) : is_wide_{is_wide}, is_little_{is_little} {}

    void compare(const SeccompArgument& argument) {
        const std::uint64_t value = argument.value;
        switch (argument.op) {
            case SeccompOperator::Equal: return equal(argument.index, ~0ULL, value);
            case SeccompOperator::MaskedEqual:
                return equal(argument.index, value, argument.value_two & value);
            case SeccompOperator::NotEqual: return not_equal(argument.index, value);
            case SeccompOperator::GreaterThan: return above(argument.index, value, jump_if_greater);
            case SeccompOperator::GreaterOrEqual:
                return above(argument.index, value, jump_if_not_less);
            case SeccompOperator::LessThan: return below(argument.index, value, jump_if_not_less);
            case SeccompOperator::LessOrEqual: return below(argument.index, value, jump_if_greater);
        }
    }

    Program finish(std::uint32_t verdict) && {
        code_.push_back({give_back, 0, 0, verdict});
        // At most six comparisons of six instructions: within the reach of a jump.
        for (const Failure& failure : failures_) {
            const auto distance = static_cast<std::uint8_t>(code_.size() - failure.at - 1);
            (failure.if_true ? code_[failure.at].jt : code_[failure.at].jf) = distance;
        }
        return std::move(code_);
    }

private:
    struct Failure {
        std::size_t at;
        bool if_true;
    };

    void load(std::uint32_t index, bool upper_half) {
        constexpr std::size_t first = offsetof(seccomp_data, args);
        const std::size_t half = upper_half == is_little_ ? sizeof(std::uint32_t) : 0;
        code_.push_back({load_word, 0, 0,
                         static_cast<std::uint32_t>(first + index * sizeof(std::uint64_t) + half)});
    }
    void test(std::uint16_t what, std::uint32_t value, std::uint8_t if_true,
              std::uint8_t if_false) {
        code_.push_back({what, if_true, if_false, value});
    }
    void fail_unless(std::uint16_t what, std::uint32_t value) {
        failures_.push_back({code_.size(), false});
        test(what, value, 0, 0);
    }
    void fail_if(std::uint16_t what, std::uint32_t value, std::uint8_t if_false = 0) {
        failures_.push_back({code_.size(), true});
        test(what, value, 0, if_false);
    }

    void equal_half(std::uint32_t index, bool upper_half, std::uint32_t mask, std::uint32_t value) {
        load(index, upper_half);
        if (mask != ~0U) code_.push_back({keep_bits, 0, 0, mask});
        fail_unless(jump_if_equal, value);
    }
    void equal(std::uint32_t index, std::uint64_t mask, std::uint64_t value) {
        if (is_wide_) equal_half(index, true, upper(mask), upper(value));
        equal_half(index, false, lower(mask), lower(value));
    }
    // Each ends where the next comparison begins: two instructions decide by the lower half.
    void not_equal(std::uint32_t index, std::uint64_t value) {
        if (is_wide_) {
            load(index, true);
            test(jump_if_equal, upper(value), 0, 2);
        }
        load(index, false);
        fail_if(jump_if_equal, lower(value));
    }
    void above(std::uint32_t index, std::uint64_t value, std::uint16_t lower_half) {
        if (is_wide_) {
            load(index, true);
            test(jump_if_greater, upper(value), 3, 0);
            fail_unless(jump_if_equal, upper(value));
        }
        load(index, false);
        fail_unless(lower_half, lower(value));
    }
    void below(std::uint32_t index, std::uint64_t value, std::uint16_t lower_half) {
        if (is_wide_) {
            load(index, true);
            fail_if(jump_if_greater, upper(value));
            test(jump_if_equal, upper(value), 0, 2);
        }
        load(index, false);
        fail_if(lower_half, lower(value));
    }

    bool is_wide_;
    bool is_little_;
    Program code_;
    std::vector<Failure> failures_;
};

void append(Program& to, const Program& from) { to.insert(to.end(), from.begin(), from.end()); }

/// Goes on behind the block unless what has been loaded is this.
void append_if_equal(Program& to, std::uint32_t value, const Program& block) {
    to.push_back({jump_if_equal, 1, 0, value});
    to.push_back({jump, 0, 0, static_cast<std::uint32_t>(block.size())});
    append(to, block);
}

Program decide_one(const DecidedCall& call, const DecidedCalls& abi, std::uint32_t otherwise) {
    Program block;
    for (const Alternative& alternative : call.alternatives) {
        Branch branch{abi.has_wide_arguments, (abi.audit_architecture & __AUDIT_ARCH_LE) != 0};
        for (const SeccompArgument& argument : alternative.comparisons) branch.compare(argument);
        append(block, std::move(branch).finish(alternative.verdict));
    }
    block.push_back({give_back, 0, 0, otherwise});
    return block;
}

}  // namespace

bool overlap(const std::vector<Alternative>& alternatives) {
    if (alternatives.size() < 2) return false;
    const auto is_whole = [](const Alternative& each) { return each.comparisons.empty(); };
    if (std::ranges::any_of(alternatives, is_whole)) return false;
    const std::uint32_t index = alternatives.front().comparisons.front().index;
    return !std::ranges::all_of(alternatives, [&](const Alternative& each) {
        return each.comparisons.size() == 1 && each.comparisons.front().index == index &&
               each.comparisons.front().op == SeccompOperator::Equal;
    });
}

Result<Program> decide(const std::vector<DecidedCalls>& abis, std::uint32_t otherwise) {
    Program program;
    for (const DecidedCalls& abi : abis) {
        Program section{{load_word, 0, 0, offsetof(seccomp_data, nr)}};
        for (const DecidedCall& call : abi.calls) {
            append_if_equal(section, call.number, decide_one(call, abi, otherwise));
            if (section.size() > BPF_MAXINSNS)
                return fail(ErrorKind::InvalidConfig,
                            "/linux/seccomp/syscalls: the comparisons of arguments alone make more "
                            "than the {} instructions that the kernel takes",
                            BPF_MAXINSNS);
        }
        if (abi.calls.empty()) continue;
        program.push_back({load_word, 0, 0, offsetof(seccomp_data, arch)});
        append_if_equal(program, abi.audit_architecture, section);
    }
    return program;
}

}  // namespace oci::seccomp
