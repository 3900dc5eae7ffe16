// SPDX-License-Identifier: Apache-2.0
#include "monitor/launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/socket.hpp"
#include "kernel/text_file.hpp"
#include "monitor/protocol.hpp"

namespace oci::monitor {
namespace {

/// What monitors left that were killed in the middle of `create`.
void sweep(FdView meeting) {
    const auto names = kernel::read_directory(meeting);
    if (!names) return;
    for (const std::string& name : names.value()) {
        const auto pid = parse_number<pid_t>(name);
        if (pid && *pid > 0 && ::kill(*pid, 0) != 0 && errno == ESRCH)
            (void)kernel::remove(meeting, name.c_str());  // whoever else sweeps may be quicker
    }
}

/// Both ends of the container's streams; with a terminal, only a pipe for what `create` says.
struct Pipes {
    UniqueFd null;
    kernel::Pipe input;
    kernel::Pipe output;
    kernel::Pipe error;

    [[nodiscard]] Streams of_container() const noexcept {
        return {input.reader ? FdView{input.reader} : FdView{null},
                output.writer ? FdView{output.writer} : FdView{null}, error.writer};
    }
};

/// Opened once more, so that the container's end is a reader, too: then it waits where nobody
/// reads, instead of being ended by SIGPIPE, until who was promised comes and finds all in the
/// pipe.
kernel::SysResult<void> let_wait(UniqueFd& writer) {
    const std::string path = "/proc/self/fd/" + std::to_string(writer.get());
    writer = OCI_TRY(kernel::open_at(kernel::here, path.c_str(), O_RDWR));
    return {};
}

kernel::SysResult<Pipes> make_pipes(const Options& options) {
    Pipes pipes;
    pipes.null = OCI_TRY(kernel::open_at(kernel::here, "/dev/null", O_RDWR));
    pipes.error = OCI_TRY(kernel::make_pipe());
    OCI_TRY(kernel::set_nonblocking(pipes.error.reader));
    if (options.terminal) return pipes;
    pipes.output = OCI_TRY(kernel::make_pipe());
    OCI_TRY(kernel::set_nonblocking(pipes.output.reader));
    if (std::getenv(waits_variable) != nullptr) {
        OCI_TRY(let_wait(pipes.output.writer));
        OCI_TRY(let_wait(pipes.error.writer));
    }
    if (!options.keeps_input) return pipes;
    pipes.input = OCI_TRY(kernel::make_pipe());
    OCI_TRY(kernel::set_nonblocking(pipes.input.writer));
    return pipes;
}

/// What `create` has sent: it came before it ended, so there is nothing to wait for.
kernel::SysResult<void> take_deliveries(FdView listener, Created& created) {
    constexpr std::string_view of_pidfd = "pidfd";
    for (;;) {
        auto connection = kernel::accept_connection(listener);
        if (!connection && connection.error().code == EAGAIN) return {};
        const UniqueFd socket = OCI_TRY(std::move(connection));
        std::array<std::byte, 64> buffer;
        kernel::Packet packet = OCI_TRY(kernel::receive_packet(socket, buffer));
        const std::string_view text{reinterpret_cast<const char*>(buffer.data()), packet.size};
        UniqueFd& place = text == of_pidfd ? created.pidfd : created.ends.output;
        place = std::move(packet.passenger);
    }
}

kernel::SysResult<void> share_terminal(Ends& ends) {
    OCI_TRY(kernel::set_nonblocking(ends.output));
    ends.input = OCI_TRY(kernel::duplicate(ends.output));
    return {};
}

}  // namespace

Outcome<Created> create_container(const Options& options, Caller& caller) {
    const UniqueFd meeting =
        OCI_TRY(kernel::open_at(kernel::here, options.meeting, O_RDONLY | O_DIRECTORY));
    sweep(meeting);
    const std::string name = std::to_string(::getpid());
    std::string path = std::string{options.meeting} + "/" + name;
    const UniqueFd listener =
        OCI_TRY(kernel::listen_at(meeting, name.c_str(), kernel::SocketKind::Stream));
    const ScopeExit leave{[&] { (void)kernel::remove(meeting, name.c_str()); }};
    OCI_TRY(kernel::set_nonblocking(listener));

    Pipes pipes = OCI_TRY(make_pipes(options));
    std::string pidfd_option = "--pidfd-socket", console_option = "--console-socket";
    std::vector<char*> arguments = options.create;
    arguments.insert(arguments.end(), {pidfd_option.data(), path.data()});
    if (options.terminal) arguments.insert(arguments.end(), {console_option.data(), path.data()});
    const std::array heard{FdView{pipes.error.reader}, FdView{pipes.output.reader}};
    OCI_TRY(caller.call("create", arguments, pipes.of_container(),
                        std::span{heard}.first(options.terminal ? 1 : 2), nullptr));
    Created created;
    OCI_TRY(take_deliveries(listener, created));
    if (options.terminal) {
        OCI_TRY(share_terminal(created.ends));
        return created;
    }
    created.ends.input = std::move(pipes.input.writer);
    created.ends.output = std::move(pipes.output.reader);
    created.ends.error = std::move(pipes.error.reader);
    return created;
}

}  // namespace oci::monitor
