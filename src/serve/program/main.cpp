// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-serve: argv in; serves until SIGTERM. Exit status: 0, 1 for what the host refuses, 2 for
// what must not be asked for, 3 if another service is there already.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "kernel/socket.hpp"
#include "serve/http/server.hpp"
#include "serve/program/call.hpp"
#include "serve/program/listeners.hpp"
#include "serve/program/version.hpp"
#include "serve/reactor/descriptor_limit.hpp"
#include "serve/routes/service.hpp"

namespace oci::serve::program {
namespace {

constexpr std::chrono::seconds longest_farewell{30};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : value;
}

/// "/run/oci-rt", or the user's.
Result<std::string> runtime_directory() {
    if (::geteuid() == 0) return std::string{"/run/oci-rt"};
    const std::string xdg = variable("XDG_RUNTIME_DIR");
    if (!xdg.starts_with('/'))
        return fail(ErrorKind::InvalidConfig,
                    "XDG_RUNTIME_DIR is not set: --listen, --state-dir and --root are needed");
    return xdg + "/oci-rt";
}

/// As oci-rt image has it; "" if there is none.
std::string default_storage() {
    if (::geteuid() == 0) return "/var/lib/oci-rt";
    const std::string data = variable("XDG_DATA_HOME");
    if (data.starts_with('/')) return data + "/oci-rt";
    const std::string home = variable("HOME");
    return home.starts_with('/') ? home + "/.local/share/oci-rt" : std::string{};
}

Result<void> fill_in(Call& call) {
    const bool is_inherited = !variable("LISTEN_FDS").empty();
    const bool has_unix =
        std::ranges::any_of(call.listeners, [](const ListenAddress& each) { return !each.is_tcp; });
    const bool needs_socket = !has_unix && !is_inherited;
    if (needs_socket || (call.state_directory.empty() && call.root.empty())) {
        const std::string directory = OCI_TRY(runtime_directory());
        if (needs_socket) call.listeners.push_back({.place = directory + "/serve.sock"});
        if (call.root.empty() && call.state_directory.empty())
            call.state_directory = directory + "/.serve";
    }
    if (call.state_directory.empty()) call.state_directory = call.root + "/.serve";
    call.state_directory = clean_path(call.state_directory);
    if (call.token_file.empty()) call.token_file = call.state_directory + "/serve.token";
    if (call.runtime.empty()) call.runtime = installed_runtime;
    call.runtime_state = call.root;
    if (const auto usual = runtime_directory(); call.root.empty() && usual)
        call.runtime_state = usual.value();
    if (call.logs.empty()) {
        const std::string storage = call.storage.empty() ? default_storage() : call.storage;
        call.logs = (storage.empty() ? call.state_directory : storage) + "/logs";
    }
    return {};
}

/// Held as long as we live.
Result<UniqueFd> open_state(const std::string& path) {
    for (const std::string& each : {std::string{parent_path(path)}, path})
        (void)kernel::make_directory(kernel::here, each.c_str(), 0700);  // it may be there
    const UniqueFd directory = OCI_TRY(
        explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
                "cannot open {}", path));
    UniqueFd lock =
        OCI_TRY(explain(kernel::open_at(directory, "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600),
                        "cannot open {}/lock", path));
    if (!lock_for_us(lock))
        return fail(ErrorKind::AlreadyExists, "{}: another service works with it", path);
    return lock;
}

Result<UniqueFd> open_records(const std::string& state) {
    const std::string path = state + "/containers";
    (void)kernel::make_directory(kernel::here, path.c_str(), 0700);  // it may be there
    return explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
                   "cannot open {}", path);
}

/// For a unit of Type=notify; without systemd nobody listens.
void notify(std::string_view text) {
    const std::string address = variable("NOTIFY_SOCKET");
    if (address.empty()) return;
    const auto socket = kernel::connect_to(address, kernel::SocketKind::Datagram);
    if (socket) (void)kernel::send_packet(socket.value(), std::as_bytes(std::span{text}));
}

