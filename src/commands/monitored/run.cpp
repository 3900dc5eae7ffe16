// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/flat_json.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/phase.hpp"
#include "base/text.hpp"
#include "commands/bundle.hpp"
#include "commands/container.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"
#include "monitor/protocol.hpp"

namespace oci {
namespace {

Result<void> check(const MonitorOptions& options) {
    const CreateOptions& create = options.create;
    const bool asks_for_what_the_monitor_has =
        !create.console_socket.empty() || !create.pidfd_socket.empty();
    if (asks_for_what_the_monitor_has || create.preserve_fds != 0)
        return with(fail(ErrorKind::InvalidConfig,
                         "a monitor takes the terminal and the pidfd itself, and hands no "
                         "descriptors on"),
                    {.code = "usage",
                     .phase = "arguments",
                     .hint = "leave out --console-socket, --pidfd-socket and --preserve-fds"});
    return in_phase("monitor", explain(kernel::check_executable(options.monitor.c_str()),
                                       "cannot execute {}", options.monitor));
}

std::string_view name_of(CgroupDriver driver) {
    switch (driver) {
        case CgroupDriver::Cgroupfs: return "cgroupfs";
        case CgroupDriver::Systemd: return "systemd";
        case CgroupDriver::Disabled: return "disabled";
    }
    return "cgroupfs";
}

class Words {
public:
    void add(std::string_view word) { words_.emplace_back(word); }
    void add(std::string_view option, std::string_view value) {
        if (value.empty()) return;
        add(option);
        add(value);
    }

