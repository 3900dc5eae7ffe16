// SPDX-License-Identifier: Apache-2.0
#include "image/registry/transport.hpp"

#include <algorithm>
#include <deque>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "image/registry/exchange.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

namespace oci::image::registry {

namespace {

using Clock = std::chrono::steady_clock;

constexpr long most_idle_connections = 16;

struct FreeMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

}  // namespace

struct Transport::State {
    TransportSettings settings;
    AuthorityFiles authorities;
    std::unique_ptr<CURLM, FreeMulti> multi;
    std::vector<std::unique_ptr<Exchange>> running;
    std::deque<Finished> finished;
    Ticket last = 0;

    ~State() { drop_all(); }
    void drop_all();
    void send(std::unique_ptr<Exchange> exchange);
    void turn(std::chrono::milliseconds most);
    void cancel();
    [[nodiscard]] std::optional<Finished> take(std::optional<Ticket> wanted);
    [[nodiscard]] std::optional<Finished> wait(std::optional<Ticket> wanted, Clock::time_point end);
    [[nodiscard]] bool is_cancelled() const;
};

void Transport::State::drop_all() {
    for (const auto& exchange : running)
        (void)curl_multi_remove_handle(multi.get(), exchange->handle());  // it goes away anyway
    running.clear();
    finished.clear();
}

void Transport::State::send(std::unique_ptr<Exchange> exchange) {
    if (exchange->prepare()) {
        if (curl_multi_add_handle(multi.get(), exchange->handle()) == CURLM_OK) {
            running.push_back(std::move(exchange));
            return;
        }
        exchange->fail(Trouble::Internal,
                       oci::fail(ErrorKind::System, "libcurl takes no further request").error);
    }
    finished.push_back({exchange->ticket(), exchange->take_answer()});
}

bool Transport::State::is_cancelled() const {
    if (settings.cancel_fd < 0) return false;
    const auto readable = kernel::wait_readable(FdView{settings.cancel_fd}, 0);
    return readable && readable.value();
}

void Transport::State::cancel() {
    for (const auto& exchange : running) {
        (void)curl_multi_remove_handle(multi.get(), exchange->handle());  // it is known to be there
        exchange->fail(Trouble::Cancelled, cancelled());
        finished.push_back({exchange->ticket(), exchange->take_answer()});
    }
    running.clear();
}

void Transport::State::turn(std::chrono::milliseconds most) {
    if (is_cancelled()) return cancel();
    int count = 0;
    (void)curl_multi_perform(multi.get(), &count);  // what fails in it comes as a message
    int left = 0;
    bool has_news = false;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        void* owner = nullptr;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);  // as it was set
        const CURLcode code = message->data.result;
        has_news = true;
        const auto place = std::ranges::find_if(
            running, [&](const auto& candidate) { return candidate.get() == owner; });
        if (place == running.end()) continue;
        std::unique_ptr<Exchange> exchange = std::move(*place);
        running.erase(place);
        const bool goes_on = exchange->finish(code);
        (void)curl_multi_remove_handle(multi.get(), exchange->handle());  // it is known to be there
        if (goes_on)
            send(std::move(exchange));
        else
            finished.push_back({exchange->ticket(), exchange->take_answer()});
    }
    if (has_news) return;
    curl_waitfd wakers{.fd = settings.cancel_fd, .events = CURL_WAIT_POLLIN, .revents = 0};
    const bool has_waker = settings.cancel_fd >= 0;
    (void)curl_multi_poll(multi.get(), has_waker ? &wakers : nullptr, has_waker ? 1 : 0,
                          static_cast<int>(most.count()), nullptr);  // the next turn looks anew
}

std::optional<Transport::Finished> Transport::State::take(std::optional<Ticket> wanted) {
    const auto place = std::ranges::find_if(finished, [&](const Finished& candidate) {
        return !wanted || candidate.ticket == *wanted;
    });
    if (place == finished.end()) return std::nullopt;
    Finished found = std::move(*place);
    finished.erase(place);
    return found;
}

std::optional<Transport::Finished> Transport::State::wait(std::optional<Ticket> wanted,
                                                          Clock::time_point end) {
    constexpr std::chrono::milliseconds longest{1000};
    for (;;) {
        if (auto found = take(wanted)) return found;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) return std::nullopt;
        turn(std::min(left, longest));
        // Nothing is under way that could bring it, and nobody goes on waiting.
        if (running.empty() && is_cancelled()) return take(wanted);
    }
}

Transport::Transport(std::unique_ptr<State> state) : state_{std::move(state)} {}
Transport::Transport(Transport&&) noexcept = default;
Transport& Transport::operator=(Transport&&) noexcept = default;
Transport::~Transport() = default;

Result<Transport> Transport::open(TransportSettings settings) {
    static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    // Connections that others end must not end us: libcurl leaves that to its caller.
    kernel::ignore_signal(SIGPIPE);
    auto state = std::make_unique<State>();
    state->settings = std::move(settings);
    state->multi.reset(is_ready ? curl_multi_init() : nullptr);
    if (!state->multi) return fail(ErrorKind::System, "libcurl cannot be set up");
    (void)curl_multi_setopt(state->multi.get(), CURLMOPT_MAXCONNECTS,
                            most_idle_connections);  // only saves descriptors
    return Transport{std::move(state)};
}

Transport::Ticket Transport::start(Request request) {
    const Ticket ticket = ++state_->last;
    state_->send(std::make_unique<Exchange>(ticket, std::move(request), state_->settings,
                                            state_->authorities));
    return ticket;
}

std::optional<Transport::Finished> Transport::wait(std::chrono::milliseconds most) {
    return state_->wait(std::nullopt, Clock::now() + most);
}

Answer Transport::fetch(Request request) {
    const Ticket ticket = start(std::move(request));
    auto found = state_->wait(ticket, Clock::time_point::max());
    if (found) return std::move(found->answer);
    Answer none;
    none.trouble = Trouble::Cancelled;
    none.error = cancelled();
    return none;
}

bool Transport::pause(std::chrono::milliseconds time) {
    constexpr Ticket nobody = 0;
    (void)state_->wait(nobody, Clock::now() + time);  // nobody has this number
    return !state_->is_cancelled();
}

void Transport::abandon_all() { state_->drop_all(); }

bool Transport::is_cancelled() const { return state_->is_cancelled(); }

Error cancelled() {
    return with(oci::fail(ErrorKind::System, "stopped before it was complete"),
                {.code = "cancelled"})
        .error;
}

}  // namespace oci::image::registry