RuntimeSettings runtime_of(const Call& call) {
    RuntimeSettings settings{
        .runtime = {call.runtime}, .state = call.runtime_state, .logs = call.logs};
    if (!call.root.empty()) settings.runtime.insert(settings.runtime.end(), {"--root", call.root});
    settings.reach = {"--public-only"};
    for (const std::string& host : call.registries)
        settings.reach.push_back("--allow-registry=" + host);
    for (const std::string& host : call.insecure_registries)
        settings.reach.push_back("--insecure=" + host);
    if (!call.storage.empty()) settings.storage = {"--storage", call.storage};
    return settings;
}

/// The monitor lies beside us.
KeeperSettings keeper_settings(const Call& call) {
    KeeperSettings settings{.root = call.root};
    if (settings.root.empty())
        if (auto directory = runtime_directory()) settings.root = std::move(directory).value();
    std::string folder = variable("OCI_RT_LIBEXEC");
    if (folder.empty()) {
        std::array<char, 4096> buffer{};
        const auto self = kernel::read_link(kernel::here, "/proc/self/exe", buffer);
        if (self) folder = std::string{parent_path(self.value())};
    }
    settings.monitor = folder + "/oci-rt-monitor";
    return settings;
}

/// Everything, in the order in which it needs each other.
struct House {
    House(const Call& call, std::unique_ptr<Reactor> its_reactor, UniqueFd records)
        : reactor{std::move(its_reactor)},
          children{*reactor},
          orphans{children},
          keeper{*reactor, orphans, keeper_settings(call)},
          calls{children, runtime_of(call)},
          containers{*reactor, calls, keeper, events, std::move(records)},
          executions{*reactor, calls, events, call.state_directory},
          service{.reactor = *reactor,
                  .calls = calls,
                  .events = events,
                  .containers = containers,
                  .executions = executions,
                  .tally = tally,
                  .runtime = call.runtime,
                  .state_directory = call.state_directory,
                  .has_page = call.has_page} {
        routes::add_routes(router, service);
    }

    std::unique_ptr<Reactor> reactor;
    Children children;
    Orphans orphans;
    Keeper keeper;
    RuntimeCalls calls;
    Events events{};
    http::Tally tally{};
    Containers containers;
    Executions executions;
    routes::Service service;
    http::Router router{};
};

Result<int> print_routes(const Call& call) {
    std::unique_ptr<Reactor> reactor = OCI_TRY(Reactor::make());
    House house{call, std::move(reactor), UniqueFd{}};
    OCI_TRY(explain(kernel::write_all(FdView{STDOUT_FILENO}, house.router.table()),
                    "cannot write to standard output"));
    return 0;
}

/// First no new work, then the end of what there is, at the latest when that has taken too long.
class Farewell {
public:
    Farewell(House& house, http::Server& server, bool keep)
        : house_{house}, server_{server}, keep_{keep} {}

    void begin() {
        if (house_.service.is_ending) return house_.reactor->stop();  // asked twice
        notify("STOPPING=1");
        house_.service.is_ending = true;
        house_.events.publish({.type = "daemon", .action = "shutting_down"});
        house_.containers.rest();
        house_.executions.hang_up_all();
        server_.finish_soon();
        house_.reactor->after(longest_farewell, [this] { house_.reactor->stop(); });
        if (keep_)
            is_removed_ = true;
        else
            house_.containers.remove_all([this] { is_removed_ = true; });
        look();
    }

private:
    void look() {
        const bool is_over = is_removed_ && server_.connections() == 0;
        if (is_over && house_.children.count() == 0) return house_.reactor->stop();
        house_.reactor->after(std::chrono::milliseconds{20}, [this] { look(); });
    }

    House& house_;
    http::Server& server_;
    bool keep_;
    bool is_removed_ = false;
};

/// The token is for the eyes of whoever has started us, and not for logs that are kept.
void tell_of_page(const Call& call, const Listener& listener, const std::string& token) {
    if (listener.page.empty()) return;
    const bool is_seen = ::isatty(STDERR_FILENO) == 1;
    log::write(log::Level::Info,
               is_seen ? "a page for browsers: " + address_with_token(listener.page, token)
                       : fmt::format("a page for browsers: {} (it asks for the "
                                     "token in {})",
                                     listener.page, call.token_file));
}

