// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/unknown_calls.hpp"

#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>

namespace oci::seccomp {
namespace {

constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t jump_if_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t jump_if_greater = BPF_JMP | BPF_JGT | BPF_K;
constexpr std::uint16_t jump_if_not_less = BPF_JMP | BPF_JGE | BPF_K;
constexpr std::uint16_t give_back = BPF_RET | BPF_K;

/// The ABIs of one architecture.
using Group = std::span<const KnownCalls>;

std::vector<Group> group_by_architecture(const std::vector<KnownCalls>& abis) {
    std::vector<Group> groups;
    const auto differ = [](const KnownCalls& a, const KnownCalls& b) {
        return a.audit_architecture != b.audit_architecture;
    };
    for (auto begin = abis.begin(); begin != abis.end();) {
        const auto last = std::adjacent_find(begin, abis.end(), differ);
        const auto end = last == abis.end() ? last : last + 1;
        groups.emplace_back(begin, end);
        begin = end;
    }
    return groups;
}

std::size_t size_of(Group group) {
    return 2 + (group.front().zero_is_unknown ? 2 : 0) + 3 * group.size();
}

/// Writes a program of a known size. Conditional jumps reach 255 far, and the
/// sizes of 24 architectures stay below that.
class Writer {
public:
    explicit Writer(std::size_t size) : size_{size} { code_.reserve(size); }

    void add(std::uint16_t what, std::uint32_t operand) { code_.push_back({what, 0, 0, operand}); }
    void test(std::uint16_t what, std::uint32_t operand, std::size_t if_true,
              std::size_t if_false) {
        code_.push_back({what, static_cast<std::uint8_t>(if_true),
                         static_cast<std::uint8_t>(if_false), operand});
    }
    /// As the distance of a jump from the instruction that comes next.
    [[nodiscard]] std::size_t to_end() const { return size_ - code_.size() - 1; }

    [[nodiscard]] std::vector<sock_filter> code() && { return std::move(code_); }

private:
    std::size_t size_;
    std::vector<sock_filter> code_;
};

void write_group(Writer& writer, Group group) {
    constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;
    writer.test(jump_if_equal, group.front().audit_architecture, 0, size_of(group) - 1);
    writer.add(load_word, offsetof(seccomp_data, nr));
    if (group.front().zero_is_unknown) {
        writer.test(jump_if_equal, 0, 0, 1);
        writer.add(give_back, enosys);
    }
    for (const KnownCalls& abi : group) {
        const bool is_last = &abi == &group.back();
        writer.test(jump_if_greater, abi.last, 0, writer.to_end());
        writer.test(jump_if_not_less, abi.end, is_last ? writer.to_end() : 1, 0);
        writer.add(give_back, enosys);
    }
}

}  // namespace

std::vector<sock_filter> refuse_unknown_calls(const std::vector<KnownCalls>& abis) {
    if (abis.empty()) return {};
    const std::vector<Group> groups = group_by_architecture(abis);
    std::size_t size = 1;
    for (const Group group : groups) size += size_of(group);
    Writer writer{size};
    writer.add(load_word, offsetof(seccomp_data, arch));
    for (const Group group : groups) write_group(writer, group);
    return std::move(writer).code();
}

}  // namespace oci::seccomp
