// SPDX-License-Identifier: Apache-2.0
//
// bpf machine: runs the programs that the runtime makes, as far as they use BPF: what the kernel
// would answer, without loading anything.
#pragma once

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
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

/// Whether a program for devices allows an access; nothing for one that is not well-formed. An
/// empty program allows everything.
inline std::optional<bool> run_device_program(const std::vector<bpf_insn>& program,
                                              const bpf_cgroup_dev_ctx& access) {
    if (program.empty()) return true;
    const std::array<std::uint32_t, 3> context{access.access_type, access.major, access.minor};
    std::array<std::uint32_t, 11> registers{};
    for (std::size_t at = 0; at < program.size(); ++at) {
        const bpf_insn& code = program[at];
        std::uint32_t& left = registers.at(code.dst_reg);
        const auto value = static_cast<std::uint32_t>(code.imm);
        if (code.off < 0) return std::nullopt;
        const auto jump = static_cast<std::size_t>(code.off);
        switch (unsigned{code.code}) {
            case BPF_LDX | BPF_W | BPF_MEM: left = context.at(jump / 4); break;
            case BPF_ALU | BPF_MOV | BPF_X: left = registers.at(code.src_reg); break;
            case BPF_ALU | BPF_MOV | BPF_K: left = value; break;
            case BPF_ALU | BPF_AND | BPF_K: left &= value; break;
            case BPF_ALU | BPF_RSH | BPF_K: left >>= value; break;
            case BPF_JMP | BPF_JA: at += jump; break;
            case BPF_JMP32 | BPF_JEQ | BPF_K: at += left == value ? jump : 0; break;
            case BPF_JMP32 | BPF_JNE | BPF_K: at += left != value ? jump : 0; break;
            case BPF_JMP | BPF_EXIT: return registers[0] != 0;
            default: return std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace oci::test
