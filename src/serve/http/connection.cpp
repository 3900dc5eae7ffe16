// SPDX-License-Identifier: Apache-2.0
#include "serve/http/connection.hpp"

#include <sys/epoll.h>

#include <array>
#include <exception>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "kernel/files.hpp"
#include "kernel/stream_socket.hpp"

namespace oci::serve::http {
namespace {

/// No memory is needed to say that there is none.
constexpr std::string_view exhausted =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    "Content-Length: 175\r\nRetry-After: 1\r\nX-Content-Type-Options: nosniff\r\n"
    "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    "{\"type\":\"urn:oci-rt:problem:overloaded\",\"title\":\"The service is busy\",\"status\":503,"
    "\"detail\":\"there is not enough memory for this request\",\"code\":\"overloaded\","
    "\"retryable\":true}";
static_assert(exhausted.size() - exhausted.find("\r\n\r\n") - 4 == 175, "Content-Length");

constexpr std::chrono::milliseconds longest_linger{2000};

std::string next_request_id() {
    static std::uint64_t last = 0;  // one thread
    return fmt::format("{:08x}", ++last);
}

std::int64_t seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(Clock::now().time_since_epoch())
        .count();
}

}  // namespace

Connection::Connection(UniqueFd socket, Peer peer, Setting setting)
    : socket_{std::move(socket)}, peer_{std::move(peer)}, setting_{std::move(setting)} {
    ++setting_.tally.accepted;
    ++setting_.tally.connections;
}

Connection::~Connection() {
    --setting_.tally.connections;
    setting_.reactor.forget(watch_);
    setting_.reactor.cancel(timer_);
    setting_.reactor.cancel(write_timer_);
    if (exchange_) exchange_->connection_ = nullptr;
}

bool Connection::begin() {
    auto watch = setting_.reactor.watch(socket_, EPOLLIN, [this](std::uint32_t events) {
        const auto alive = shared_from_this();
        handle(events);
    });
    if (!watch) return false;
    watch_ = watch.value();
    enter(Phase::Idle);
    return true;
}

void Connection::handle(std::uint32_t events) {
    try {
        handle_events(events);
    } catch (const std::exception&) {
        // Nothing but want of memory throws here.
        give_up();
    }
}

void Connection::handle_events(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) flush();
    if (phase_ == Phase::Idle && output_.empty() && !input_.empty()) process();
    if (phase_ != Phase::Closed && (events & EPOLLIN) != 0) return read();
    // The other side has closed, or will never read what we say.
    if (phase_ != Phase::Closed && (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) close();
}

void Connection::enter(Phase phase) {
    phase_ = phase;
    setting_.reactor.cancel(timer_);
    timer_ = {};
    std::chrono::milliseconds limit{0};
    if (phase == Phase::Idle) limit = setting_.limits.idle;
    if (phase == Phase::Head) limit = setting_.limits.head;
    if (phase == Phase::Body) limit = setting_.limits.body;
    // As long as something is to be sent, its own time counts.
    if (phase == Phase::Lingering && output_.empty()) limit = longest_linger;
    if (limit.count() > 0)
        timer_ = setting_.reactor.after(limit, [this] {
            const auto alive = shared_from_this();
            too_late();
        });
    watch_writing();
}

void Connection::too_late() {
    timer_ = {};
    if (phase_ == Phase::Idle || phase_ == Phase::Lingering) return close();
    refuse_and_close({.code = "request-timeout", .detail = "the request did not arrive in time"});
}

void Connection::read() {
    static std::array<char, 65536> buffer;  // one thread
    const auto count = kernel::read_some(socket_, buffer);
    if (!count) {
        if (count.error().code != EAGAIN) close();
        return;
    }
    if (count.value() == 0) {
        peer_finished_ = true;
        if (phase_ == Phase::Upgraded) return offer();
        // Half a request will never be a whole one.
        const bool has_more = phase_ == Phase::Lingering && output_at_ < output_.size();
        if (phase_ != Phase::Busy && !has_more) return close();
        return watch_writing();
    }
    if (phase_ == Phase::Lingering) return;
    input_.append(buffer.data(), count.value());
    if (phase_ == Phase::Upgraded) return offer();
    process();
}

/// Taking may end the exchange, or ask for more.
void Connection::offer() {
    if (is_offering_) return;
    is_offering_ = true;
    const ScopeExit done{[this] { is_offering_ = false; }};
    const std::shared_ptr<Exchange> exchange = exchange_;
    while (phase_ == Phase::Upgraded && !input_.empty()) {
        const std::size_t taken = exchange->incoming_.take(input_);
        input_.erase(0, taken);
        if (taken == 0) break;
    }
    if (phase_ == Phase::Upgraded && input_.empty()) {
        std::string{}.swap(input_);
        if (peer_finished_ && exchange->incoming_.end)
            std::exchange(exchange->incoming_.end, nullptr)();
    }
    watch_writing();
}

void Connection::process() {
    if (is_processing_) return;
    is_processing_ = true;
    const ScopeExit done{[this] { is_processing_ = false; }};
    while (step()) {
    }
    if (input_.empty() && phase_ == Phase::Idle) std::string{}.swap(input_);  // many wait for long
}

bool Connection::step() {
    // Who sends requests and reads no answers gets no more of them.
    if (phase_ == Phase::Idle && !output_.empty()) return false;
    if (phase_ == Phase::Idle && !input_.empty()) {
        decoder_ = std::make_unique<Decoder>(setting_.limits.codec);
        enter(Phase::Head);
    }
    if (phase_ != Phase::Head && phase_ != Phase::Body) return false;
    const std::size_t used = decoder_->put(input_);
    input_.erase(0, used);
    switch (decoder_->state()) {
        case Decoder::State::Head: return false;
        case Decoder::State::HeadDone: judge_head(); return phase_ == Phase::Body;
        case Decoder::State::Body: return false;
        case Decoder::State::Done: hand_over(); return phase_ == Phase::Idle && !input_.empty();
        case Decoder::State::Refused: refuse_and_close(decoder_->problem()); return false;
    }
    return false;
}

void Connection::judge_head() {
    const Head& head = decoder_->head();
    if (const auto problem = judge(head, *setting_.policy, setting_.failures, seconds_now()))
        return refuse_and_close(*problem);
    if (head.has_body && input_.empty() && field(head.fields, "expect") == "100-continue")
        queue("HTTP/1.1 100 Continue\r\n\r\n");
    enter(Phase::Body);
}

void Connection::hand_over() {
    const Head& head = decoder_->head();
    ++requests_;
    keeps_alive_ = keeps_alive_ && head.keeps_alive && requests_ < setting_.limits.requests;
    Request request{.id = next_request_id(),
                    .method = head.method,
                    .path = head.target,
                    .fields = head.fields,
                    .body = decoder_->take_body(),
                    .peer = peer_};
    decoder_.reset();
    const auto exchange = std::make_shared<Exchange>(*this, std::move(request));
    exchange_ = exchange;
    enter(Phase::Busy);
    setting_.handler(exchange);
}

void Connection::respond(const Response& response, bool is_head_request) {
    log::debug("{} {} {}: {}", exchange_->request_.id, exchange_->request_.method,
               exchange_->request_.path, response.status);
    std::string text =
        encode_head(response, response.body.size(), false, keeps_alive_, http_date());
    if (!is_head_request) text += response.body;
    queue(text);
    complete();
}

/// The answer is in the queue; the next request may come.
void Connection::complete() {
    if (phase_ == Phase::Closed) return;
    // Whoever is to be called holds the exchange in turn.
    exchange_->when_gone_ = nullptr;
    exchange_->when_drained_ = nullptr;
    exchange_->incoming_ = {};
    exchange_.reset();
    if (!keeps_alive_) return linger();
    enter(Phase::Idle);
    flush();
    if (phase_ != Phase::Idle || is_processing_ || input_.empty()) return;
    // Not from within whoever has answered: the next request may be about the same thing.
    setting_.reactor.after(std::chrono::milliseconds{0}, [one = weak_from_this()] {
        if (const auto alive = one.lock()) alive->handle(0);
    });
}

void Connection::queue(std::string_view bytes) {
    if (phase_ == Phase::Closed) return;
    output_.append(bytes);
    flush();
}

void Connection::flush() {
    if (is_flushing_) return;  // whoever streams has just queued more
    is_flushing_ = true;
    const ScopeExit done{[this] { is_flushing_ = false; }};
    while (phase_ != Phase::Closed && output_at_ < output_.size()) {
        const auto count =
            kernel::write_some(socket_, std::string_view{output_}.substr(output_at_));
        if (!count && count.error().code == EAGAIN) break;
        if (!count) return close();
        output_at_ += count.value();
        sent_ += count.value();
        if (output_at_ == output_.size()) drained();
    }
    watch_writing();
}

void Connection::drained() {
    std::string{}.swap(output_);
    output_at_ = 0;
    const std::shared_ptr<Exchange> exchange = exchange_;
    if (exchange && exchange->is_streaming_ && exchange->when_drained_) {
        const std::function<void()> act = exchange->when_drained_;  // it may end the exchange
        act();
    }
    if (phase_ != Phase::Lingering) return;
    (void)kernel::finish_sending(socket_);  // it may be gone
    if (peer_finished_) return close();
    enter(Phase::Lingering);
}

void Connection::watch_writing() {
    if (phase_ == Phase::Closed) return;
    const bool is_behind = output_at_ < output_.size();
    std::uint32_t events = is_behind ? EPOLLOUT : 0U;
    // While we are busy the kernel keeps what comes next.
    if (phase_ != Phase::Busy && !(is_behind && phase_ == Phase::Idle)) events |= EPOLLIN;
    const bool is_full = phase_ == Phase::Upgraded && !input_.empty();
    const bool is_last = phase_ == Phase::Upgraded || phase_ == Phase::Lingering;
    if (is_full || (is_last && peer_finished_)) events &= ~static_cast<std::uint32_t>(EPOLLIN);
    if (phase_ == Phase::Busy && exchange_ && exchange_->is_streaming_) events |= EPOLLRDHUP;
    setting_.reactor.change(watch_, events);
    if (!is_behind || phase_ == Phase::Upgraded) {
        setting_.reactor.cancel(write_timer_);
        write_timer_ = {};
    } else if (write_timer_ == Reactor::TimerId{}) {
        sent_at_watch_ = sent_;
        write_timer_ = setting_.reactor.after(setting_.limits.write, [this] {
            const auto alive = shared_from_this();
            write_timer_ = {};
            if (sent_ == sent_at_watch_) return close();
            watch_writing();
        });
    }
}

void Connection::turn_away(const Problem& problem) { refuse_and_close(problem); }

void Connection::refuse_and_close(const Problem& problem) {
    keeps_alive_ = false;
    const Response response = problem_response(problem, {}, next_request_id());
    setting_.tally.count_refused(response.status);
    decoder_.reset();
    queue(encode_head(response, response.body.size(), false, false, http_date()) + response.body);
    linger();
}

/// What the client is still sending is read away: closing now would take the answer from it.
void Connection::linger() {
    if (phase_ == Phase::Closed) return;
    if (peer_finished_ && output_at_ == output_.size()) return close();
    enter(Phase::Lingering);
    std::string{}.swap(input_);
    if (output_.empty()) return drained();
    flush();
}

void Connection::finish_soon() {
    keeps_alive_ = false;
    if (phase_ == Phase::Idle || phase_ == Phase::Lingering) close();
}

void Connection::give_up() {
    std::string{}.swap(input_);
    decoder_.reset();
    // In the middle of an answer nothing can be said any more.
    const bool is_streaming = exchange_ && exchange_->is_streaming_;
    if (output_.empty() && !is_streaming) (void)kernel::write_some(socket_, exhausted);
    close();
}

void Connection::close() {
    if (phase_ == Phase::Closed) return;
    phase_ = Phase::Closed;
    setting_.reactor.forget(watch_);
    setting_.reactor.cancel(timer_);
    setting_.reactor.cancel(write_timer_);
    watch_ = 0;
    socket_.reset();
    if (const std::shared_ptr<Exchange> exchange = std::move(exchange_)) {
        exchange->connection_ = nullptr;
        exchange->when_drained_ = nullptr;
        exchange->incoming_ = {};
        if (exchange->when_gone_) std::exchange(exchange->when_gone_, nullptr)();
    }
    if (setting_.when_closed) setting_.when_closed();
}

void Exchange::count(unsigned status) {
    connection_->setting_.tally.count(
        request_.route, request_.method, status,
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_));
}

