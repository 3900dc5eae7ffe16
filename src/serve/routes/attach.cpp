// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/attach.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

#include <array>
#include <limits>

#include "base/flat_json.hpp"
#include "kernel/files.hpp"
#include "kernel/socket.hpp"
#include "kernel/stream_socket.hpp"
#include "kernel/terminal.hpp"
#include "monitor/protocol.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::size_t most_queued = std::size_t{256} * 1024;
constexpr std::chrono::seconds patience{10};
constexpr int most_reads = 16;  // then others get their turn

/// One client, the monitor, and a pair of sockets between them: the monitor knows nothing of TCP.
class Attachment : public std::enable_shared_from_this<Attachment> {
public:
    Attachment(Service& service, Pointer exchange, bool takes_input, kernel::TerminalSize size)
        : service_{service},
          exchange_{std::move(exchange)},
          takes_input_{takes_input},
          size_{size} {}

    void begin(const std::string& state_directory) {
        const auto directory =
            kernel::open_at(kernel::here, state_directory.c_str(), O_PATH | O_DIRECTORY);
        auto line = directory ? kernel::connect_at_once(directory.value(), monitor::socket_name,
                                                        kernel::SocketKind::Packet)
                              : kernel::SysResult<UniqueFd>{Failure{directory.error()}};
        if (!line && line.error().code == EAGAIN)
            return exchange_->refuse({.code = "overloaded", .detail = "its monitor is busy"});
        if (!line) return exchange_->refuse({.code = "not-running", .detail = "it has no monitor"});
        line_ = std::move(line).value();
        ++service_.streams;
        exchange_->when_gone([self = shared_from_this()] { self->leave(); });
        timer_ = service_.reactor.after(
            patience, [self = shared_from_this()] { self->give_up("its monitor says nothing"); });
        const auto watch = service_.reactor.watch(
            line_, EPOLLIN, [self = shared_from_this()](std::uint32_t) { self->hear(); });
        if (!watch) return give_up("there are no means to");
        line_watch_ = watch.value();
    }

private:
    void give_up(const char* why) {
        leave();
        exchange_->refuse({.code = "runtime-failed", .detail = why});
    }

    void hear() {
        std::array<char, monitor::largest_packet> buffer;
        // The descriptors that come with hello are closed here: they would keep pipes open.
        const auto delivery = kernel::receive_now(line_, buffer);
        if (!delivery && delivery.error().code == EAGAIN) return;
        if (!delivery || delivery.value().size == 0) return give_up("its monitor has let go of us");
        FlatJson packet;
        if (!packet.read({buffer.data(), delivery.value().size}))
            return give_up("its monitor cannot be understood");
        const auto type = packet.text("type").value_or("");
        if (type == "hello") return introduce(packet);
        if (type == "error") return give_up("its monitor does not want to");
        if (type == "done" && --answers_left_ == 0) take_over();
    }

    void introduce(const FlatJson& hello) {
        has_terminal_ = hello.truth("terminal").value_or(false);
        const bool has_input =
            hello.text("descriptors").value_or("").find("stdin") != std::string_view::npos;
        auto pair = kernel::stream_socket_pair();
        if (!pair || !kernel::set_nonblocking(pair.value().first))
            return give_up("there are no means to");
        stream_ = std::move(pair.value().first);
        const std::string_view input = has_terminal_ ? "keep" : "close";
        std::array<char, 128> buffer;
        if (has_terminal_ && size_.rows != 0 && size_.columns != 0) {
            FlatJsonWriter resize{buffer};
            resize.text("type", "resize").number("rows", size_.rows);
            ++answers_left_;
            if (!kernel::send_now(line_, resize.number("columns", size_.columns).finish()))
                return give_up("its monitor has let go of us");
        }
        FlatJsonWriter attach{buffer};
        attach.text("type", "attach").truth("frames", !has_terminal_);
        attach.text("input", takes_input_ && has_input ? input : "none");
        const std::array beside{pair.value().second.get()};
        ++answers_left_;
        if (!kernel::send_now(line_, attach.finish(), beside))
            return give_up("its monitor has let go of us");
    }

    void take_over() {
        service_.reactor.forget(std::exchange(line_watch_, 0));
        line_.reset();
        service_.reactor.cancel(timer_);
        const char* type = has_terminal_ ? "application/vnd.docker.raw-stream"
                                         : "application/vnd.docker.multiplexed-stream";
        exchange_->when_drained([self = shared_from_this()] { self->watch_stream(); });
        exchange_->upgrade({{"Content-Type", type}},
                           {.take = [self = shared_from_this()](
                                        std::string_view bytes) { return self->take(bytes); },
                            .end =
                                [self = shared_from_this()] {
                                    // It may be over already.
                                    if (self->stream_) (void)kernel::finish_sending(self->stream_);
                                }});
        watch_stream();
        exchange_->resume();
    }

