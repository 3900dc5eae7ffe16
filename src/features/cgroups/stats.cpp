// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/stats.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr std::size_t largest_file = 1U << 20U;

/// Empty: there is no such file.
std::string read(FdView cgroup, std::string_view file) {
    const std::string name{file};
    auto text = kernel::read_text(cgroup, name.c_str(), largest_file);
    return text ? std::move(text).value() : "";
}

/// "max" is no number: absent.
Amount read_number(FdView cgroup, std::string_view file) {
    return parse_number<std::uint64_t>(trim(read(cgroup, file)));
}

/// "key=number", as in io.stat and rdma.max; "max" is no number.
Amount amount_of(std::string_view line, std::string_view key) {
    for (const std::string_view word : split(line, ' ')) {
        const std::size_t sign = word.find('=');
        if (sign != std::string_view::npos && word.substr(0, sign) == key)
            return parse_number<std::uint64_t>(word.substr(sign + 1));
    }
    return std::nullopt;
}

std::uint64_t value_of(std::string_view line, std::string_view key) {
    return amount_of(line, key).value_or(0);
}

Amount nanoseconds(Amount microseconds) {
    if (!microseconds) return microseconds;
    return *microseconds * 1000;
}

CpuStats read_cpu(FdView cgroup) {
    const std::string text = read(cgroup, "cpu.stat");
    CpuStats cpu;
    cpu.usage = nanoseconds(number_behind(text, "usage_usec"));
    cpu.user = nanoseconds(number_behind(text, "user_usec"));
    cpu.kernel = nanoseconds(number_behind(text, "system_usec"));
    cpu.periods = number_behind(text, "nr_periods");
    cpu.throttled_periods = number_behind(text, "nr_throttled");
    cpu.throttled_time = nanoseconds(number_behind(text, "throttled_usec"));
    const std::string max = read(cgroup, "cpu.max");
    const auto words = split(trim(max), ' ');
    if (words.size() == 2) {
        cpu.quota = nanoseconds(parse_number<std::uint64_t>(words[0]));
        cpu.period = nanoseconds(parse_number<std::uint64_t>(words[1]));
    }
    cpu.cpus = trim(read(cgroup, "cpuset.cpus.effective"));
    cpu.mems = trim(read(cgroup, "cpuset.mems.effective"));
    cpu.pressure = parse_pressure(read(cgroup, "cpu.pressure"));
    return cpu;
}

MemoryStats read_memory(FdView cgroup) {
    MemoryStats memory;
    memory.usage = read_number(cgroup, "memory.current");
    memory.limit = read_number(cgroup, "memory.max");
    memory.peak = read_number(cgroup, "memory.peak");
    memory.swap_usage = read_number(cgroup, "memory.swap.current");
    memory.swap_limit = read_number(cgroup, "memory.swap.max");
    memory.swap_peak = read_number(cgroup, "memory.swap.peak");
    const std::string events = read(cgroup, "memory.events");
    memory.limit_hits = number_behind(events, "max");
    memory.oom_kills = number_behind(events, "oom_kill");
    const std::string details = read(cgroup, "memory.stat");
    for (const std::string_view line : split(details, '\n')) {
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) continue;
        const auto number = parse_number<std::uint64_t>(line.substr(space + 1));
        if (number) memory.details.emplace(line.substr(0, space), *number);
    }
    memory.pressure = parse_pressure(read(cgroup, "memory.pressure"));
    return memory;
}

PidsStats read_pids(FdView cgroup) {
    return {.current = read_number(cgroup, "pids.current"),
            .limit = read_number(cgroup, "pids.max"),
            .limit_hits = number_behind(read(cgroup, "pids.events"), "max")};
}

IoStats read_io(FdView cgroup) {
    IoStats io;
    const std::string text = read(cgroup, "io.stat");
    for (const std::string_view line : split(text, '\n')) {
        const std::string_view device = line.substr(0, line.find(' '));
        const std::size_t colon = device.find(':');
        if (colon == std::string_view::npos) continue;
        const auto major = parse_number<std::uint32_t>(device.substr(0, colon));
        const auto minor = parse_number<std::uint32_t>(device.substr(colon + 1));
        if (!major || !minor || device.size() == line.size()) continue;
        io.devices.push_back({.major = *major,
                              .minor = *minor,
                              .read_bytes = value_of(line, "rbytes"),
                              .written_bytes = value_of(line, "wbytes"),
                              .discarded_bytes = value_of(line, "dbytes"),
                              .reads = value_of(line, "rios"),
                              .writes = value_of(line, "wios"),
                              .discards = value_of(line, "dios")});
    }
    io.pressure = parse_pressure(read(cgroup, "io.pressure"));
    return io;
}

