// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/keeper.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/flat_json.hpp"
#include "base/log.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "kernel/socket.hpp"
#include "monitor/protocol.hpp"
#include "serve/reactor/descriptor_limit.hpp"

namespace oci::serve {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_delay{50};
constexpr milliseconds longest_delay{10'000};

/// The child's side: no heap, no lock, until it is another program.
[[noreturn]] void become_monitor(char* const* argv, FdView socket) noexcept {
    kernel::reset_dispositions();
    (void)kernel::set_signal_mask(kernel::no_signals());  // cannot fail
    restore_descriptor_limit();
    if (kernel::set_close_on_exec(socket, false)) (void)kernel::execute(argv[0], argv, environ);
    ::_exit(127);
}

}  // namespace

struct Keeper::Held {
    std::string id{};
    int pid = 0;
    UniqueFd process{};  ///< Until the monitor has said more.
    Belongings belongings{};
    bool has_ended = false;  ///< As its monitor has said, after it was written down.
    std::optional<kernel::Exit> exit{};

    UniqueFd line{};  ///< To the monitor.
    bool is_greeted = false;
    bool was_sent_away = false;
    Reactor::WatchId line_watch = 0;
    UniqueFd start{};  ///< To one that is about to take over.
    Reactor::WatchId start_watch = 0;
    Reactor::TimerId timer{};
    milliseconds delay{0};
};

Keeper::Keeper(Reactor& reactor, Orphans& orphans, KeeperSettings settings)
    : reactor_{reactor}, settings_{std::move(settings)} {
    orphans.set_claim([this](pid_t pid) { return claim(pid); });
}

void Keeper::keep(const std::string& id, int pid) {
    if (settings_.root.empty()) return;
    let_go(id);
    const auto held = std::make_shared<Held>(Held{.id = id, .pid = pid});
    auto process = kernel::open_pidfd(pid);
    if (!process) return;
    held->process = std::move(process).value();
    held_.emplace(id, held);
    connect(held);
}

void Keeper::let_go(const std::string& id) {
    const auto found = held_.find(id);
    if (found == held_.end()) return;
    forget_watches(*found->second);
    held_.erase(found);
}

std::optional<kernel::Exit> Keeper::end_of(const std::string& id) const {
    const auto found = held_.find(id);
    return found == held_.end() ? std::nullopt : found->second->exit;
}

void Keeper::forget_watches(Held& held) {
    for (Reactor::WatchId* watch : {&held.line_watch, &held.start_watch})
        reactor_.forget(std::exchange(*watch, 0));
    held.line.reset();
    held.start.reset();
    reactor_.cancel(held.timer);
}

void Keeper::connect(const HeldRef& held) {
    const std::string path = settings_.root + "/" + held->id;
    const auto directory =
        kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) return let_go(held->id);  // it is deleted, or nobody has monitors here
    auto socket = kernel::connect_at_once(directory.value(), monitor::socket_name,
                                          kernel::SocketKind::Packet);
    if (socket) {
        held->line = std::move(socket).value();
        held->is_greeted = false;
        const auto watch =
            reactor_.watch(held->line, EPOLLIN, [this, held](std::uint32_t) { hear(held); });
        if (!watch) return try_again(held, watch.error().message);
        held->line_watch = watch.value();
        return;
    }
    const int code = socket.error().code;
    if (code != ENOENT && code != ECONNREFUSED)
        return try_again(held, "its monitor does not accept connections");
    if (kernel::status_of(directory.value(), monitor::exit_name)) return let_go(held->id);
    if (!held->belongings.are_there()) {
        // From before our time, or killed before it has said a word.
        auto found = find_belongings(held->pid, held->process);
        if (!found) return try_again(held, found.error().message);
        held->belongings = std::move(found).value();
    }
    replace(held);
}

void Keeper::hear(const HeldRef& held) {
    std::array<char, monitor::largest_packet> buffer;
    for (;;) {
        auto received = kernel::receive_now(held->line, buffer);
        if (!received && received.error().code == EAGAIN) return;
        const bool is_over = !received || received.value().size == 0;
        if (is_over) return lose(held);
        kernel::Delivery& delivery = received.value();
        const std::span passengers{delivery.passengers.data(), delivery.passenger_count};
        if (!understand(held, {buffer.data(), delivery.size}, passengers)) return lose(held);
    }
}

