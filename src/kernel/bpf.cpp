// SPDX-License-Identifier: Apache-2.0
#include "kernel/bpf.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string_view>

#include "kernel/repeated.hpp"

namespace oci::kernel {
namespace {

SysResult<long> bpf(const char* call, int command, bpf_attr& attributes) noexcept {
    // EAGAIN: the verifier leaves off where a signal waits. As libbpf has it, five times are
    // enough.
    constexpr int most_tries = 5;
    for (int attempt = 1;; ++attempt) {
        const auto answered = repeated(
            call, [&] { return ::syscall(SYS_bpf, command, &attributes, sizeof attributes); });
        if (answered || answered.error().code != EAGAIN || attempt == most_tries) return answered;
    }
}

/// All bytes zero, unused members of the union included: the kernel refuses others.
bpf_attr no_attributes() noexcept {
    bpf_attr attributes;
    std::memset(&attributes, 0, sizeof attributes);
    return attributes;
}

}  // namespace

SysResult<UniqueFd> load_device_program(std::span<const bpf_insn> program) noexcept {
    constexpr std::string_view name = device_program_name;
    static_assert(name.size() < BPF_OBJ_NAME_LEN);
    bpf_attr attributes = no_attributes();
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = reinterpret_cast<std::uintptr_t>(program.data());
    attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
    attributes.license = reinterpret_cast<std::uintptr_t>("Apache-2.0");
    std::memcpy(attributes.prog_name, name.data(), name.size());
    const long fd = OCI_TRY(bpf("bpf(BPF_PROG_LOAD)", BPF_PROG_LOAD, attributes));
    return UniqueFd{static_cast<int>(fd)};  // close-on-exec by itself
}

SysResult<void> attach_device_program(FdView cgroup, FdView program) noexcept {
    bpf_attr attributes = no_attributes();
    attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    OCI_TRY(bpf("bpf(BPF_PROG_ATTACH)", BPF_PROG_ATTACH, attributes));
    return {};
}

SysResult<void> replace_device_program(FdView cgroup, FdView old, FdView program) noexcept {
    bpf_attr attributes = no_attributes();
    attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
    attributes.replace_bpf_fd = static_cast<std::uint32_t>(old.get());
    OCI_TRY(bpf("bpf(BPF_PROG_ATTACH)", BPF_PROG_ATTACH, attributes));
    return {};
}

SysResult<void> detach_device_program(FdView cgroup, FdView program) noexcept {
    bpf_attr attributes = no_attributes();
    attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = BPF_CGROUP_DEVICE;
    OCI_TRY(bpf("bpf(BPF_PROG_DETACH)", BPF_PROG_DETACH, attributes));
    return {};
}

SysResult<std::vector<std::uint32_t>> device_programs(FdView cgroup) {
    std::vector<std::uint32_t> ids(64);  // the kernel's own limit for one cgroup
    bpf_attr attributes = no_attributes();
    attributes.query.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = reinterpret_cast<std::uintptr_t>(ids.data());
    attributes.query.prog_cnt = static_cast<std::uint32_t>(ids.size());
    OCI_TRY(bpf("bpf(BPF_PROG_QUERY)", BPF_PROG_QUERY, attributes));
    ids.resize(attributes.query.prog_cnt);
    return ids;
}

SysResult<UniqueFd> open_program(std::uint32_t id) noexcept {
    bpf_attr attributes = no_attributes();
    attributes.prog_id = id;
    const long fd = OCI_TRY(bpf("bpf(BPF_PROG_GET_FD_BY_ID)", BPF_PROG_GET_FD_BY_ID, attributes));
    return UniqueFd{static_cast<int>(fd)};  // close-on-exec by itself
}

SysResult<std::string> program_name(FdView program) {
    bpf_prog_info info;
    std::memset(&info, 0, sizeof info);
    bpf_attr attributes = no_attributes();
    attributes.info.bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.info.info = reinterpret_cast<std::uintptr_t>(&info);
    attributes.info.info_len = sizeof info;
    OCI_TRY(bpf("bpf(BPF_OBJ_GET_INFO_BY_FD)", BPF_OBJ_GET_INFO_BY_FD, attributes));
    return std::string{info.name, ::strnlen(info.name, sizeof info.name)};
}

}  // namespace oci::kernel
