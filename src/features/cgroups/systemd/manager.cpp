// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/manager.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace oci::cgroups::systemd {
namespace {

constexpr const char* bus_name = "org.freedesktop.DBus";
constexpr const char* name = "org.freedesktop.systemd1";
constexpr const char* path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr const char* no_such_unit = "org.freedesktop.systemd1.NoSuchUnit";
constexpr const char* unit_exists = "org.freedesktop.systemd1.UnitExists";
constexpr const char* no_such_service = "org.freedesktop.DBus.Error.ServiceUnknown";
constexpr const char* job_signals =
    "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
    "interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";

Message call_of(const char* destination, std::string at, const char* interface, const char* member,
                std::vector<Value> arguments) {
    Message call;
    call.destination = destination;
    call.path = std::move(at);
    call.interface = interface;
    call.member = member;
    call.body = std::move(arguments);
    return call;
}

Message call_to_bus(const char* member, std::vector<Value> arguments) {
    return call_of(bus_name, "/org/freedesktop/DBus", bus_name, member, std::move(arguments));
}

Message call_to_manager(const char* member, std::vector<Value> arguments) {
    return call_of(name, path, manager_interface, member, std::move(arguments));
}

Message get(std::string at, const char* interface, const char* property) {
    return call_of(name, std::move(at), properties_interface, "Get",
                   {string(interface), string(property)});
}

struct Refusal {
    std::string_view error;
    Details details;
};

Details details_of(std::string_view error) {
    const std::array refusals{
        Refusal{"org.freedesktop.DBus.Error.AccessDenied",
                {.code = "systemd-denied", .hint = "see the policy of the bus, and polkit(8)"}},
        Refusal{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
                {.code = "systemd-denied", .hint = "see the rules of polkit(8)"}},
        Refusal{unit_exists,
                {.code = "unit-exists",
                 .pointer = "/linux/cgroupsPath",
                 .hint = "choose another cgroupsPath"}},
        Refusal{no_such_service, {.code = "systemd-unreachable"}},
    };
    for (const Refusal& refusal : refusals)
        if (refusal.error == error) return refusal.details;
    return {.code = "systemd-failed"};
}

Failure<Error> refused(const Message& answer, std::string_view what) {
    return with(fail(ErrorKind::System, "systemd: cannot {}: {}: {}", what,
                     escape_for_display(answer.error), escape_for_display(answer.text())),
                details_of(answer.error));
}

/// No answer, or none that can be understood.
template <typename T>
Result<T> heard(Result<T> result, std::string_view what) {
    return with(explain(std::move(result), "systemd: cannot {}", what), {.code = "systemd-failed"});
}

bool is_error(const Message& message) noexcept { return message.type == MessageType::Error; }

/// The text of a property; empty if it is none, or an error.
std::string property_text(const Message& answer) {
    if (is_error(answer) || answer.body.empty() || answer.body[0].type != "v") return {};
    return answer.body[0].items[0].text;
}

std::string_view variable(const char* of) {
    const char* value = ::secure_getenv(of);
    return value == nullptr ? std::string_view{} : value;
}

std::vector<Address> addresses_of(Whose whose) {
    if (whose == Whose::System) return addresses_of_system();
    return addresses_of_user(variable("DBUS_SESSION_BUS_ADDRESS"), variable("XDG_RUNTIME_DIR"));
}

std::string_view noun(Whose whose) {
    return whose == Whose::System ? "systemd" : "the user's systemd";
}

bool is_of_name(char byte) { return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'); }

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_of_name(text[at - 1]);
        if (begins && (end == text.size() || !is_of_name(text[end]))) return true;
    }
    return false;
}

}  // namespace

unsigned version_in(std::string_view text) noexcept {
    if (text.starts_with('v')) text.remove_prefix(1);
    const std::size_t digits = text.find_first_not_of("0123456789");
    return parse_number<unsigned>(text.substr(0, digits)).value_or(0);
}

