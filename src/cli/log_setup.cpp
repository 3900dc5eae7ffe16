// SPDX-License-Identifier: Apache-2.0
#include "cli/log_setup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/advice.hpp"
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/phase.hpp"
#include "kernel/files.hpp"
#include "kernel/socket.hpp"

namespace oci::cli {
namespace {

constexpr std::array levels{
    Named<log::Level>{"debug", log::Level::Debug},
    Named<log::Level>{"info", log::Level::Info},
    Named<log::Level>{"warning", log::Level::Warning},
    Named<log::Level>{"error", log::Level::Error},
};

/// Into a file errors only: podman reads it as a single JSON object, which a
/// warning before the error would spoil.
log::Level least_level(const Globals& globals) {
    if (globals.debug) return log::Level::Debug;
    if (const auto named = value_named(levels, globals.log_level)) return *named;
    return globals.log.empty() ? log::Level::Warning : log::Level::Error;
}

bool may_hold_a_log(const struct stat& file) {
    const bool is_null = S_ISCHR(file.st_mode) && file.st_rdev == ::makedev(1, 3);
    return S_ISREG(file.st_mode) || S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode) || is_null;
}

/// Above the numbers that callers hand over (--preserve-fds), whose holes are no places for ours.
UniqueFd out_of_the_way(UniqueFd file) {
    constexpr int lowest = 512;
    auto moved = kernel::duplicate(file, lowest);
    return moved ? std::move(moved).value() : std::move(file);  // EINVAL: a low limit, keep it
}

Result<UniqueFd> open_log_file(std::string_view name) {
    if (name.starts_with("file:")) name.remove_prefix(5);
    const std::string path{name};
    // Neither a symlink planted in a shared directory nor a FIFO without a
    // reader shall redirect or hold up the runtime.
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    UniqueFd file = OCI_TRY(with(explain(kernel::open_at(kernel::here, path.c_str(), flags, 0644),
                                         "cannot open the log {}", path),
                                 {.code = "log-unusable", .phase = "log", .hint = "see --log"}));
    const struct stat status =
        OCI_TRY(in_phase("log", explain(kernel::status_of(file), "cannot use the log {}", path)));
    if (!may_hold_a_log(status))
        return with(fail(ErrorKind::InvalidConfig,
                         "cannot use the log {}: not a file, a pipe or a socket", path),
                    {.code = "log-unusable", .phase = "log", .hint = "see --log"});
    return out_of_the_way(std::move(file));
}

/// A daemon that takes lines as datagrams, and the word before the identifier.
struct Daemon {
    std::string_view word;
    std::string_view socket;
    log::Format format;
};
constexpr std::array daemons{
    Daemon{"journald:", "/run/systemd/journal/socket", log::Format::Journal},
    Daemon{"syslog:", "/dev/log", log::Format::Syslog},
};

bool is_identifier(std::string_view text) {
    constexpr std::size_t longest = 255;
    const auto is_plain = [](char c) { return c > ' ' && c != '\x7f'; };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, is_plain);
}

Result<void> reach(const Daemon& daemon, std::string_view name, log::Sink& sink) {
    const std::string_view identifier = name.substr(daemon.word.size());
    if (!is_identifier(identifier))
        return with(fail(ErrorKind::InvalidConfig, "--log {}: no name to log by", name),
                    {.code = "log-unusable", .phase = "log", .hint = "see --log"});
    constexpr int patience = 1;  // a daemon that hangs costs its lines, and no container
    UniqueFd socket = OCI_TRY(
        with(explain(kernel::connect_to(daemon.socket, kernel::SocketKind::Datagram, patience),
                     "--log {}: cannot connect to {}", name, daemon.socket),
             {.code = "log-unusable", .phase = "log", .hint = "see --log"}));
    sink.file = out_of_the_way(std::move(socket));
    sink.format = daemon.format;
    sink.identifier = identifier;
    return {};
}

Result<void> open_destination(const std::string& name, log::Sink& sink) {
    for (const Daemon& daemon : daemons)
        if (name.starts_with(daemon.word)) return reach(daemon, name, sink);
    sink.file = OCI_TRY(open_log_file(name));
    return {};
}

void write_to_stderr(const std::string& text) {
    // One write: conmon reads standard error once, and 8191 bytes at most. Nobody is left to
    // tell of its failure.
    (void)kernel::write_some(FdView{STDERR_FILENO}, text);
}

}  // namespace

Result<log::Sink> open_log(const Globals& globals) {
    log::Sink sink;
    sink.format = globals.log_format == "json" ? log::Format::Json : log::Format::Text;
    sink.least = least_level(globals);
    sink.to_stderr = globals.log.empty();
    if (!globals.log.empty()) OCI_TRY(open_destination(globals.log, sink));
    return sink;
}

void report_failure(const Globals& globals, const Error& error) {
    const bool is_json_on_stderr = globals.log.empty() && globals.log_format == "json";
    if (is_json_on_stderr || !globals.log.empty()) log::write(error);
    if (!is_json_on_stderr) write_to_stderr(fmt::format("oci-rt: {}\n", text_of(error)));
}

void report_usage(const Globals& globals, const Verb* verb, const Error& mistake) {
    const Error error =
        with(Failure<Error>{mistake}, {.code = "usage", .phase = "arguments"}).error;
    if (!globals.log.empty()) log::write(error);
    const std::string page =
        verb == nullptr ? "oci-rt help" : fmt::format("oci-rt help {}", verb->name);
    write_to_stderr(fmt::format("oci-rt: Incorrect usage: {}\nSee '{}'.\n", text_of(error), page));
}

}  // namespace oci::cli
