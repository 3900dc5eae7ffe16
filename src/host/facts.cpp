// SPDX-License-Identifier: Apache-2.0
#include "host/facts.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "kernel/credentials.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::host {
namespace {

bool is_cgroup2(const char* path) {
    const auto directory = kernel::open_at(kernel::here, path, O_PATH | O_DIRECTORY);
    if (!directory) return false;
    const auto filesystem = kernel::filesystem_of(directory.value());
    return filesystem && filesystem.value().type == CGROUP2_SUPER_MAGIC;
}

std::string cgroup_mount_point() {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
        if (is_cgroup2(path)) return path;
    return {};
}

std::uint64_t held_bounding_capabilities(int& last) {
    std::uint64_t held = 0;
    for (int capability = 0; capability < 64; ++capability) {
        const auto answer = kernel::is_in_bounding_set(capability);
        if (!answer) break;
        last = capability;
        if (answer.value()) held |= std::uint64_t{1} << static_cast<unsigned>(capability);
    }
    return held;
}

}  // namespace

Facts measure() {
    Facts facts;
    facts.effective_user = ::geteuid();
    facts.effective_group = ::getegid();
    facts.in_initial_user_namespace = is_in_initial_user_namespace();
    facts.cgroup.mount_point = cgroup_mount_point();
    facts.bounding_capabilities = held_bounding_capabilities(facts.last_capability);
    return facts;
}

bool has_apparmor() {
    const auto enabled =
        kernel::read_text(kernel::here, "/sys/module/apparmor/parameters/enabled", 64);
    return enabled && trim(enabled.value()) == "Y";
}

bool has_selinux() {
    const auto filesystem = kernel::open_at(kernel::here, "/sys/fs/selinux/enforce", O_PATH);
    return static_cast<bool>(filesystem);
}

}  // namespace oci::host