Result<void> listen(const Call& call, http::Server& server, std::vector<UniqueFd>& locks) {
    std::string token;
    if (wants_token(call)) token = OCI_TRY(read_token(call.token_file));
    std::vector<Listener> listeners = OCI_TRY(inherited_listeners(call, token));
    std::vector<Listener> opened = OCI_TRY(open_listeners(call, token));
    for (Listener& each : opened) listeners.push_back(std::move(each));
    for (Listener& each : listeners) {
        log::write(log::Level::Info, "listening on " + each.name);
        tell_of_page(call, each, token);
        OCI_TRY(server.add(std::move(each.socket), each.policy));
        locks.push_back(std::move(each.lock));
    }
    return {};
}

Result<int> serve(const Call& call) {
    raise_descriptor_limit();
    // Monitors come to us, and containers whose monitor is killed: only so do we hear of their end.
    OCI_TRY(explain(kernel::set_child_subreaper(true), "cannot become a subreaper"));
    const UniqueFd lock = OCI_TRY(open_state(call.state_directory));
    UniqueFd records = OCI_TRY(open_records(call.state_directory));
    std::unique_ptr<Reactor> reactor = OCI_TRY(Reactor::make());
    House house{call, std::move(reactor), std::move(records)};
    http::Server server{*house.reactor, call.limits, house.tally,
                        [&house](const auto& exchange) { house.router.serve(exchange); }};
    std::vector<UniqueFd> locks;
    OCI_TRY(listen(call, server, locks));
    const UniqueFd signals =
        OCI_TRY(explain(kernel::open_signals(kernel::all_signals()), "cannot wait for signals"));
    Farewell farewell{house, server, call.keep};
    OCI_TRY(house.reactor->watch(signals, EPOLLIN, [&](std::uint32_t) {
        const auto signal = kernel::next_signal(signals);
        if (signal && signal.value() == SIGCHLD) house.orphans.collect();
        if (signal && (signal.value() == SIGTERM || signal.value() == SIGINT)) farewell.begin();
    }));
    OCI_TRY(house.containers.load());
    house.events.publish({.type = "daemon", .action = "ready"});
    notify("READY=1");
    OCI_TRY(house.reactor->run());
    return 0;
}

Result<int> act(const std::vector<std::string>& arguments) {
    Call call = OCI_TRY(parse_call(arguments));
    if (!call.answer.empty()) {
        OCI_TRY(explain(kernel::write_all(FdView{STDOUT_FILENO}, call.answer),
                        "cannot write to standard output"));
        return 0;
    }
    log::set_sink({.to_stderr = true, .least = call.debug ? log::Level::Debug : log::Level::Info});
    if (call.routes) return print_routes(call);
    OCI_TRY(fill_in(call));
    return serve(call);
}

int main(char** argv) {
    kernel::reset_dispositions();  // who ignores SIGCHLD hears of no end
    kernel::ignore_signal(SIGXFSZ);
    kernel::ignore_signal(SIGPIPE);
    kernel::set_umask(022);
    ::unsetenv("OCI_RT_CONNECT");  // the runtime that we call is to act, and not to ask us
    // Until somebody reads them from a descriptor.
    (void)kernel::set_signal_mask(kernel::all_signals());  // cannot fail
    std::vector<std::string> arguments;
    for (char** each = argv; *each != nullptr; ++each) arguments.emplace_back(*each);
    if (!arguments.empty()) arguments.erase(arguments.begin());
    const auto status = act(arguments);
    if (status) return status.value();
    const Error& error = status.error();
    // Standard error is the last place to tell anything.
    (void)kernel::write_all(FdView{STDERR_FILENO},
                            "oci-rt-serve: " + escape_for_display(error.message) + "\n");
    constexpr int refused = 2;
    constexpr int taken = 3;
    if (error.kind == ErrorKind::InvalidConfig) return refused;
    return error.kind == ErrorKind::AlreadyExists ? taken : 1;
}

}  // namespace
}  // namespace oci::serve::program

int main(int /*argc*/, char** argv) { return oci::serve::program::main(argv); }