Result<Manager> Manager::reach(Whose whose) {
    std::string reasons;
    bool is_there = false;
    for (const Address& address : addresses_of(whose)) {
        auto connected = Connection::open(address.socket);
        if (connected) {
            Manager manager{std::move(connected).value(), whose};
            auto introduced = manager.introduce(address.peer);
            if (introduced) return manager;
            is_there = is_there || introduced.error().code != "systemd-unreachable";
            connected = Failure{std::move(introduced).error()};
        }
        reasons += (reasons.empty() ? "" : "; ") + connected.error().message;
    }
    if (reasons.empty()) reasons = "neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS is set";
    constexpr Code failed{"systemd-failed"};
    constexpr Code unreachable{"systemd-unreachable"};
    return with(fail(ErrorKind::Unsupported, "the systemd cgroup driver cannot reach {}: {}",
                     noun(whose), reasons),
                {.code = is_there ? failed : unreachable,
                 .hint = "--cgroup-manager cgroupfs does without"});
}

/// Everything is said before anything is heard: one way to the bus and back.
Result<void> Manager::introduce(Peer peer) {
    const Deadline deadline = deadline_from_now();
    std::vector<Message> on_bus;
    if (peer == Peer::Bus) {
        on_bus.push_back(call_to_bus("Hello", {}));
        on_bus.push_back(call_to_bus("AddMatch", {string(job_signals)}));
    }
    std::vector<std::uint32_t> must_succeed;
    for (Message& message : on_bus) {
        const std::uint32_t serial = OCI_TRY(connection_.send(std::move(message)));
        must_succeed.push_back(serial);
    }
    const std::uint32_t subscription = OCI_TRY(connection_.send(call_to_manager("Subscribe", {})));
    const std::uint32_t version =
        OCI_TRY(connection_.send(get(path, manager_interface, "Version")));
    const std::uint32_t group =
        OCI_TRY(connection_.send(get(path, manager_interface, "ControlGroup")));
    for (const std::uint32_t serial : must_succeed) {
        const Message answer = OCI_TRY(connection_.answer_to(serial, deadline));
        if (is_error(answer)) return refused(answer, "use the bus");
    }
    OCI_TRY(connection_.answer_to(subscription, deadline));  // twice is an error that harms nobody
    const Message told = OCI_TRY(connection_.answer_to(version, deadline));
    if (is_error(told)) return refused(told, "ask for its version");
    name_on_bus_ = told.sender;
    version_ = version_in(property_text(told));
    const Message place = OCI_TRY(connection_.answer_to(group, deadline));
    if (is_error(place)) return refused(place, "ask for its cgroup");
    control_group_ = property_text(place);
    if (control_group_ == "/") control_group_.clear();
    return {};
}

Result<Message> Manager::call(const char* member, std::vector<Value> arguments) {
    const std::uint32_t serial =
        OCI_TRY(connection_.send(call_to_manager(member, std::move(arguments))));
    return heard(connection_.answer_to(serial, deadline_from_now()),
                 fmt::format("hear {}", member));
}

Result<bool> Manager::is_active(const std::string& unit) {
    const Message found = OCI_TRY(call("GetUnit", {string(unit)}));
    if (is_error(found) && found.error == no_such_unit) return false;
    if (is_error(found) || found.body.empty())
        return refused(found, fmt::format("look for {}", unit));
    const std::uint32_t serial = OCI_TRY(
        connection_.send(get(found.body[0].text, "org.freedesktop.systemd1.Unit", "ActiveState")));
    const Message told = OCI_TRY(connection_.answer_to(serial, deadline_from_now()));
    const std::string state = property_text(told);
    return state != "inactive" && state != "failed" && !is_error(told);
}

/// "Cannot set property Foo, or unknown property.", "Value specified in TasksMax is out of range"
Failure<Error> Manager::without_property(Failure<Error> failure,
                                         const Properties& properties) const {
    Error& error = failure.error;
    if (error.code != "systemd-failed") return failure;
    const std::string* refused = nullptr;
    for (const Property& property : properties)
        if (has_word(error.message, property.name)) refused = &property.name;
    if (refused == nullptr) return failure;
    error.code = "unit-property-refused";
    error.hint = fmt::format(
        "systemd {} does not take {} so: see systemd.resource-control(5), or leave it out",
        version_, *refused);
    return failure;
}

