// SPDX-License-Identifier: Apache-2.0
//
// The classic BPF machine as far as seccomp filters use it: what the kernel
// would answer, without loading anything.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace oci::test {

/// The verdict (SECCOMP_RET_*); nothing for a program that is not well-formed.
/// With `fall_off`, running past the end answers that instead.
inline std::optional<std::uint32_t> run_filter(const std::vector<sock_filter>& program,
                                               const seccomp_data& data,
                                               std::optional<std::uint32_t> fall_off = {}) {
    std::uint32_t accumulator = 0;
    const auto compare = [&](const sock_filter& line) -> std::optional<bool> {
        switch (BPF_OP(line.code)) {
            case BPF_JEQ: return accumulator == line.k;
            case BPF_JGT: return accumulator > line.k;
            case BPF_JGE: return accumulator >= line.k;
            case BPF_JSET: return (accumulator & line.k) != 0;
            default: return std::nullopt;
        }
    };
    for (std::size_t i = 0; i < program.size(); ++i) {
        const sock_filter& line = program[i];
        if (line.code == (BPF_LD | BPF_W | BPF_ABS)) {
            if (line.k % 4 != 0 || line.k + 4 > sizeof data) return std::nullopt;
            std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + line.k, 4);
        } else if (line.code == (BPF_ALU | BPF_AND | BPF_K)) {
            accumulator &= line.k;
        } else if (line.code == (BPF_RET | BPF_K)) {
            return line.k;
        } else if (line.code == (BPF_JMP | BPF_JA)) {
            i += line.k;
        } else if (BPF_CLASS(line.code) == BPF_JMP) {
            const auto yes = compare(line);
            if (!yes) return std::nullopt;
            i += *yes ? line.jt : line.jf;
        } else {
            return std::nullopt;
        }
    }
    return fall_off;
}

}  // namespace oci::test
