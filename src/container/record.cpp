// SPDX-License-Identifier: Apache-2.0
#include "container/record.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::container {
namespace {

using nlohmann::json;

constexpr std::size_t largest_record = 1U << 20U;
constexpr std::size_t largest_config = 4U << 20U;
constexpr int format_version = 1;

constexpr std::array driver_names{
    Named<CgroupDriver>{"cgroupfs", CgroupDriver::Cgroupfs},
    Named<CgroupDriver>{"systemd", CgroupDriver::Systemd},
    Named<CgroupDriver>{"disabled", CgroupDriver::Disabled},
};

json to_json(const std::vector<Hook>& hooks) {
    json list = json::array();
    for (const Hook& hook : hooks) {
        json entry{{"path", hook.path}, {"args", hook.args}, {"env", hook.env}};
        if (hook.timeout) entry["timeout"] = hook.timeout->count();
        list.push_back(std::move(entry));
    }
    return list;
}

/// A whole number that its place can hold, where the library would make one of any; throws
/// json::exception for others.
template <typename Number>
void get_number(const json& document, const char* name, Number& number) {
    const json& value = document.at(name);
    const bool fits =
        value.is_number_unsigned() && std::in_range<Number>(value.get<std::uint64_t>());
    if (!fits) (void)value.get_ref<const std::string&>();  // which it is not
    value.get_to(number);
}

std::vector<Hook> hooks_from(const json& list) {
    std::vector<Hook> hooks;
    for (const json& entry : list) {
        Hook hook;
        entry.at("path").get_to(hook.path);
        entry.at("args").get_to(hook.args);
        entry.at("env").get_to(hook.env);
        std::int64_t seconds = 0;
        if (entry.contains("timeout")) {
            get_number(entry, "timeout", seconds);
            hook.timeout = std::chrono::seconds{seconds};
        }
        hooks.push_back(std::move(hook));
    }
    return hooks;
}

json to_json(const RdtPlace& place) {
    return {
        {"clos", place.clos}, {"makesClos", place.makes_clos}, {"monitoring", place.monitoring}};
}

RdtPlace rdt_from(const json& place) {
    return {place.at("clos").get<std::string>(), place.at("makesClos").get<bool>(),
            place.at("monitoring").get<std::string>()};
}

json to_json(const Record& record) {
    json document{
        {"version", format_version},
        {"ociVersion", record.oci_version},
        {"id", record.id},
        {"bundle", record.bundle},
        {"rootfs", record.rootfs},
        {"created", record.created},
        {"owner", record.owner},
        {"pid", record.init.pid},
        {"startTime", record.init.start_time},
        {"bootId", record.init.boot_id},
        {"cgroupDriver", name_of_value(driver_names, record.cgroup_driver)},
        {"cgroupMountPoint", record.cgroup.mount_point},
        {"cgroupPath", record.cgroup.path},
        {"cgroupMadeAncestors", record.cgroup.made_ancestors},
        {"ownPidNamespace", record.own_pid_namespace},
    };
    if (!record.cgroup.unit.empty()) {
        document["cgroupUnit"] = record.cgroup.unit;
        document["cgroupUnitOfUser"] = record.cgroup.unit_of_user;
    }
    if (!record.rdt.clos.empty()) document["rdt"] = to_json(record.rdt);
    if (!record.notify_socket.empty()) document["notifySocket"] = record.notify_socket;
    if (!record.agent.empty())
        document["seccompAgent"] = {{"path", record.agent}, {"metadata", record.agent_metadata}};
    if (!record.annotations.empty()) document["annotations"] = record.annotations;
    if (!record.poststart.empty()) document["poststart"] = to_json(record.poststart);
    if (!record.poststop.empty()) document["poststop"] = to_json(record.poststop);
    return document;
}

/// Throws json::exception for whatever is missing or of the wrong type.
Record record_from(const json& document) {
    Record record;
    document.at("ociVersion").get_to(record.oci_version);
    document.at("id").get_to(record.id);
    document.at("bundle").get_to(record.bundle);
    document.at("rootfs").get_to(record.rootfs);
    document.at("created").get_to(record.created);
    get_number(document, "owner", record.owner);
    get_number(document, "pid", record.init.pid);
    get_number(document, "startTime", record.init.start_time);
    document.at("bootId").get_to(record.init.boot_id);
    document.at("cgroupMountPoint").get_to(record.cgroup.mount_point);
    document.at("cgroupPath").get_to(record.cgroup.path);
    get_number(document, "cgroupMadeAncestors", record.cgroup.made_ancestors);
    document.at("ownPidNamespace").get_to(record.own_pid_namespace);
    const auto driver = document.at("cgroupDriver").get<std::string>();
    record.cgroup_driver = value_named(driver_names, driver).value_or(CgroupDriver::Cgroupfs);
    if (document.contains("cgroupUnit")) {
        document.at("cgroupUnit").get_to(record.cgroup.unit);
        document.at("cgroupUnitOfUser").get_to(record.cgroup.unit_of_user);
    }
    if (document.contains("rdt")) record.rdt = rdt_from(document.at("rdt"));
    if (document.contains("notifySocket")) document.at("notifySocket").get_to(record.notify_socket);
    if (document.contains("seccompAgent")) {
        document.at("seccompAgent").at("path").get_to(record.agent);
        document.at("seccompAgent").at("metadata").get_to(record.agent_metadata);
    }
    if (document.contains("annotations")) document.at("annotations").get_to(record.annotations);
    if (document.contains("poststart")) record.poststart = hooks_from(document.at("poststart"));
    if (document.contains("poststop")) record.poststop = hooks_from(document.at("poststop"));
    return record;
}

Failure<Error> damaged(const char* name) {
    return with(fail(ErrorKind::System, "the state file {} is damaged", name),
                {.code = "state-damaged", .hint = "`delete --force` cleans up"});
}

/// JSON as deep as a record can be; a damaged file must not exhaust the stack.
json parse_shallow(const std::string& text) {
    constexpr int deepest = 8;
    const auto keep = [](int depth, json::parse_event_t, json&) { return depth <= deepest; };
    const bool too_deep = std::ranges::count(text, '[') > 4096;
    return too_deep ? json(json::value_t::discarded)
                    : json::parse(text, keep, /*allow_exceptions=*/false);
}

}  // namespace

