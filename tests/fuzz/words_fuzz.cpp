// SPDX-License-Identifier: Apache-2.0
//
// The small parsers: of command lines, of annotations, and of what procfs and others tell. The
// first byte says which; whatever the rest is, the result keeps what its declaration promises.
#include <linux/mount.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/index_list.hpp"
#include "base/membership.hpp"
#include "base/mountinfo.hpp"
#include "base/passwd_text.hpp"
#include "base/path.hpp"
#include "base/subordinate_ids.hpp"
#include "base/text.hpp"
#include "cli/amounts.hpp"
#include "cli/moment.hpp"
#include "cli/signal_names.hpp"
#include "features/cgroups/location.hpp"
#include "features/cgroups/systemd/message.hpp"
#include "features/cgroups/systemd/unit_name.hpp"
#include "features/cgroups/systemd/value_text.hpp"
#include "features/cgroups/systemd/wire.hpp"
#include "features/intel_rdt/schemata.hpp"
#include "features/rootfs/mount_options.hpp"
#include "fuzz/bytes.hpp"
#include "host/processes.hpp"
#include "oci-rt/state.hpp"

namespace {

using namespace oci;
using fuzz::demand;

bool climbs(std::string_view path) {
    return std::ranges::any_of(split(path, '/'),
                               [](std::string_view step) { return step == ".."; });
}

void container_id(std::string_view text) {
    const auto id = ContainerId::parse(text);
    if (!id) return;
    demand(!text.empty() && text.size() <= 128 && text != "." && text != "..", "an id is a name");
    demand(text.find('/') == text.npos && text.find('\0') == text.npos, "an id is one name");
}

void paths(std::string_view text) {
    const std::string clean = clean_path(text);
    demand(clean_path(clean) == clean, "a clean path stays as it is");
    demand(clean.find("//") == clean.npos, "a clean path has no empty steps");
    (void)join_path("/root", text);
    (void)file_name(text);
    (void)parent_path(text);
}

void cgroups_path(std::string_view text) {
    if (const auto path = cgroups::parse_cgroups_path(text))
        demand(path.value().starts_with('/') && path.value().size() > 1 && !climbs(path.value()),
               "a cgroup is below the root");
    if (const auto path = cgroups::parse_sub_cgroup(text))
        demand(!path.value().starts_with('/') && !climbs(path.value()),
               "a cgroup is below the container's");
}

void unit_path(std::string_view text) {
    const auto unit = cgroups::systemd::parse_unit_path(text, "system.slice");
    if (!unit) return;
    demand(unit.value().unit.find('/') == std::string::npos, "a unit is one name");
    demand(!climbs(cgroups::systemd::cgroup_of(unit.value())), "its cgroup is below the root");
}

/// A value in text is one that the bus can carry, and comes back as it was.
void annotation(std::string_view text) {
    const auto value = cgroups::systemd::parse_value(text);
    if (!value) return;
    cgroups::systemd::wire::Writer writer;
    writer.put(value.value());
    const std::string bytes = std::move(writer).bytes();
    cgroups::systemd::wire::Reader reader{bytes, true};
    const auto again = reader.take(value.value().type);
    demand(again && again.value() == value.value() && reader.is_at_end(),
           "a value is read as it was written");
}

void message(std::string_view text) {
    (void)cgroups::systemd::message_length(text);
    const auto message = cgroups::systemd::unmarshal(text);
    if (message) (void)message.value().text();
}

void mount_options(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : split(text, ',')) words.emplace_back(word);
    const auto options = mounts::parse_options(words, "/mounts/0");
    if (!options) return;
    demand((options.value().set & options.value().clear & ~std::uint64_t{MOUNT_ATTR__ATIME}) == 0,
           "no attribute is both set and cleared");
}

void index_list(std::string_view text) {
    const auto ranges = parse_index_list(text);
    if (!ranges) return;
    for (const IndexRange& range : *ranges)
        demand(range.first <= range.last && range.last <= largest_index, "a range has its bounds");
    demand(count_indexes(*ranges) <= largest_index + 1, "no more than there are");
    (void)mask_of(*ranges);
}

void amounts(std::string_view text) {
    if (const auto size = cli::parse_size(text)) {
        demand(*size >= 0, "a size has no sign");
        (void)cli::size_text(static_cast<std::uint64_t>(*size));
    }
    if (const auto duration = cli::parse_duration(text))
        demand(duration->count() >= 0, "a duration has no sign");
    if (const auto signal = cli::parse_signal(text))
        demand(*signal >= 0 && *signal <= 64, "a signal is one of the kernel's");
    (void)cli::parse_moment(text);
}

void process_files(std::string_view text) {
    ProcessInfo info;
    host::read_status(text, info);
    host::read_cpu_time(text, info);
    (void)host::read_command(text);
    (void)host::id_inside(text, 1000);
    (void)cgroup_in(text);
    (void)legacy_controllers_in(text);
    for (const MountLine& line : parse_mountinfo(text))
        demand(line.type.size() <= text.size(), "a type is a part of its line");
}

void users(std::string_view text) {
    (void)user_name_in(text, 1000);
    for (const IdRange& range : id_ranges_of(text, "user", 1000))
        demand(range.count > 0 && range.first <= ~0U - (range.count - 1), "a range has its bounds");
    (void)first_free_id(text, text);
}

void schemata(std::string_view text) {
    const std::size_t half = text.size() / 2;
    const std::string both = intel_rdt::combined(text.substr(0, half), text.substr(half));
    (void)intel_rdt::agrees(both, text, 10);
}

/// No byte of it moves a terminal's cursor, or begins a line.
void display(std::string_view text) {
    for (const std::string& shown : {escape_for_display(text), display_text(text, 64)})
        demand(std::ranges::none_of(shown,
                                    [](unsigned char byte) { return byte < ' ' || byte == 0x7F; }),
               "what is shown has no control characters");
    demand(!is_utf8(text) || is_utf8(json_quoted(text)), "JSON of UTF-8 is UTF-8");
}

constexpr std::array parsers{
    container_id, paths,   cgroups_path,  unit_path, annotation, message, mount_options,
    index_list,   amounts, process_files, users,     schemata,   display,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes{data, size};
    const auto parser = bytes.one_of(parsers);
    parser(bytes.rest());
    return 0;
}
