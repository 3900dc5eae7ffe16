// SPDX-License-Identifier: Apache-2.0
#include "cli/update_flags.hpp"

#include <array>
#include <concepts>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "cli/amounts.hpp"

namespace oci::cli {
namespace {

constexpr std::string_view all_resources = "/linux/resources";

struct FlagName {
    Flag UpdateFlags::*flag;
    std::string_view name;
    std::string_view pointer;  ///< Below all_resources.
};
/// The longest of several that begin alike comes first.
constexpr std::array flag_names{
    FlagName{&UpdateFlags::memory, "memory", "/memory/limit"},
    FlagName{&UpdateFlags::memory_reservation, "memory-reservation", "/memory/reservation"},
    FlagName{&UpdateFlags::memory_swap, "memory-swap", "/memory/swap"},
    FlagName{&UpdateFlags::memory_high, "memory-high", "/unified/memory.high"},
    FlagName{&UpdateFlags::kernel_memory_tcp, "kernel-memory-tcp", "/memory/kernelTCP"},
    FlagName{&UpdateFlags::kernel_memory, "kernel-memory", "/memory/kernel"},
    FlagName{&UpdateFlags::cpu_period, "cpu-period", "/cpu/period"},
    FlagName{&UpdateFlags::cpu_quota, "cpu-quota", "/cpu/quota"},
    FlagName{&UpdateFlags::cpu_burst, "cpu-burst", "/cpu/burst"},
    FlagName{&UpdateFlags::cpu_share, "cpu-share", "/cpu/shares"},
    FlagName{&UpdateFlags::cpu_weight, "cpu-weight", "/unified/cpu.weight"},
    FlagName{&UpdateFlags::cpu_idle, "cpu-idle", "/cpu/idle"},
    FlagName{&UpdateFlags::cpu_realtime_period, "cpu-rt-period", "/cpu/realtimePeriod"},
    FlagName{&UpdateFlags::cpu_realtime_runtime, "cpu-rt-runtime", "/cpu/realtimeRuntime"},
    FlagName{&UpdateFlags::cpuset_cpus, "cpuset-cpus", "/cpu/cpus"},
    FlagName{&UpdateFlags::cpuset_mems, "cpuset-mems", "/cpu/mems"},
    FlagName{&UpdateFlags::blkio_weight, "blkio-weight", "/blockIO/weight"},
    FlagName{&UpdateFlags::pids_limit, "pids-limit", "/pids/limit"},
};

std::string_view name_of(Flag UpdateFlags::*flag) {
    for (const FlagName& each : flag_names)
        if (each.flag == flag) return each.name;
    return {};
}

/// Reads the flags into resources. Zero leaves alone, as engines mean it; a limit of
/// processes is a number like any other.
class Reader {
public:
    explicit Reader(const UpdateFlags& flags) : flags_{flags} {}

    Result<void> size(Flag UpdateFlags::*flag, std::optional<std::int64_t>& out) {
        const Flag& text = flags_.*flag;
        if (!text || text->empty()) return {};
        const auto bytes = *text == "-1" ? std::optional<std::int64_t>{-1} : parse_size(*text);
        if (!bytes)
            return fail(ErrorKind::InvalidConfig,
                        "--{}: \"{}\" is neither a size like 64m nor -1 (unlimited)", name_of(flag),
                        escape_for_display(*text));
        if (*bytes != 0) out = bytes;
        return {};
    }

    template <std::integral Number>
    Result<void> number(Flag UpdateFlags::*flag, std::optional<Number>& out, bool zero_counts) {
        const Flag& text = flags_.*flag;
        if (!text || text->empty()) return {};
        const auto parsed = parse_number<Number>(*text);
        if (!parsed)
            return fail(ErrorKind::InvalidConfig, "--{}: \"{}\" is no number that can be meant",
                        name_of(flag), escape_for_display(*text));
        if (*parsed != 0 || zero_counts) out = parsed;
        return {};
    }

    void file(Flag UpdateFlags::*flag, std::string_view key, Resources& out) {
        const Flag& text = flags_.*flag;
        if (text && !text->empty()) out.unified.emplace_back(key, *text);
    }

    /// v1 only: named in a warning if it asks for something.
    void ignored(Flag UpdateFlags::*flag, Resources& out) {
        const Flag& text = flags_.*flag;
        if (text && !text->empty() && *text != "0")
            out.ignored.push_back("--" + std::string{name_of(flag)});
    }

private:
    const UpdateFlags& flags_;
};

Result<void> read_memory(Reader& reader, const UpdateFlags& flags, Resources& out) {
    OCI_TRY(reader.size(&UpdateFlags::memory, out.memory.limit));
    OCI_TRY(reader.size(&UpdateFlags::memory_reservation, out.memory.reservation));
    OCI_TRY(reader.size(&UpdateFlags::memory_swap, out.memory.swap));
    reader.ignored(&UpdateFlags::kernel_memory, out);
    reader.ignored(&UpdateFlags::kernel_memory_tcp, out);
    if (!flags.memory_high) return {};
    std::optional<std::int64_t> high;
    if (*flags.memory_high != "max") OCI_TRY(reader.size(&UpdateFlags::memory_high, high));
    const std::string value = high.value_or(-1) < 0 ? "max" : std::to_string(*high);
    out.unified.emplace_back("memory.high", value);
    return {};
}

Result<void> read_cpu(Reader& reader, const UpdateFlags& flags, Resources& out) {
    OCI_TRY(reader.number(&UpdateFlags::cpu_period, out.cpu.period, false));
    OCI_TRY(reader.number(&UpdateFlags::cpu_quota, out.cpu.quota, false));
    OCI_TRY(reader.number(&UpdateFlags::cpu_burst, out.cpu.burst, true));
    OCI_TRY(reader.number(&UpdateFlags::cpu_share, out.cpu.shares, false));
    OCI_TRY(reader.number(&UpdateFlags::cpu_idle, out.cpu.idle, true));
    out.cpu.cpus = flags.cpuset_cpus.value_or("");
    out.cpu.mems = flags.cpuset_mems.value_or("");
    reader.file(&UpdateFlags::cpu_weight, "cpu.weight", out);
    reader.ignored(&UpdateFlags::cpu_realtime_period, out);
    reader.ignored(&UpdateFlags::cpu_realtime_runtime, out);
    return {};
}

Result<void> read_unified(const UpdateFlags& flags, Resources& out) {
    for (const std::string& line : flags.io_max) out.unified.emplace_back("io.max", line);
    for (const std::string& pair : flags.unified) {
        const std::size_t sign = pair.find('=');
        if (sign == std::string::npos || sign == 0)
            return fail(ErrorKind::InvalidConfig, "--unified: \"{}\" is not like memory.high=64M",
                        escape_for_display(pair));
        out.unified.emplace_back(pair.substr(0, sign), pair.substr(sign + 1));
    }
    return {};
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
        at += to.size();
    }
}

}  // namespace