Result<void> write_record(FdView directory, const Record& record) {
    const std::string text =
        to_json(record).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    return explain(kernel::replace_text(directory, "state.json", text, 0600),
                   "cannot write the state file of container {}", record.id);
}

Result<Record> read_record(FdView directory) {
    const auto text = kernel::read_text(directory, "state.json", largest_record);
    if (!text && text.error().code == ENOENT)
        return fail(ErrorKind::NotFound, "the container has no state file yet");
    if (!text && text.error().code == EFBIG) return damaged("state.json");
    if (!text)
        return explain(Result<Record, kernel::SysError>{Failure{text.error()}},
                       "cannot read the state file state.json");
    const json document = parse_shallow(text.value());
    if (!document.is_object()) return damaged("state.json");
    try {
        return record_from(document);
    } catch (const json::exception&) {
        return damaged("state.json");
    }
}

Result<void> write_oom_kills(FdView directory, std::uint64_t count) {
    return explain(kernel::replace_text(directory, "oom-kills", std::to_string(count), 0600),
                   "cannot note what the OOM killer did");
}

std::uint64_t read_oom_kills(FdView directory) {
    const auto text = kernel::read_text(directory, "oom-kills", 32);
    return text ? parse_number<std::uint64_t>(text.value()).value_or(0) : 0;
}

Result<void> write_recovery(FdView directory, const Recovery& recovery) {
    const std::string text = fmt::format(
        "{}\n{}\n{}\n{} {} {}\n{}\n{:d}\n{}\n{}\n{:d}\n{}\n", recovery.cgroup.mount_point,
        recovery.cgroup.path, recovery.cgroup.made_ancestors, recovery.init.pid,
        recovery.init.start_time, recovery.init.boot_id, recovery.rdt.clos, recovery.rdt.makes_clos,
        recovery.rdt.monitoring, recovery.cgroup.unit, recovery.cgroup.unit_of_user,
        recovery.bundle);
    return explain(kernel::replace_text(directory, "recovery", text, 0600),
                   "cannot write the recovery file");
}

Result<Recovery> read_recovery(FdView directory) {
    auto read = kernel::read_text(directory, "recovery", largest_record);
    if (!read && read.error().code == ENOENT)
        return fail(ErrorKind::NotFound, "the container has no recovery file yet");
    const std::string text = OCI_TRY(explain(std::move(read), "cannot read the recovery file"));
    const auto lines = split(text, '\n');
    // The last is a path, which may have any number of them.
    if (lines.size() < 11 || !text.ends_with('\n')) return damaged("recovery");
    const auto process = split(lines[3], ' ');
    const auto ancestors = parse_number<int>(lines[2]);
    if (process.size() != 3 || !ancestors) return damaged("recovery");
    const auto pid = parse_number<pid_t>(process[0]);
    const auto start_time = parse_number<std::uint64_t>(process[1]);
    if (!pid || !start_time) return damaged("recovery");
    Recovery recovery;
    recovery.cgroup = {std::string{lines[0]}, std::string{lines[1]}, *ancestors,
                       std::string{lines[7]}, lines[8] == "1"};
    recovery.init = {*pid, *start_time, std::string{process[2]}};
    recovery.rdt = {std::string{lines[4]}, lines[5] == "1", std::string{lines[6]}};
    recovery.bundle.assign(lines[9].data(), text.data() + text.size() - 1);
    return recovery;
}

Result<void> write_config(FdView directory, std::string_view text) {
    return explain(kernel::replace_text(directory, "config.json", text, 0600),
                   "cannot write the container's copy of config.json");
}

Result<std::string> read_config(FdView directory) {
    return explain(kernel::read_text(directory, "config.json", largest_config),
                   "cannot read the container's copy of config.json");
}

}  // namespace oci::container
