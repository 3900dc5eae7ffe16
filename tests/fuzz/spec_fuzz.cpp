// SPDX-License-Identifier: Apache-2.0
//
// A config.json, process file or resources file of anybody's: it is refused or understood, and what
// is planned for it stays where a container's things are.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/plan.hpp"
#include "fuzz/bytes.hpp"
#include "spec/read.hpp"

namespace {

using namespace oci;

bool is_clean(std::string_view path) {
    return path.find('\0') == path.npos && path != ".." && !path.starts_with("../") &&
           !path.ends_with("/..") && path.find("/../") == path.npos;
}

void check_plan(const engine::Plan& plan) {
    fuzz::demand(is_clean(plan.cgroup.location.path), "the cgroup's path is clean");
    for (const auto& entry : plan.sysctl.entries)
        fuzz::demand(entry.path.starts_with("sys/") && is_clean(entry.path),
                     "a parameter of the kernel is one of those in /proc/sys");
    for (const auto& write : plan.cgroup.writes)
        fuzz::demand(
            write.file.find('/') == write.file.npos && write.value.find('\n') == write.value.npos,
            "a limit is one line of one file");
}

void check_config(std::string_view text) {
    const auto spec = spec::read(text);
    const auto examined = spec::examine(text);
    fuzz::demand(static_cast<bool>(spec) == examined.errors.empty(),
                 "what is read and what is examined are the same");
    if (!spec) return;
    host::Facts facts;
    facts.cgroup.mount_point = "/sys/fs/cgroup";
    State state;
    state.id = "fuzz";
    state.bundle = "/bundle";
    state.rootfs = "/bundle/rootfs";
    const auto plan = engine::make_plan(spec.value(), facts, {}, {}, state);
    if (plan) check_plan(plan.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes{data, size};
    const std::uint8_t what = bytes.byte();
    if (what == 'p')
        (void)spec::read_process(bytes.rest(), {});
    else if (what == 'r')
        (void)spec::read_resources(bytes.rest());
    else
        check_config(bytes.rest());
    return 0;
}
