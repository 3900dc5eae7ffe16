// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/device_program.hpp"

#include <array>
#include <cstddef>
#include <limits>

#include "base/explain.hpp"

namespace oci::cgroups {
namespace {

constexpr unsigned bit_sets = 8;

using Register = unsigned;
constexpr Register verdict = BPF_REG_0;
constexpr Register context = BPF_REG_1;
constexpr Register type = BPF_REG_2;
constexpr Register major = BPF_REG_3;
constexpr Register minor = BPF_REG_4;
constexpr Register asked = BPF_REG_5;

using Label = std::size_t;

/// Instructions with jumps to places that are named before they are known.
class Assembler {
public:
    /// The first labels are the verdicts: where it goes on if these bits are allowed.
    Assembler() : places_(bit_sets) {}

    Label new_label() {
        places_.push_back(0);
        return places_.size() - 1;
    }
    void place(Label label) { places_[label] = program_.size(); }

    void load(Register to, std::size_t offset) {
        add(BPF_LDX | BPF_W | BPF_MEM, to, context, static_cast<__s16>(offset), 0);
    }
    void copy(Register to, Register from) { add(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0); }
    void set(Register to, int value) { add(BPF_ALU | BPF_MOV | BPF_K, to, 0, 0, value); }
    void keep_bits(Register of, int mask) { add(BPF_ALU | BPF_AND | BPF_K, of, 0, 0, mask); }
    void shift_right(Register of, int bits) { add(BPF_ALU | BPF_RSH | BPF_K, of, 0, 0, bits); }
    void leave() { add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
    void go(Label to) { jump(BPF_JMP | BPF_JA, verdict, 0, to); }
    void go_if_equal(Register left, std::uint32_t right, Label to) {
        jump(BPF_JMP32 | BPF_JEQ | BPF_K, left, right, to);
    }
    void go_if_not_equal(Register left, std::uint32_t right, Label to) {
        jump(BPF_JMP32 | BPF_JNE | BPF_K, left, right, to);
    }

    [[nodiscard]] bool is_wanted(Label label) const {
        for (const Jump& jump : jumps_)
            if (jump.to == label) return true;
        return false;
    }

    /// Fills in the jumps.
    Result<DeviceProgram> finish() {
        for (const Jump& jump : jumps_) {
            const std::size_t distance = places_[jump.to] - jump.from - 1;
            if (distance > std::numeric_limits<__s16>::max())
                return fail(ErrorKind::InvalidConfig,
                            "/linux/resources/devices: too many devices for one filter");
            program_[jump.from].off = static_cast<__s16>(distance);
        }
        return std::move(program_);
    }

private:
    struct Jump {
        std::size_t from;
        Label to;
    };

    void add(unsigned code, unsigned to, unsigned from, __s16 offset, int value) {
        bpf_insn instruction{};
        instruction.code = static_cast<__u8>(code);
        instruction.dst_reg = to & 0xFU;
        instruction.src_reg = from & 0xFU;
        instruction.off = offset;
        instruction.imm = value;
        program_.push_back(instruction);
    }
    void jump(unsigned code, Register left, std::uint32_t right, Label to) {
        jumps_.push_back({program_.size(), to});
        add(code, left, 0, 0, static_cast<int>(right));
    }

    DeviceProgram program_;
    std::vector<std::size_t> places_;
    std::vector<Jump> jumps_;
};

void compare_minors(Assembler& code, const MinorTable& table) {
    for (const auto& [number, bits] : table.minors) code.go_if_equal(minor, number, bits);
}

/// All but the last jump, to the verdict for what is not in the table.
void compare(Assembler& code, const DeviceTable& table) {
    for (const auto& [number, minors] : table.majors) {
        if (minors.minors.empty()) {
            code.go_if_equal(major, number, minors.otherwise);
            continue;
        }
        const Label next = code.new_label();
        code.go_if_not_equal(major, number, next);
        compare_minors(code, minors);
        code.go(minors.otherwise);
        code.place(next);
    }
    compare_minors(code, table);
}

constexpr unsigned nothing = 0;
constexpr unsigned everything = bit_sets - 1;

/// Some accesses are allowed: all that is asked for must be among them.
void add_partial_verdict(Assembler& code, unsigned allowed) {
    code.place(allowed);
    code.keep_bits(asked, static_cast<int>(everything & ~allowed));
    code.go_if_equal(asked, 0, everything);
    code.go(nothing);
}

void add_final_verdict(Assembler& code, unsigned allowed) {
    code.place(allowed);
    code.set(verdict, allowed == everything ? 1 : 0);
    code.leave();
}

/// Those that are jumped to, and the one where the comparisons end.
void add_verdicts(Assembler& code, unsigned at_the_end) {
    const bool is_partial = at_the_end != nothing && at_the_end != everything;
    if (is_partial)
        add_partial_verdict(code, at_the_end);
    else
        code.go(at_the_end);
    for (unsigned allowed = nothing + 1; allowed < everything; ++allowed)
        if (allowed != at_the_end && code.is_wanted(allowed)) add_partial_verdict(code, allowed);
    for (const unsigned allowed : std::array{nothing, everything})
        if (code.is_wanted(allowed)) add_final_verdict(code, allowed);
}

}  // namespace

Result<DeviceProgram> assemble_device_program(const DeviceTable& characters,
                                              const DeviceTable& blocks) {
    Assembler code;
    code.load(type, offsetof(bpf_cgroup_dev_ctx, access_type));
    code.load(major, offsetof(bpf_cgroup_dev_ctx, major));
    code.load(minor, offsetof(bpf_cgroup_dev_ctx, minor));
    code.copy(asked, type);
    code.shift_right(asked, 16);  // access_type: bits of access above, type of device below
    code.keep_bits(type, 0xFFFF);
    if (is_uniform(blocks)) {
        code.go_if_not_equal(type, BPF_DEVCG_DEV_CHAR, blocks.otherwise);
        compare(code, characters);
        add_verdicts(code, characters.otherwise);
        return code.finish();
    }
    const Label after_blocks = code.new_label();
    code.go_if_equal(type, BPF_DEVCG_DEV_CHAR, after_blocks);
    compare(code, blocks);
    code.go(blocks.otherwise);
    code.place(after_blocks);
    compare(code, characters);
    add_verdicts(code, characters.otherwise);
    return code.finish();
}

}  // namespace oci::cgroups
