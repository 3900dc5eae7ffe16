// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/executions.hpp"

#include <sys/epoll.h>
#include <sys/random.h>

#include <array>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"
#include "kernel/stream_socket.hpp"
#include "kernel/text_file.hpp"

namespace oci::serve {
namespace {

constexpr std::chrono::seconds after_hang_up{10};
constexpr std::size_t most_ended = 128;
constexpr int most_reads = 16;  // then others get their turn
/// What it has started may hold the pipe open; what it said itself is in there, or was.
constexpr int most_last_reads = 64;

Result<std::string> make_id() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number)
        return fail(ErrorKind::System, "cannot make an id: getrandom");
    return fmt::format("{:016x}", number);
}

Result<kernel::Pipe> make_pipe() { return explain(kernel::make_pipe(), "cannot make a pipe"); }

}  // namespace

Result<ExecutionRef> Executions::start(ExecWanted wanted, ExecListener listener) {
    std::string id = OCI_TRY(make_id());
    auto execution = std::make_shared<Execution>(*this, id, std::move(wanted));
    OCI_TRY(execution->begin(std::move(listener)));
    all_.emplace(std::move(id), execution);
    return execution;
}

ExecutionRef Executions::find(const std::string& id) const {
    const auto found = all_.find(id);
    return found == all_.end() ? nullptr : found->second;
}

void Executions::hang_up_all() {
    const auto all = all_;
    for (const auto& [id, execution] : all) {
        const ExecListener listener = std::exchange(execution->listener_, {});
        execution->hang_up();
        if (listener.ended) listener.ended();
    }
}

std::string Execution::path_of(const char* kind) const {
    return fmt::format("{}/exec-{}.{}", owner_.directory_, id_, kind);
}

Result<void> Execution::begin(ExecListener listener) {
    ChildCall::Streams streams = OCI_TRY(make_streams());
    if (wanted_.terminal) OCI_TRY(listen_for_terminal());
    std::vector<std::string> words{"--pid-file", path_of("pid")};
    if (wanted_.terminal) words.insert(words.end(), {"--tty", "--console-socket", path_of("sock")});
    words.insert(words.end(), wanted_.options.begin(), wanted_.options.end());
    words.push_back(wanted_.container->id);
    words.insert(words.end(), wanted_.args.begin(), wanted_.args.end());
    listener_ = std::move(listener);
    // Whoever has started it has not got it yet.
    owner_.reactor_.after(
        std::chrono::milliseconds{0},
        [self = shared_from_this(), words,
         streams = std::make_shared<ChildCall::Streams>(std::move(streams))] {
            constexpr int hung_up = 129;
            if (self->is_hung_up_) return self->program_ended({.status = hung_up});
            self->owner_.events_.publish({.type = "container",
                                          .action = "exec_started",
                                          .name = self->wanted_.container->name.text(),
                                          .id = self->wanted_.container->id,
                                          .attributes = {{"execId", self->id_}}});
            for (Output& each : self->outputs_) self->watch(each);
            self->call_ =
                self->owner_.calls_.exec(words, std::move(*streams),
                                         [self](const ChildEnd& end) { self->program_ended(end); });
        });
    if (wanted_.patience.count() > 0)
        timer_ =
            owner_.reactor_.after(wanted_.patience, [self = shared_from_this()] { self->late(); });
    return {};
}

/// With a terminal the pipe is for what the runtime itself has to say.
Result<ChildCall::Streams> Execution::make_streams() {
    ChildCall::Streams streams;
    kernel::Pipe errors = OCI_TRY(make_pipe());
    OCI_TRY(explain(kernel::set_nonblocking(errors.reader), "cannot set up a pipe"));
    streams.errors = std::move(errors.writer);
    outputs_[1] = {.fd = std::move(errors.reader), .is_error = true};
    if (wanted_.terminal) return streams;
    kernel::Pipe output = OCI_TRY(make_pipe());
    kernel::Pipe input = OCI_TRY(make_pipe());
    OCI_TRY(explain(kernel::set_nonblocking(output.reader), "cannot set up a pipe"));
    OCI_TRY(explain(kernel::set_nonblocking(input.writer), "cannot set up a pipe"));
    streams.output = std::move(output.writer);
    streams.input = std::move(input.reader);
    outputs_[0] = {.fd = std::move(output.reader)};
    input_ = std::move(input.writer);
    return streams;
}

