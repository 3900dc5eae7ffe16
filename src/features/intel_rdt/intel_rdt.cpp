// SPDX-License-Identifier: Apache-2.0
#include "features/intel_rdt/intel_rdt.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/mountinfo.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "features/intel_rdt/schemata.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/text_file.hpp"

namespace oci::intel_rdt {
namespace {

constexpr std::size_t largest_file = 1U << 20U;

bool exists(const std::string& path) {
    return static_cast<bool>(kernel::status_behind(kernel::here, path.c_str()));
}

kernel::SysResult<std::string> read(const std::string& path) {
    return kernel::read_text(kernel::here, path.c_str(), largest_file);
}

/// resctrl keeps the reason of the last failure beside its errno.
std::string words_of_kernel(const std::string& mount_point) {
    const auto status = read(mount_point + "/info/last_cmd_status");
    if (!status) return {};
    const std::string_view text = trim(status.value());
    return text.empty() || text == "ok" ? "" : fmt::format(" ({})", escape_for_display(text));
}

Result<void> write_schemata(const std::string& mount_point, const std::string& clos,
                            const std::string& text) {
    if (text.empty()) return {};
    const std::string path = clos + "/schemata";
    const auto written = kernel::write_text(kernel::here, path.c_str(), text + "\n");
    if (written) return {};
    const int code = written.error().code;
    const bool is_refused = code == EINVAL || code == ENODEV;
    return with(fail(is_refused ? ErrorKind::InvalidConfig : ErrorKind::System,
                     "/linux/intelRdt: cannot write \"{}\" to {}: {}{}", escape_for_display(text),
                     path, kernel::errno_text(code), words_of_kernel(mount_point)),
                {.pointer = "/linux/intelRdt", .number = code});
}

Result<void> compare(const Plan& plan, const std::string& mount_point, const std::string& clos) {
    if (plan.shares.empty() && plan.schemata.empty()) return {};
    const std::string present = OCI_TRY(
        explain(read(clos + "/schemata"), "/linux/intelRdt: cannot read {}/schemata", clos));
    const auto gran = read(mount_point + "/info/MB/bandwidth_gran");
    const unsigned step = gran ? parse_number<unsigned>(trim(gran.value())).value_or(1) : 1;
    for (const std::string& wanted : {plan.shares, plan.schemata})
        if (!agrees(present, wanted, step))
            return with(
                fail(ErrorKind::InvalidConfig,
                     "/linux/intelRdt: the class of service {} is there with other shares than "
                     "\"{}\"",
                     clos, escape_for_display(wanted)),
                {.hint = "choose another closID, or leave the shares out to take it as it is"});
    return {};
}

/// False if it is there by now.
Result<bool> make_clos(const std::string& path) {
    const auto made = kernel::make_directory(kernel::here, path.c_str(), 0755);
    if (made) return true;
    if (made.error().code == EEXIST) return false;
    if (made.error().code == ENOSPC)
        return with(
            fail(ErrorKind::Unsupported,
                 "/linux/intelRdt: cannot make {}: this machine has no class of service left",
                 path),
            {.number = ENOSPC, .hint = "remove one, or share one by closID"});
    return explain(Result<bool, kernel::SysError>{Failure{made.error()}},
                   "/linux/intelRdt: cannot make the class of service {}", path);
}

/// Whether somebody lives there. resctrl lists the dead, too, until they are reaped.
bool is_in_use(const std::string& clos) {
    const auto tasks = read(clos + "/tasks");
    if (!tasks) return false;
    return std::ranges::any_of(split(tasks.value(), '\n'), [](std::string_view line) {
        const auto pid = parse_number<pid_t>(trim(line));
        if (!pid) return false;
        const auto status = kernel::process_status(*pid);
        return status && status.value().state != 'Z' && status.value().state != 'X';
    });
}

Result<void> remove_directory(const std::string& path) {
    const auto removed = kernel::remove(kernel::here, path.c_str(), AT_REMOVEDIR);
    if (!removed && (removed.error().code == ENOENT || removed.error().code == ENODEV)) return {};
    return explain(removed, "cannot remove {}", path);
}

Result<void> write_pid(const std::string& directory, pid_t pid) {
    const std::string path = directory + "/tasks";
    return explain(kernel::write_text(kernel::here, path.c_str(), fmt::format("{}\n", pid)),
                   "/linux/intelRdt: cannot put process {} into {}", pid, path);
}

}  // namespace

std::string mount_point_in(std::string_view mountinfo) {
    for (const MountLine& mount : parse_mountinfo(mountinfo))
        // What is bound from below its root is no whole resctrl.
        if (mount.type == "resctrl" && mount.root == "/") return mount.mount_point;
    return {};
}

Result<std::string> find_mount_point(const Plan& plan) {
    constexpr std::size_t largest_table = 64U << 20U;
    if (!plan.wanted) return std::string{};
    const std::string table =
        OCI_TRY(explain(kernel::read_text(kernel::here, "/proc/self/mountinfo", largest_table),
                        "/linux/intelRdt: cannot look for resctrl"));
    std::string found = mount_point_in(table);
    if (!found.empty()) return found;
    const auto known = read("/proc/filesystems");
    if (known && known.value().find("\tresctrl\n") == std::string::npos)
        return with(fail(ErrorKind::Unsupported,
                         "/linux/intelRdt: this machine or its kernel has no resctrl"),
                    {.code = "resctrl-missing", .hint = "leave it out"});
    return with(fail(ErrorKind::Unsupported, "/linux/intelRdt: resctrl is not mounted"),
                {.code = "resctrl-missing",
                 .hint = "mount it with \"mount -t resctrl resctrl /sys/fs/resctrl\""});
}

Result<Place> expect(const Plan& plan, const std::string& mount_point) {
    Place place;
    if (!plan.wanted) return place;
    place.clos = plan.clos.empty() ? mount_point : mount_point + "/" + plan.clos;
    place.makes_clos = !exists(place.clos);
    if (place.makes_clos && plan.must_exist)
        return with(fail(ErrorKind::InvalidConfig,
                         "/linux/intelRdt/closID: there is no class of service {}", place.clos),
                    {.hint = "make it, or say what it gives by schemata"});
    if (plan.monitoring.empty()) return place;
    if (!exists(mount_point + "/mon_groups"))
        return fail(ErrorKind::Unsupported,
                    "/linux/intelRdt/enableMonitoring: this machine cannot measure: there is no "
                    "{}/mon_groups",
                    mount_point);
    place.monitoring = place.clos + "/mon_groups/" + plan.monitoring;
    if (exists(place.monitoring))
        return fail(ErrorKind::InvalidConfig,
                    "/linux/intelRdt/enableMonitoring: {} is there already, and not this "
                    "container's",
                    place.monitoring);
    return place;
}

Handle::Handle(Handle&& other) noexcept
    : place_{std::move(other.place_)}, armed_{std::exchange(other.armed_, false)} {}

Handle::~Handle() {
    if (!armed_) return;
    const auto removed = remove(place_);
    if (!removed) log::warning("{}", removed.error().message);
}

Result<Handle> prepare(const Plan& plan, const std::string& mount_point, const Place& expected) {
    Handle handle{Place{.clos = expected.clos}};
    if (expected.makes_clos) handle.place_.makes_clos = OCI_TRY(make_clos(expected.clos));
    if (handle.place_.makes_clos) {
        OCI_TRY(write_schemata(mount_point, expected.clos, plan.shares));
        OCI_TRY(write_schemata(mount_point, expected.clos, plan.schemata));
    } else {
        OCI_TRY(compare(plan, mount_point, expected.clos));
    }
    if (expected.monitoring.empty()) return handle;
    OCI_TRY(explain(kernel::make_directory(kernel::here, expected.monitoring.c_str(), 0755),
                    "/linux/intelRdt/enableMonitoring: cannot make {}", expected.monitoring));
    handle.place_.monitoring = expected.monitoring;
    return handle;
}

Result<void> add_process(const Place& place, pid_t pid) {
    if (place.clos.empty()) return {};
    OCI_TRY(write_pid(place.clos, pid));
    // A group takes only who is in its class already.
    if (place.monitoring.empty()) return {};
    return write_pid(place.monitoring, pid);
}

std::string schemata_of(std::string_view l3_cache, std::string_view memory_bandwidth) {
    return combined(l3_cache, memory_bandwidth);
}

Result<void> rewrite(const Place& place, const std::string& schemata) {
    if (place.clos.empty())
        return fail(ErrorKind::WrongStatus,
                    "/linux/intelRdt: the container was created without it: it has no class of "
                    "service that could be changed");
    if (!place.makes_clos)
        return fail(ErrorKind::WrongStatus,
                    "/linux/intelRdt: the class of service {} was not made for this container, and "
                    "others may be in it: change it there",
                    place.clos);
    return write_schemata(std::string{parent_path(place.clos)}, place.clos, schemata);
}

std::string current_schemata(const Place& place) {
    if (place.clos.empty()) return {};
    const std::string file = place.clos + "/schemata";
    auto text = kernel::read_text(kernel::here, file.c_str(), 65536);
    return text ? std::move(text).value() : "";
}

Result<void> remove(const Place& place) {
    if (!place.monitoring.empty()) OCI_TRY(remove_directory(place.monitoring));
    if (!place.makes_clos) return {};
    if (!is_in_use(place.clos)) return remove_directory(place.clos);
    log::warning("the class of service {} stays: other processes are in it", place.clos);
    return {};
}

}  // namespace oci::intel_rdt