void describe_update_flags(OptionTable& table, UpdateFlags& flags) {
    table.insert(
        table.end(),
        {
            {'r', "resources", "FILE",
             "JSON file with limits, as in /linux/resources of config.json; -: standard input",
             &flags.resources},
            {0, "memory", "SIZE", "memory: bytes, or with k, m, g, t; -1: unlimited",
             &flags.memory},
            {0, "memory-reservation", "SIZE", "memory that is left to the container when short",
             &flags.memory_reservation},
            {0, "memory-swap", "SIZE", "memory and swap together; -1: unlimited swap",
             &flags.memory_swap},
            {0, "memory-high", "SIZE", "memory above which the container is slowed down",
             &flags.memory_high},
            {0, "cpu-quota", "TIME", "microseconds of processor time in each period; -1: unlimited",
             &flags.cpu_quota},
            {0, "cpu-period", "TIME", "length of a period in microseconds", &flags.cpu_period},
            {0, "cpu-burst", "TIME", "microseconds that may be saved up", &flags.cpu_burst},
            {0, "cpu-share", "N", "share of the processors, from 2 to 262144 (default: 1024)",
             &flags.cpu_share},
            {0, "cpu-shares", "N", "the same", &flags.cpu_share, Visibility::Hidden},
            {0, "cpu-weight", "N", "the same as cgroup v2 counts it, from 1 to 10000",
             &flags.cpu_weight},
            {0, "cpu-idle", "0|1", "run only when nobody else wants to", &flags.cpu_idle},
            {0, "cpuset-cpus", "LIST", "processors that may be used: 0-3,7", &flags.cpuset_cpus},
            {0, "cpuset-mems", "LIST", "memory nodes that may be used", &flags.cpuset_mems},
            {0, "blkio-weight", "N", "share of the disks, from 10 to 1000", &flags.blkio_weight},
            {0, "io-max", "LIMITS", "limits of a disk: \"8:0 rbps=1048576\" (repeatable)",
             &flags.io_max},
            {0, "pids-limit", "N", "number of processes and threads; -1: unlimited",
             &flags.pids_limit},
            {0, "unified", "FILE=VALUE", "a value for a file of the cgroup (repeatable)",
             &flags.unified},
            {0, "l3-cache-schema", "SCHEMA", "share of the cache, if the container has intelRdt",
             &flags.l3_cache_schema},
            {0, "mem-bw-schema", "SCHEMA", "share of memory bandwidth, likewise",
             &flags.mem_bw_schema},
            {0, "cpu-rt-period", "TIME", "cgroup v1", &flags.cpu_realtime_period,
             Visibility::Hidden},
            {0, "cpu-rt-runtime", "TIME", "cgroup v1", &flags.cpu_realtime_runtime,
             Visibility::Hidden},
            {0, "kernel-memory", "SIZE", "cgroup v1", &flags.kernel_memory, Visibility::Hidden},
            {0, "kernel-memory-tcp", "SIZE", "cgroup v1", &flags.kernel_memory_tcp,
             Visibility::Hidden},
        });
}

Result<UpdateOptions> meaning_of(const UpdateFlags& flags) {
    UpdateOptions options{.resources_file = flags.resources,
                          .l3_cache_schema = flags.l3_cache_schema,
                          .memory_bandwidth_schema = flags.mem_bw_schema};
    Resources& out = options.resources;
    Reader reader{flags};
    OCI_TRY(read_memory(reader, flags, out));
    OCI_TRY(read_cpu(reader, flags, out));
    OCI_TRY(reader.number(&UpdateFlags::blkio_weight, out.block_io.weight, false));
    OCI_TRY(reader.number(&UpdateFlags::pids_limit, out.pids_limit, true));
    OCI_TRY(read_unified(flags, out));
    return options;
}

Error in_words_of(const UpdateFlags& flags, Error error) {
    for (const FlagName& each : flag_names) {
        if (!(flags.*each.flag)) continue;
        const std::string pointer = std::string{all_resources} + std::string{each.pointer};
        replace_all(error.message, pointer, "--" + std::string{each.name});
        if (error.pointer == pointer) error.pointer.clear();
    }
    if (!flags.io_max.empty())
        replace_all(error.message, std::string{all_resources} + "/unified/io.max", "--io-max");
    if (flags.resources.empty())
        replace_all(error.message, std::string{all_resources} + "/unified/", "--unified ");
    replace_all(error.message, std::string{all_resources} + "/", "/");
    if (error.pointer.starts_with(all_resources)) error.pointer.erase(0, all_resources.size());
    return error;
}

}  // namespace oci::cli
