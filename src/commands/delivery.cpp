// SPDX-License-Identifier: Apache-2.0
#include "commands/delivery.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <span>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/socket.hpp"
#include "kernel/text_file.hpp"

namespace oci::commands {
namespace {

Result<void> send_descriptor(const std::string& path, FdView passenger, const char* payload) {
    if (path.empty()) return {};
    const std::string folder{parent_path(path)};
    const std::string name{file_name(path)};
    const UniqueFd directory =
        OCI_TRY(explain(kernel::open_at(kernel::here, folder.c_str(), O_PATH | O_DIRECTORY),
                        "cannot open the directory of socket {}", path));
    const UniqueFd socket =
        OCI_TRY(explain(kernel::connect_at(directory, name.c_str(), kernel::SocketKind::Stream),
                        "cannot connect to socket {}", path));
    const std::string_view text{payload};
    return explain(kernel::send_packet(socket, std::as_bytes(std::span{text}), passenger),
                   "cannot send a descriptor to socket {}", path);
}

}  // namespace

Result<void> write_pid_file(const std::string& path, pid_t pid) {
    if (path.empty()) return {};
    return explain(kernel::replace_text(kernel::here, path.c_str(), std::to_string(pid), 0644),
                   "cannot write the pid file {}", path);
}

Result<void> send_terminal(const std::string& path, FdView master) {
    return with(send_descriptor(path, master, "/dev/ptmx"),
                {.code = "console-socket",
                 .phase = "deliver",
                 .hint = "somebody has to listen there, and to take what is sent"});
}

Result<void> send_pidfd(const std::string& path, FdView pidfd) {
    return with(send_descriptor(path, pidfd, "pidfd"),
                {.code = "pidfd-socket",
                 .phase = "deliver",
                 .hint = "somebody has to listen there, and to take what is sent"});
}

Result<void> check_terminal(bool terminal, bool detached, const std::string& console_socket) {
    if (terminal && detached && console_socket.empty())
        return with(fail(ErrorKind::InvalidConfig,
                         "cannot allocate a terminal for a detached process without "
                         "--console-socket"),
                    {.code = "console-socket",
                     .pointer = "/process/terminal",
                     .hint = "name a socket where somebody takes the terminal"});
    if (!terminal && !console_socket.empty())
        return with(fail(ErrorKind::InvalidConfig,
                         "--console-socket is given, but /process/terminal is not true"),
                    {.code = "console-socket",
                     .pointer = "/process/terminal",
                     .hint = "ask for a terminal, or leave the socket out"});
    return {};
}

}  // namespace oci::commands