    std::vector<char*> argv() {
        std::vector<char*> pointers;
        for (std::string& word : words_) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        return pointers;
    }

private:
    std::vector<std::string> words_;
};

/// The monitor works elsewhere.
std::string absolute(const std::string& path) {
    std::array<char, 4096> here{};
    const bool is_known = ::getcwd(here.data(), here.size()) != nullptr;
    return join_path(is_known ? here.data() : "/", path);
}

void add_create(Words& words, const commands::Bundle& bundle, const MonitorOptions& options) {
    const CreateOptions& create = options.create;
    words.add("--bundle", bundle.path);
    if (!options.root_overlay.empty())
        words.add("--rootfs-overlay", absolute(options.root_overlay));
    if (!create.config.empty()) words.add("--config", absolute(create.config));
    words.add("--pid-file", create.pid_file);
    if (create.no_pivot) words.add("--no-pivot");
    if (create.no_new_keyring) words.add("--no-new-keyring");
}

Words command_line(const Settings& settings, const ContainerId& id, const MonitorOptions& options,
                   const commands::Bundle& bundle, int socket) {
    Words words;
    words.add(options.monitor);
    words.add("--id", id.text());
    words.add("--state", join_path(settings.root, id.text()));
    words.add("--meeting", join_path(settings.root, monitor::meeting_place));
    words.add("--log", options.log.path);
    words.add("--log-max-size", std::to_string(options.log.max_size));
    words.add("--log-max-files", std::to_string(options.log.max_files));
    words.add("--cgroup", options.cgroup);
    const bool terminal = bundle.spec.process && bundle.spec.process->terminal;
    words.add("--terminal", terminal ? "true" : "false");
    words.add("--keep-input", options.keep_input ? "true" : "false");
    words.add("--remove", options.remove ? "true" : "false");
    words.add("--starter", std::to_string(socket));
    words.add("--");
    words.add(options.runtime);
    words.add("--root", settings.root);
    words.add("--cgroup-manager", name_of(settings.cgroup_driver));
    // What it says is for us to read.
    words.add("--log-format", "json");
    words.add("--");
    add_create(words, bundle, options);
    return words;
}

/// By what runtimes say of themselves; kinds that programs ask for are spelled as codes.
ErrorKind kind_of(std::string_view code) {
    constexpr std::array kinds{
        std::pair{"invalid-config", ErrorKind::InvalidConfig},
        std::pair{"not-found", ErrorKind::NotFound},
        std::pair{"already-exists", ErrorKind::AlreadyExists},
        std::pair{"wrong-status", ErrorKind::WrongStatus},
        std::pair{"unsupported", ErrorKind::Unsupported},
    };
    for (const auto& [name, kind] : kinds)
        if (code == name) return kind;
    return ErrorKind::System;
}

/// The error that a runtime has written as a line of JSON; nullopt: the line is another.
std::optional<Error> error_in(std::string_view line) {
    FlatJson json;
    if (!json.read(line) || json.text("level") != "error" || !json.text("msg")) return std::nullopt;
    Error error{.kind = kind_of(json.text("code").value_or("")),
                .message = std::string{*json.text("msg")}};
    error.code = json.text("code").value_or("");
    error.phase = json.text("phase").value_or("");
    error.pointer = json.text("pointer").value_or("");
    error.hint = json.text("hint").value_or("");
    // The message is told with its hint.
    const std::string tail = "; " + error.hint;
    if (!error.hint.empty() && error.message.ends_with(tail))
        error.message.resize(error.message.size() - tail.size());
    if (error.code == "usage") error.kind = ErrorKind::InvalidConfig;
    error.number = static_cast<int>(json.number("errno").value_or(0));
    return error;
}

/// Warnings are passed on; the last error is what counts.
std::optional<Error> pass_on(std::string_view words) {
    std::optional<Error> last;
    for (const std::string_view line : split(words, '\n')) {
        if (trim(line).empty()) continue;
        if (auto error = error_in(line)) {
            last = std::move(error);
            continue;
        }
        FlatJson json;
        const bool is_ours = json.read(line) && json.text("level") && json.text("msg");
        log::warning("{}", is_ours ? *json.text("msg") : line);
    }
    return last;
}

Failure<Error> failure_of(const FlatJson& answer, const std::optional<Error>& told) {
    if (told) return Failure{*told};
    const std::string act{answer.text("act").value_or("")};
    const auto code = static_cast<int>(answer.number("code").value_or(0));
    const bool is_verb = act == "create" || act == "start";
    if (is_verb)
        return with(fail(ErrorKind::System, "oci-rt {} ended with status {}", act, code),
                    {.phase = "monitor"});
    return with(fail(ErrorKind::System, "the monitor cannot look after the container: {}: {}", act,
                     kernel::errno_text(code)),
                {.phase = "monitor", .number = code});
}

/// Two packets: what oci-rt has said on the way, and what became of it.
Result<void> hear(FdView socket) {
    std::array<char, monitor::largest_packet> buffer;
    const auto receive = [&]() -> std::string_view {
        const auto packet =
            kernel::receive_packet(socket, std::as_writable_bytes(std::span{buffer}));
        return {buffer.data(), packet ? packet.value().size : 0};
    };
    const std::optional<Error> told = pass_on(receive());
    FlatJson answer;
    if (!answer.read(receive()) || !answer.text("type"))
        return with(fail(ErrorKind::System, "the monitor has ended without a word"),
                    {.phase = "monitor"});
    if (answer.text("type") != "started") return failure_of(answer, told);
    // From here on the container is the caller's. Were we gone before, it would be deleted.
    return in_phase("monitor", explain(kernel::send_now(socket, "!"), "cannot thank the monitor"));
}

[[noreturn]] void become_monitor(FdView socket, char* const* argv) noexcept {
    constexpr int not_executed = 127;
    (void)kernel::set_close_on_exec(socket, false);
    (void)kernel::execute(argv[0], argv, environ);  // or 127
    ::_exit(not_executed);
}

}  // namespace

Result<State> Runtime::run_monitored(const ContainerId& id, const MonitorOptions& options) const {
    OCI_TRY(check(options));
    const commands::Bundle bundle =
        OCI_TRY(in_phase("bundle", commands::read_bundle(options.create)));
    OCI_TRY(in_phase("state", container::open_shared(settings_.root, monitor::meeting_place)));
    kernel::SocketPair pair = OCI_TRY(
        in_phase("monitor", explain(kernel::packet_socket_pair(), "cannot talk to the monitor")));
    Words words = command_line(settings_, id, options, bundle, pair.second.get());
    const std::vector<char*> argv = words.argv();
    kernel::Clone clone =
        OCI_TRY(in_phase("monitor", explain(kernel::clone({}), "cannot start the monitor")));
    if (clone.pid == 0) become_monitor(pair.second, argv.data());
    kernel::Process process{clone.pid, std::move(clone.pidfd)};
    pair.second.reset();
    OCI_TRY(hear(pair.first));
    (void)process.release();  // it lives on, as long as the container
    return state(id);
}

}  // namespace oci
