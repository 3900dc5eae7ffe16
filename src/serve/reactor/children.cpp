// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/children.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/explain.hpp"
#include "base/scope_exit.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "kernel/socket.hpp"
#include "serve/reactor/descriptor_limit.hpp"

namespace oci::serve {
namespace {

constexpr std::size_t longest_line = std::size_t{64} * 1024;

/// The child's side: no heap, no lock, until it is another program.
[[noreturn]] void become(char* const* argv, FdView in, FdView out, FdView err) noexcept {
    kernel::reset_dispositions();
    (void)kernel::set_signal_mask(kernel::no_signals());  // cannot fail
    restore_descriptor_limit();
    const bool ready =
        kernel::duplicate_onto(in, STDIN_FILENO) && kernel::duplicate_onto(out, STDOUT_FILENO) &&
        kernel::duplicate_onto(err, STDERR_FILENO) && kernel::close_range(STDERR_FILENO + 1, ~0U);
    if (ready) (void)kernel::execute(argv[0], argv, environ);
    ::_exit(127);  // as a shell says that there is no such program
}

}  // namespace

struct Children::Child {
    ChildCall call;
    ChildEnd end{};
    kernel::Process process{};
    UniqueFd output{};
    UniqueFd errors{};
    std::string line{};
    Reactor::WatchId process_watch = 0;
    Reactor::WatchId output_watch = 0;
    Reactor::WatchId errors_watch = 0;
    Reactor::TimerId timer{};

    void take(std::string_view bytes, bool is_error) {
        if (is_error && call.on_error_line) return take_lines(bytes);
        std::string& kept = is_error ? end.errors : end.output;
        const std::size_t room = call.most_output - std::min(call.most_output, kept.size());
        if (bytes.size() > room) end.is_truncated = true;
        kept.append(bytes.substr(0, room));
    }

    void take_lines(std::string_view bytes) {
        line.append(bytes);
        std::size_t from = 0;
        for (std::size_t at = line.find('\n'); at != std::string::npos;
             at = line.find('\n', from)) {
            const std::string_view one{line.data() + from, at - from};
            if (!call.on_error_line(one) && end.errors.size() < call.most_output)
                end.errors.append(one).append("\n");
            from = at + 1;
        }
        line.erase(0, from);
        if (line.size() > longest_line) line.clear();
    }
};

Result<Children::Id> Children::start(ChildCall call) {
    auto child = std::make_shared<Child>(Child{.call = std::move(call)});
    std::vector<char*> argv;
    for (std::string& word : child->call.words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ChildCall::Streams& given = child->call.streams;
    kernel::Pipe input;
    kernel::Pipe output;
    kernel::Pipe errors;
    input.reader = std::move(given.input);
    output.writer = std::move(given.output);
    errors.writer = std::move(given.errors);
    if (!input.reader) input = OCI_TRY(explain(kernel::make_pipe(), "cannot make a pipe"));
    if (!output.writer) output = OCI_TRY(explain(kernel::make_pipe(), "cannot make a pipe"));
    if (!errors.writer) errors = OCI_TRY(explain(kernel::make_pipe(), "cannot make a pipe"));
    for (const UniqueFd* end : {&input.writer, &output.reader, &errors.reader})
        if (*end) OCI_TRY(explain(kernel::set_nonblocking(*end), "cannot set up a pipe"));
    if (!child->call.input.empty() && input.writer)
        OCI_TRY(explain(kernel::write_all(input.writer, child->call.input), "cannot write to {}",
                        argv[0]));
    kernel::Clone clone = OCI_TRY(explain(kernel::clone({}), "cannot start {}", argv[0]));
    if (clone.pid == 0) become(argv.data(), input.reader, output.writer, errors.writer);
    child->process = kernel::Process{clone.pid, std::move(clone.pidfd)};
    child->output = std::move(output.reader);
    child->errors = std::move(errors.reader);
    const Id id = ++last_;
    Child* raw = child.get();
    ScopeExit undo{[this, raw] { forget(*raw); }};
    if (child->output)
        child->output_watch = OCI_TRY(reactor_.watch(
            child->output, EPOLLIN, [this, raw](std::uint32_t) { read(*raw, false); }));
    if (child->errors)
        child->errors_watch = OCI_TRY(reactor_.watch(
            child->errors, EPOLLIN, [this, raw](std::uint32_t) { read(*raw, true); }));
    child->process_watch = OCI_TRY(
        reactor_.watch(child->process.pidfd(), EPOLLIN, [this, id](std::uint32_t) { end(id); }));
    if (child->call.timeout.count() > 0)
        child->timer = reactor_.after(child->call.timeout, [this, id] {
            if (const auto found = children_.find(id); found != children_.end()) {
                found->second->end.timed_out = true;
                send_signal(id, SIGKILL);
            }
        });
    children_.emplace(id, std::move(child));
    undo.release();
    return id;
}

void Children::forget(Child& child) {
    for (const Reactor::WatchId watch :
         {child.output_watch, child.errors_watch, child.process_watch})
        reactor_.forget(watch);
    reactor_.cancel(child.timer);
}

void Children::send_signal(Id child, int signal) {
    const auto found = children_.find(child);
    // ESRCH: it has ended, and the reactor is about to say so.
    if (found != children_.end()) (void)kernel::send_signal(found->second->process.pidfd(), signal);
}

/// What there is; the end of it ends the watch.
void Children::read(Child& child, bool is_error) {
    std::array<char, 16384> buffer;
    const UniqueFd& pipe = is_error ? child.errors : child.output;
    for (;;) {
        const auto count = kernel::read_some(pipe, buffer);
        if (!count && count.error().code == EAGAIN) return;
        if (!count || count.value() == 0) break;
        child.take({buffer.data(), count.value()}, is_error);
    }
    Reactor::WatchId& watch = is_error ? child.errors_watch : child.output_watch;
    reactor_.forget(watch);
    watch = 0;
}

void Children::end(Id id) {
    const auto found = children_.find(id);
    if (found == children_.end()) return;
    const std::shared_ptr<Child> child = found->second;
    // What it has started may hold the pipes open; what it said itself is in them by now.
    for (const bool is_error : {false, true})
        if ((is_error ? child->errors_watch : child->output_watch) != 0) read(*child, is_error);
    if (!child->line.empty()) child->take_lines("\n");
    const auto exit = kernel::wait_for_exit(child->process.pidfd());
    constexpr int unknown = 255;
    child->end.status = exit ? exit.value().status : unknown;
    forget(*child);
    (void)child->process.release();  // reaped
    children_.erase(id);
    if (when_reaped_) when_reaped_();
    child->call.on_end(std::move(child->end));
}

bool Children::is_one(pid_t pid) const noexcept {
    return std::ranges::any_of(
        children_, [pid](const auto& each) { return each.second->process.pid() == pid; });
}

}  // namespace oci::serve
