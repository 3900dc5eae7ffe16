// SPDX-License-Identifier: Apache-2.0
//
// Runs device programs without a kernel: the few instructions that they use.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace oci::test {

/// The verdict for an access ("rwm"). An empty program allows everything.
inline bool is_access_allowed(const std::vector<bpf_insn>& program, char type, std::uint32_t major,
                              std::uint32_t minor, std::string_view access) {
    if (program.empty()) return true;
    std::uint32_t bits = 0;
    for (const char c : access) bits |= c == 'm' ? 1U : c == 'r' ? 2U : 4U;
    const std::array<std::uint32_t, 3> context{bits << 16U | (type == 'c' ? 2U : 1U), major, minor};
    std::array<std::uint32_t, 11> registers{};
    for (std::size_t at = 0; at < program.size(); ++at) {
        const bpf_insn& code = program[at];
        std::uint32_t& left = registers.at(code.dst_reg);
        const auto value = static_cast<std::uint32_t>(code.imm);
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
            default: FAIL("unknown instruction " << unsigned{code.code}); return false;
        }
    }
    FAIL("the program runs past its end");
    return false;
}

}  // namespace oci::test
