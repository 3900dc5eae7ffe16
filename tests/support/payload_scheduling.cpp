// SPDX-License-Identifier: Apache-2.0
//
// When and where the kernel says that this program runs.
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>

#include "payload.hpp"

namespace payload {
namespace {

/// struct sched_attr; <linux/sched/types.h> clashes with <sched.h>.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
    std::uint32_t utilization_minimum = 0;
    std::uint32_t utilization_maximum = 0;
};

using Mask = std::array<unsigned long, 1024>;

std::string numbers_in(const Mask& mask) {
    constexpr std::size_t bits = sizeof(unsigned long) * CHAR_BIT;
    std::string json = "[";
    for (std::size_t i = 0; i < mask.size() * bits; ++i)
        if ((mask[i / bits] >> i % bits & 1U) != 0)
            json += (json.size() > 1 ? ", " : "") + std::to_string(i);
    return json + "]";
}

std::string memory_policies_of_maps() {
    const std::string text = slurp("/proc/self/numa_maps");
    std::string seen;
    for (std::size_t start = 0; start < text.size(); start = text.find('\n', start) + 1) {
        const std::size_t from = text.find(' ', start) + 1;
        const std::string policy = " " + text.substr(from, text.find(' ', from) - from);
        if (seen.find(policy) == std::string::npos) seen += policy;
    }
    return quoted(seen.empty() ? seen : seen.substr(1));
}

}  // namespace

int scheduling(int, char**) {
    Attributes attributes;
    (void)::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0);
    std::printf("{\"policy\": %u, \"flags\": %llu, \"nice\": %d, \"priority\": %u,\n",
                attributes.policy, static_cast<unsigned long long>(attributes.flags),
                attributes.nice, attributes.priority);
    std::printf("\"runtime\": %llu, \"deadline\": %llu, \"period\": %llu,\n",
                static_cast<unsigned long long>(attributes.runtime),
                static_cast<unsigned long long>(attributes.deadline),
                static_cast<unsigned long long>(attributes.period));
    std::printf("\"io_priority\": %ld, \"io_priority_of_group\": %ld,\n",
                ::syscall(SYS_ioprio_get, 1, 0), ::syscall(SYS_ioprio_get, 2, 0));
    Mask processors{};
    (void)::syscall(SYS_sched_getaffinity, 0, sizeof processors, processors.data());
    Mask nodes{};
    int mode = -1;
    (void)::syscall(SYS_get_mempolicy, &mode, nodes.data(), sizeof nodes * CHAR_BIT / 4, nullptr,
                    0);
    std::printf("\"processors\": %s, \"memory_mode\": %d, \"memory_nodes\": %s,\n",
                numbers_in(processors).c_str(), mode, numbers_in(nodes).c_str());
    utsname names{};
    (void)::uname(&names);
    std::printf("\"numa_maps\": %s, \"personality\": %ld, \"machine\": %s,\n",
                memory_policies_of_maps().c_str(), ::syscall(SYS_personality, 0xffffffffUL),
                quoted(names.machine).c_str());
    const long child = ::syscall(SYS_fork);
    if (child == 0) ::_exit(0);
    std::printf("\"fork\": %d}\n", child < 0 ? errno : 0);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace payload