void Exchange::answer(Response response) {
    if (is_over()) return;
    is_answered_ = true;
    count(response.status);
    response.fields.emplace_back("X-Request-Id", request_.id);
    const auto alive = connection_->shared_from_this();
    alive->respond(response, request_.method == "HEAD");
}

void Exchange::refuse(const Problem& problem) {
    const std::string_view path = request_.path;
    answer(problem_response(problem, path.substr(0, path.find('?')), request_.id));
}

void Exchange::begin(Response head) {
    if (is_over()) return;
    count(head.status);
    head.fields.emplace_back("X-Request-Id", request_.id);
    const auto alive = connection_->shared_from_this();
    const bool is_head_request = request_.method == "HEAD";
    is_streaming_ = !is_head_request;
    is_answered_ = is_head_request;
    alive->queue(encode_head(head, 0, true, alive->keeps_alive_, http_date()));
    if (is_head_request) alive->complete();
}

void Exchange::send(std::string_view bytes) {
    if (is_over() || bytes.empty()) return;
    const auto alive = connection_->shared_from_this();
    alive->queue(is_upgraded_ ? std::string{bytes} : encode_chunk(bytes));
}

void Exchange::upgrade(Fields fields, Incoming incoming) {
    if (is_over()) return;
    constexpr unsigned switching = 101;
    count(switching);
    const auto alive = connection_->shared_from_this();
    is_streaming_ = true;
    is_upgraded_ = true;
    incoming_ = std::move(incoming);
    alive->keeps_alive_ = false;
    if (alive->peer_.is_tcp) (void)kernel::set_keep_alive(alive->socket_);  // later known, without
    alive->enter(Connection::Phase::Upgraded);
    std::string head = fmt::format(
        "HTTP/1.1 101 {}\r\nDate: {}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        "X-Request-Id: {}\r\n",
        reason_of(switching), http_date(), request_.id);
    for (const auto& [name, value] : fields) head += fmt::format("{}: {}\r\n", name, value);
    alive->queue(head + "\r\n");
}

void Exchange::resume() {
    if (is_over() || !is_upgraded_) return;
    const auto alive = connection_->shared_from_this();
    alive->offer();
}

void Exchange::finish() {
    if (is_over()) return;
    is_answered_ = true;
    is_streaming_ = false;
    const auto alive = connection_->shared_from_this();
    if (!is_upgraded_) alive->queue(encode_chunk({}));
    if (connection_ != nullptr) alive->complete();
}

std::size_t Exchange::queued() const noexcept {
    return connection_ == nullptr ? 0 : connection_->output_.size() - connection_->output_at_;
}

}  // namespace oci::serve::http