    void watch_stream() {
        if (!stream_ || has_left_) return;
        if (is_paused_ && stream_watch_ != 0) {
            is_paused_ = false;
            return update_watch();
        }
        if (stream_watch_ != 0) return;
        const auto watch = service_.reactor.watch(
            stream_, EPOLLIN,
            [self = shared_from_this()](std::uint32_t events) { self->handle(events); });
        if (!watch) return end();
        stream_watch_ = watch.value();
    }

    void update_watch() {
        std::uint32_t events = is_paused_ ? 0U : EPOLLIN;
        if (is_full_) events |= EPOLLOUT;
        service_.reactor.change(stream_watch_, events);
    }

    void handle(std::uint32_t events) {
        if ((events & EPOLLOUT) != 0 && is_full_) {
            is_full_ = false;
            update_watch();
            exchange_->resume();
        }
        if (!is_paused_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) return pump();
        // The monitor has let go of us while the client reads nothing: it shall get what there is.
        if (is_paused_ && (events & EPOLLHUP) != 0) {
            service_.reactor.forget(std::exchange(stream_watch_, 0));
            is_paused_ = false;
        }
    }

    void pump() {
        static std::array<char, 16384> buffer;  // one thread
        for (int each = 0; each < most_reads && stream_ && !has_left_; ++each) {
            if (exchange_->queued() >= most_queued) {
                is_paused_ = true;
                return update_watch();
            }
            const auto count = kernel::read_some(stream_, buffer);
            if (!count && count.error().code == EAGAIN) return;
            if (!count || count.value() == 0) return end();
            exchange_->send({buffer.data(), count.value()});
        }
    }

    std::size_t take(std::string_view bytes) {
        std::size_t done = 0;
        while (stream_ && done < bytes.size()) {
            const auto count = kernel::write_some(stream_, bytes.substr(done));
            if (!count && count.error().code != EAGAIN) return bytes.size();  // nobody wants it
            if (!count) {
                is_full_ = true;
                update_watch();
                return done;
            }
            done += count.value();
        }
        return bytes.size();
    }

    void end() {
        leave();
        exchange_->finish();
    }

    void leave() {
        if (std::exchange(has_left_, true)) return;
        service_.reactor.forget(std::exchange(line_watch_, 0));
        service_.reactor.forget(std::exchange(stream_watch_, 0));
        service_.reactor.cancel(timer_);
        line_.reset();
        stream_.reset();
        --service_.streams;
    }

    Service& service_;
    Pointer exchange_;
    bool takes_input_;
    kernel::TerminalSize size_;
    UniqueFd line_{};    ///< To the monitor, until it has answered.
    UniqueFd stream_{};  ///< What it says, and hears.
    Reactor::WatchId line_watch_ = 0;
    Reactor::WatchId stream_watch_ = 0;
    Reactor::TimerId timer_{};
    int answers_left_ = 0;
    bool has_terminal_ = false;
    bool is_paused_ = false;  ///< The client is behind.
    bool is_full_ = false;    ///< The container is.
    bool has_left_ = false;
};

void attach(Service& service, const Pointer& exchange) {
    const http::Request& request = exchange->request();
    const auto found = container_in(service, request);
    if (!found) return exchange->refuse(found.error());
    constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
    const auto takes_input = flag_in(request, "stdin", true);
    const auto rows = number_in(request, "rows", 0, most);
    const auto columns = number_in(request, "cols", 0, most);
    if (!takes_input) return exchange->refuse(takes_input.error());
    if (!rows) return exchange->refuse(rows.error());
    if (!columns) return exchange->refuse(columns.error());
    if (!wants_upgrade(request))
        return exchange->refuse({.code = "upgrade-required",
                                 .detail = "Connection: Upgrade and Upgrade: tcp are needed",
                                 .fields = {{"Upgrade", "tcp"}, {"Connection", "Upgrade"}}});
    const State state = found.value()->state;
    if (state != State::Running && state != State::Paused)
        return exchange->refuse({.code = "not-running", .detail = "the container does not run"});
    if (!may_stream(service, exchange)) return;
    const kernel::TerminalSize size{.rows = static_cast<std::uint16_t>(rows.value()),
                                    .columns = static_cast<std::uint16_t>(columns.value())};
    std::make_shared<Attachment>(service, exchange, takes_input.value(), size)
        ->begin(service.calls.state_directory(found.value()->id));
}

}  // namespace

void add_attach_routes(http::Router& router, Service& service) {
    router.add("GET", "/containers/{name}/attach",
               [&service](const Pointer& one) { attach(service, one); });
}

}  // namespace oci::serve::routes