/// The page sizes are the names of the files: "hugetlb.2MB.current".
std::map<std::string, HugepageStats> read_hugepages(FdView cgroup) {
    constexpr std::string_view prefix = "hugetlb.";
    constexpr std::string_view suffix = ".current";
    std::map<std::string, HugepageStats> sizes;
    const auto names = kernel::read_directory(cgroup);
    if (!names) return sizes;
    for (const std::string_view name : names.value()) {
        if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
        if (name.ends_with(".rsvd.current")) continue;
        const std::string size{
            name.substr(prefix.size(), name.size() - prefix.size() - suffix.size())};
        const std::string stem = std::string{prefix} + size;
        sizes[size] = {.usage = read_number(cgroup, name),
                       .limit = read_number(cgroup, stem + ".max"),
                       .limit_hits = number_behind(read(cgroup, stem + ".events"), "max")};
    }
    return sizes;
}

std::map<std::string, RdmaStats> read_rdma(FdView cgroup) {
    std::map<std::string, RdmaStats> devices;
    const std::string current = read(cgroup, "rdma.current");
    for (const std::string_view line : split(current, '\n')) {
        if (line.empty()) continue;
        RdmaStats& device = devices[std::string{line.substr(0, line.find(' '))}];
        device.handles = amount_of(line, "hca_handle");
        device.objects = amount_of(line, "hca_object");
    }
    const std::string limits = read(cgroup, "rdma.max");
    for (const std::string_view line : split(limits, '\n')) {
        const auto device = devices.find(std::string{line.substr(0, line.find(' '))});
        if (device == devices.end()) continue;
        device->second.handle_limit = amount_of(line, "hca_handle");
        device->second.object_limit = amount_of(line, "hca_object");
    }
    return devices;
}

/// "avg10=1.25": always two digits behind the point.
double percent_behind(std::string_view line, std::string_view key) {
    for (const std::string_view word : split(line, ' ')) {
        if (!word.starts_with(key)) continue;
        const auto parts = split(word.substr(key.size()), '.');
        const auto whole = parse_number<unsigned>(parts[0]);
        const auto hundredths = parts.size() == 2 ? parse_number<unsigned>(parts[1]) : 0U;
        return whole.value_or(0) + hundredths.value_or(0) / 100.0;
    }
    return 0;
}

Pressure pressure_in(std::string_view line) {
    return {.average_10 = percent_behind(line, "avg10="),
            .average_60 = percent_behind(line, "avg60="),
            .average_300 = percent_behind(line, "avg300="),
            .total = value_of(line, "total")};
}

}  // namespace

Amount number_behind(std::string_view text, std::string_view word) {
    for (const std::string_view line : split(text, '\n')) {
        if (!line.starts_with(word) || line.size() <= word.size()) continue;
        if (line[word.size()] == ' ')
            return parse_number<std::uint64_t>(line.substr(word.size() + 1));
    }
    return std::nullopt;
}

std::optional<PressureStats> parse_pressure(std::string_view text) {
    if (!text.starts_with("some ")) return std::nullopt;
    PressureStats stats;
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with("some ")) stats.some = pressure_in(line);
        if (line.starts_with("full ")) stats.full = pressure_in(line);
    }
    return stats;
}

Stats read_stats(FdView cgroup) {
    return {.cpu = read_cpu(cgroup),
            .memory = read_memory(cgroup),
            .pids = read_pids(cgroup),
            .io = read_io(cgroup),
            .hugepages = read_hugepages(cgroup),
            .rdma = read_rdma(cgroup)};
}

Result<Stats> read_stats(const Location& location) {
    if (!exists(location))
        return with(fail(ErrorKind::WrongStatus,
                         "the container has no cgroup of its own: nobody counts what it uses"),
                    {.code = "cgroup-missing",
                     .hint = "only create can give it one: see --cgroup-manager"});
    const UniqueFd cgroup =
        OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", display(location)));
    return read_stats(cgroup);
}

Amount oom_kills(const Location& location) {
    if (!exists(location)) return std::nullopt;
    const auto cgroup = open_existing(location);
    if (!cgroup) return std::nullopt;
    return number_behind(read(cgroup.value(), "memory.events"), "oom_kill");
}

Amount memory_limit(const Location& location) {
    if (!exists(location)) return std::nullopt;
    const auto cgroup = open_existing(location);
    if (!cgroup) return std::nullopt;
    return read_number(cgroup.value(), "memory.max");
}

}  // namespace oci::cgroups