Result<void> Execution::listen_for_terminal() {
    const UniqueFd directory = OCI_TRY(
        explain(kernel::open_at(kernel::here, owner_.directory_.c_str(), O_PATH | O_DIRECTORY),
                "cannot open {}", owner_.directory_));
    const std::string name = fmt::format("exec-{}.sock", id_);
    console_ =
        OCI_TRY(explain(kernel::listen_at(directory, name.c_str(), kernel::SocketKind::Stream),
                        "cannot listen for a terminal"));
    OCI_TRY(explain(kernel::set_nonblocking(console_), "cannot listen for a terminal"));
    console_watch_ = OCI_TRY(owner_.reactor_.watch(
        console_, EPOLLIN,
        [self = shared_from_this()](std::uint32_t) { self->take_connection(); }));
    return {};
}

void Execution::take_connection() {
    auto connection = kernel::accept_without_blocking(console_);
    if (!connection) return;
    owner_.reactor_.forget(std::exchange(console_watch_, 0));
    console_ = std::move(connection).value();
    const auto watch = owner_.reactor_.watch(
        console_, EPOLLIN, [self = shared_from_this()](std::uint32_t) { self->take_terminal(); });
    if (watch) console_watch_ = watch.value();
}

void Execution::take_terminal() {
    std::array<char, 64> buffer{};
    auto delivery = kernel::receive_now(console_, buffer);
    if (!delivery && delivery.error().code == EAGAIN) return;
    owner_.reactor_.forget(std::exchange(console_watch_, 0));
    console_.reset();
    if (delivery && delivery.value().passenger_count == 1)
        use_terminal(std::move(delivery.value().passengers[0]));
    finish_if_over();
}

void Execution::use_terminal(UniqueFd master) {
    if (is_hung_up_ || !kernel::set_nonblocking(master)) return;
    auto other = kernel::duplicate(master);  // to be watched for writing by itself
    if (!other) return;
    if (wanted_.size.rows != 0) (void)kernel::set_terminal_size(master, wanted_.size);
    outputs_[0] = {.fd = std::move(master)};
    input_ = std::move(other).value();
    watch(outputs_[0]);
    if (listener_.hears_again) listener_.hears_again();
    if (std::exchange(input_ends_, false)) close_input();
}

void Execution::watch(Output& output) {
    if (!output.fd || output.watch != 0) return;
    const auto watch = owner_.reactor_.watch(
        output.fd, EPOLLIN,
        [self = shared_from_this(), &output](std::uint32_t) { self->pump(output); });
    if (watch) output.watch = watch.value();
}

void Execution::close(Output& output) {
    owner_.reactor_.forget(std::exchange(output.watch, 0));
    output.fd.reset();
}

void Execution::pump(Output& output) {
    static std::array<char, 16384> buffer;  // one thread
    const auto alive = shared_from_this();
    const int most = exit_code_ ? most_last_reads : most_reads;
    for (int each = 0; each < most && output.fd; ++each) {
        if (listener_.has_room && !listener_.has_room()) {
            // A pipe whose writer has gone would be told of again and again.
            owner_.reactor_.forget(std::exchange(output.watch, 0));
            return;
        }
        const auto count = kernel::read_some(output.fd, buffer);
        if (!count && count.error().code == EAGAIN) {
            break;
        }
        // EIO: nobody has the terminal open any more.
        if (!count || count.value() == 0)
            close(output);
        else if (listener_.said)
            listener_.said(output.is_error, {buffer.data(), count.value()});
    }
    if (exit_code_) close(output);
    finish_if_over();
}

void Execution::go_on() {
    const auto alive = shared_from_this();
    for (Output& each : outputs_) {
        if (!each.fd || each.watch != 0 || has_ended_) continue;
        watch(each);
        if (exit_code_) pump(each);
    }
}

std::size_t Execution::put_input(std::string_view bytes) {
    if (is_hung_up_ || exit_code_) return bytes.size();
    if (!input_) return wanted_.terminal && console_ ? 0 : bytes.size();
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto count = kernel::write_some(input_, bytes.substr(done));
        if (count) {
            done += count.value();
            continue;
        }
        if (count.error().code != EAGAIN) {
            input_.reset();  // nobody reads it any more
            return bytes.size();
        }
        const auto watch = owner_.reactor_.watch(
            input_, EPOLLOUT, [self = shared_from_this()](std::uint32_t) { self->write_again(); });
        if (watch) input_watch_ = watch.value();
        break;
    }
    return done;
}