bool Keeper::understand(const HeldRef& held, std::string_view packet,
                        std::span<UniqueFd> passengers) {
    FlatJson json;
    if (!json.read(packet)) return false;
    const auto type = json.text("type");
    if (type == "hello") {
        held->delay = {};
        held->is_greeted = true;
        held->was_sent_away = false;
        if (!held->belongings.are_there())
            held->belongings = take_belongings(json.text("descriptors").value_or(""), passengers);
        if (held->belongings.are_there()) held->process.reset();
        if (held->exit) tell_end(held);
    }
    if (type == "exited") held->has_ended = true;
    // A copy of it would keep the container's input open.
    if (type == "stdin-closed") held->belongings.input.reset();
    return true;
}

void Keeper::lose(const HeldRef& held) {
    reactor_.forget(std::exchange(held->line_watch, 0));
    held->line.reset();
    if (held->has_ended) return let_go(held->id);
    // It may have let us go only. One that does so at once, twice, has too many others.
    if (!held->is_greeted && std::exchange(held->was_sent_away, true))
        return try_again(held, "it ends at once");
    connect(held);
}

void Keeper::tell_end(const HeldRef& held) {
    std::array<char, 64> buffer;
    const int status = held->exit->by_signal ? held->exit->status - 128 : held->exit->status << 8;
    const std::string_view packet =
        FlatJsonWriter{buffer}.text("type", "reaped").number("status", status).finish();
    (void)kernel::send_now(held->line, packet);  // the kernel tells it, too, if it is new
}

void Keeper::replace(const HeldRef& held) {
    auto started = start_monitor(*held);
    if (!started) return try_again(held, started.error().message);
    held->start = std::move(started).value();
    const auto watch =
        reactor_.watch(held->start, EPOLLIN, [this, held](std::uint32_t) { hear_start(held); });
    if (!watch) return try_again(held, watch.error().message);
    held->start_watch = watch.value();
}

Result<UniqueFd> Keeper::start_monitor(const Held& held) {
    OCI_TRY(explain(kernel::check_executable(settings_.monitor.c_str()), "cannot execute {}",
                    settings_.monitor));
    kernel::SocketPair pair =
        OCI_TRY(explain(kernel::packet_socket_pair(), "cannot talk to a monitor"));
    std::vector<std::string> words{settings_.monitor,
                                   "--adopt",
                                   "true",
                                   "--id",
                                   held.id,
                                   "--state",
                                   settings_.root + "/" + held.id,
                                   "--starter",
                                   std::to_string(pair.second.get())};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<char, 128> buffer;
    const std::string_view packet = FlatJsonWriter{buffer}
                                        .text("type", "adopt")
                                        .text("descriptors", held.belongings.names())
                                        .finish();
    OCI_TRY(explain(kernel::send_now(pair.first, packet, held.belongings.numbers()),
                    "cannot talk to a monitor"));
    kernel::Clone clone = OCI_TRY(explain(kernel::clone({}), "cannot start a monitor"));
    if (clone.pid == 0) become_monitor(argv.data(), pair.second);
    // Once it has ended, it is found with the orphans.
    return std::move(pair.first);
}

/// Two packets, of which the second says what became of it.
void Keeper::hear_start(const HeldRef& held) {
    std::array<char, monitor::largest_packet> buffer;
    for (;;) {
        const auto received = kernel::receive_now(held->start, buffer);
        if (!received && received.error().code == EAGAIN) return;
        const bool is_over = !received || received.value().size == 0;
        if (is_over) return try_again(held, "a monitor has ended without a word");
        FlatJson json;
        if (!json.read({buffer.data(), received.value().size})) continue;
        if (json.text("type") != "started")
            return try_again(held, json.text("act").value_or("a monitor has failed"));
        break;
    }
    log::write(log::Level::Info, held->id + ": another monitor looks after it");
    reactor_.forget(std::exchange(held->start_watch, 0));
    held->start.reset();
    connect(held);
}

void Keeper::try_again(const HeldRef& held, std::string_view why) {
    forget_watches(*held);
    held->delay = held->delay.count() == 0 ? first_delay : std::min(held->delay * 2, longest_delay);
    log::warning("{}: no connection to its monitor: {}", held->id, why);
    held->timer = reactor_.after(held->delay, [this, held] { connect(held); });
}

bool Keeper::claim(pid_t pid) {
    for (const auto& [id, held] : held_) {
        if (held->pid != pid) continue;
        const UniqueFd& process = held->belongings.pidfd ? held->belongings.pidfd : held->process;
        const auto exit = kernel::peek_exit(process);
        if (!exit || !exit.value().exited) continue;  // one of the same number
        const auto reaped = kernel::wait_for_exit(process);
        if (!reaped) return false;
        held->exit = reaped.value();
        if (held->line) tell_end(held);
        return true;
    }
    return false;
}

}  // namespace oci::serve