Result<Message> Manager::try_start(const std::string& unit, const Properties& properties) {
    return call("StartTransientUnit",
                {string(unit), string("replace"), arguments_of(properties), array("(sa(sv))", {})});
}

Result<void> Manager::start(const std::string& unit, const Properties& properties) {
    Message answer = OCI_TRY(try_start(unit, properties));
    if (is_error(answer) && answer.error == unit_exists) {
        forget_failure(unit);
        answer = OCI_TRY(try_start(unit, properties));
    }
    if (is_error(answer) || answer.body.empty())
        return without_property(refused(answer, fmt::format("start {}", unit)), properties);
    const auto result = wait_for(answer.body[0].text, unit);
    if (result && result.value() == "done") return {};
    // It may yet come to life, with nobody to end it.
    (void)call("StopUnit", {string(unit), string("replace")});
    forget_failure(unit);
    if (!result) return Failure{result.error()};
    return with(fail(ErrorKind::System, "systemd: cannot start {}: its job ended as \"{}\"", unit,
                     escape_for_display(result.value())),
                {.code = "systemd-failed",
                 .hint = fmt::format("see \"journalctl {}--unit {}\"",
                                     whose_ == Whose::User ? "--user " : "", unit)});
}

Result<void> Manager::stop(const std::string& unit) {
    const Message answer = OCI_TRY(call("StopUnit", {string(unit), string("replace")}));
    if (is_error(answer) && answer.error != no_such_unit)
        return refused(answer, fmt::format("stop {}", unit));
    if (!is_error(answer) && !answer.body.empty()) {
        const std::string result = OCI_TRY(wait_for(answer.body[0].text, unit));
        if (result != "done") log::debug("systemd: stopping {} ended as \"{}\"", unit, result);
    }
    forget_failure(unit);
    return {};
}

/// A unit that has failed is remembered, and its name taken, until it is reset.
void Manager::forget_failure(const std::string& unit) {
    (void)call("ResetFailedUnit", {string(unit)});  // most often there is nothing to reset
}

Result<void> Manager::attach(const std::string& unit, const std::string& sub, pid_t process) {
    Value processes = array("u", {});
    processes.items.push_back(uint32(static_cast<std::uint32_t>(process)));
    const Message answer =
        OCI_TRY(call("AttachProcessesToUnit", {string(unit), string(sub), std::move(processes)}));
    if (is_error(answer))
        return refused(answer, fmt::format("take process {} into {}", process, unit));
    return {};
}

Result<void> Manager::change(const std::string& unit, const Properties& properties) {
    const std::uint32_t serial = OCI_TRY(connection_.send(call_to_manager(
        "SetUnitProperties", {string(unit), boolean(true), arguments_of(properties)})));
    // It writes to cgroups before it turns to the next message.
    const std::uint32_t next = OCI_TRY(connection_.send(get(path, manager_interface, "Version")));
    const Deadline deadline = deadline_from_now();
    const Message answer =
        OCI_TRY(heard(connection_.answer_to(serial, deadline), "hear SetUnitProperties"));
    if (is_error(answer))
        return without_property(refused(answer, fmt::format("change {}", unit)), properties);
    OCI_TRY(heard(connection_.answer_to(next, deadline), fmt::format("wait for {}", unit)));
    return {};
}

Result<std::string> Manager::wait_for(const std::string& job, const std::string& unit) {
    const Deadline deadline = deadline_from_now();
    for (;;) {
        for (const Message& signal : connection_.take_signals()) {
            // JobRemoved(id, job, unit, result)
            const auto& body = signal.body;
            if (signal.member != "JobRemoved" || signal.sender != name_on_bus_) continue;
            if (body.size() == 4 && body[1].text == job) return body[3].text;
        }
        OCI_TRY(heard(connection_.wait(deadline), fmt::format("wait for {}", unit)));
    }
}

}  // namespace oci::cgroups::systemd