void Execution::write_again() {
    owner_.reactor_.forget(std::exchange(input_watch_, 0));
    if (listener_.hears_again) listener_.hears_again();
}

void Execution::close_input() {
    if (wanted_.terminal && console_) {
        input_ends_ = true;
        return;
    }
    if (wanted_.terminal && input_) {
        const auto attributes = kernel::terminal_attributes(input_);
        const char end = attributes ? static_cast<char>(attributes.value().c_cc[VEOF]) : '\x04';
        (void)kernel::write_some(input_, {&end, 1});  // a terminal that is full has other worries
        return;
    }
    owner_.reactor_.forget(std::exchange(input_watch_, 0));
    input_.reset();
}

bool Execution::resize(kernel::TerminalSize size) {
    wanted_.size = size;
    if (!wanted_.terminal || exit_code_ || is_hung_up_) return false;
    if (console_) return true;  // as soon as it is there
    return input_ && kernel::set_terminal_size(input_, size);
}

void Execution::hang_up() {
    if (is_hung_up_ || has_ended_) return;
    is_hung_up_ = true;
    const auto alive = shared_from_this();
    listener_ = {};
    for (Output& each : outputs_) close(each);
    owner_.reactor_.forget(std::exchange(input_watch_, 0));
    input_.reset();
    owner_.reactor_.cancel(timer_);
    if (exit_code_) return finish_if_over();
    if (call_ != 0) owner_.calls_.send_signal(call_, SIGHUP);
    timer_ = owner_.reactor_.after(after_hang_up, [self = alive] { self->kill(); });
}

/// `oci-rt exec` passes signals on, but not SIGKILL: the program itself has to be found.
void Execution::kill() {
    constexpr std::size_t most_digits = 32;
    const auto text = kernel::read_text(kernel::here, path_of("pid").c_str(), most_digits);
    const auto pid = text ? parse_number<pid_t>(trim(text.value())) : std::nullopt;
    if (!pid || *pid <= 1) return owner_.calls_.send_signal(call_, SIGTERM);
    const auto pidfd = kernel::open_pidfd(*pid);
    if (pidfd) (void)kernel::send_signal(pidfd.value(), SIGKILL);  // it may just have ended
}

void Execution::late() {
    is_late_ = true;
    kill();
}

void Execution::program_ended(const ChildEnd& end) {
    const auto alive = shared_from_this();
    owner_.reactor_.cancel(timer_);
    // It may have ended before anybody has looked at what it has sent.
    if (console_watch_ != 0) take_connection();
    if (console_watch_ != 0) take_terminal();
    owner_.reactor_.forget(std::exchange(console_watch_, 0));
    console_.reset();
    exit_code_ = end.status;
    owner_.reactor_.forget(std::exchange(input_watch_, 0));
    input_.reset();
    for (const char* kind : {"pid", "sock"})
        (void)kernel::remove(kernel::here, path_of(kind).c_str());  // it may not be there
    if (listener_.hears_again) listener_.hears_again();  // what is not read shall not be waited for
    for (Output& each : outputs_)
        if (each.watch != 0) pump(each);
    finish_if_over();
}

void Execution::finish_if_over() {
    if (has_ended_ || !exit_code_ || outputs_[0].fd || outputs_[1].fd) return;
    has_ended_ = true;
    const auto alive = shared_from_this();
    owner_.events_.publish(
        {.type = "container",
         .action = "exec_exited",
         .name = wanted_.container->name.text(),
         .id = wanted_.container->id,
         .attributes = {{"execId", id_}, {"exitCode", fmt::format("{}", *exit_code_)}}});
    owner_.ended_.push_back(id_);
    if (owner_.ended_.size() > most_ended) {
        owner_.all_.erase(owner_.ended_.front());
        owner_.ended_.pop_front();
    }
    const ExecListener listener = std::exchange(listener_, {});
    if (listener.ended) listener.ended();
}

}  // namespace oci::serve
