// SPDX-License-Identifier: Apache-2.0
#include "kernel/bpf.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace oci::kernel {
namespace {

SysResult<long> bpf(const char* call, int command, bpf_attr& attributes) noexcept {
    return answer(call, ::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

/// All bytes zero, unused members of the union included: the kernel refuses others.
bpf_attr no_attributes() noexcept {
    bpf_attr attributes;
    std::memset(&attributes, 0, sizeof attributes);
    return attributes;
}

}  // namespace

SysResult<UniqueFd> load_device_program(std::span<const bpf_insn> program) noexcept {
    constexpr std::string_view name = "oci_devices";
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

}  // namespace oci::kernel
