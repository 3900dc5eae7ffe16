// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/old_values.hpp"

#include <fcntl.h>

#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr std::size_t largest_file = 1U << 20U;

/// Files with a line for each device, and what takes away a line that was not there.
struct KeyedFile {
    std::string_view file;
    std::string_view absent;
};
constexpr std::array keyed_files{
    KeyedFile{"io.max", "rbps=max wbps=max riops=max wiops=max"},
    KeyedFile{"io.weight", "default"},
    KeyedFile{"io.bfq.weight", "default"},
    KeyedFile{"io.latency", "target=0"},
    KeyedFile{"rdma.max", ""},
    KeyedFile{"misc.max", ""},
    KeyedFile{"dmem.max", ""},
    KeyedFile{"dmem.low", ""},
    KeyedFile{"dmem.min", ""},
};

std::string_view key_of(std::string_view line) { return line.substr(0, line.find(' ')); }

std::optional<std::string> restoring_line(const KeyedFile& keyed, std::string_view written,
                                          std::string_view before) {
    const bool has_key = written.find(' ') != std::string_view::npos;
    const std::string_view key = has_key ? key_of(written) : std::string_view{"default"};
    for (const std::string_view line : split(before, '\n'))
        if (key_of(line) == key) return std::string{line};
    if (keyed.absent.empty() || key == "default") return std::nullopt;
    return std::string{key} + " " + std::string{keyed.absent};
}

kernel::SysResult<void> write_back(FdView cgroup, const std::string& file,
                                   const std::string& value) {
    const UniqueFd opened = OCI_TRY(kernel::open_beneath(cgroup, file.c_str(), O_WRONLY));
    OCI_TRY(kernel::write_some(opened, value));
    return {};
}

}  // namespace

std::optional<std::string> restoring_value(std::string_view file, std::string_view written,
                                           std::string_view before) {
    for (const KeyedFile& keyed : keyed_files)
        if (keyed.file == file) return restoring_line(keyed, trim(written), before);
    // An empty list of processors is written as an empty line: no bytes are no write.
    return before.empty() ? "\n" : std::string{before};
}

void OldValues::remember_file(std::string_view file, std::string_view written, FdView cgroup) {
    const std::string name{file};
    const auto before = kernel::read_text(cgroup, name.c_str(), largest_file);
    if (!before) return;
    auto value = restoring_value(file, written, before.value());
    if (value) values_.push_back({name, std::move(*value)});
}

void OldValues::remember(const Write& write, FdView cgroup) {
    // A cgroup that stops being idle has the default weight, whatever it was before.
    if (write.file == "cpu.idle") remember_file("cpu.weight", "", cgroup);
    remember_file(write.file, write.value, cgroup);
    if (!write.other_file.empty()) remember_file(write.other_file, write.other_value, cgroup);
}

void OldValues::restore(FdView cgroup, std::string_view place) const {
    // Two rounds: one value may bound another, as the quota of cpu.max and its burst.
    std::vector<const Old*> refused;
    for (auto old = values_.rbegin(); old != values_.rend(); ++old)
        if (!write_back(cgroup, old->file, old->value)) refused.push_back(&*old);
    for (const Old* old : refused) {
        const auto written = write_back(cgroup, old->file, old->value);
        // The weight of an idle cgroup shows as 0, and cannot be written.
        if (written || (old->file == "cpu.weight" && trim(old->value) == "0")) continue;
        log::warning("cannot bring back \"{}\" in {}/{}: {}", escape_for_display(trim(old->value)),
                     place, old->file, kernel::errno_text(written.error().code));
    }
}

}  // namespace oci::cgroups
