// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/listener.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <span>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/socket.hpp"
#include "oci-rt/version.hpp"

namespace oci::seccomp {
namespace {

constexpr int patience = 10;  // seconds for a connection, and for each part of the message
constexpr auto stream = kernel::SocketKind::Stream;

template <typename T>
Result<T> explain_failure(kernel::SysResult<T> result, const Listener& listener) {
    return with(explain(std::move(result),
                        "failed to connect with seccomp agent: /linux/seccomp/listenerPath {}",
                        listener.path),
                {.code = "seccomp-agent-missing",
                 .pointer = "/linux/seccomp/listenerPath",
                 .hint = "start the agent first"});
}

/// By way of the directory, since the path may be longer than an address.
kernel::SysResult<UniqueFd> connect(const std::string& path) {
    if (path.starts_with('@')) return kernel::connect_to(path, stream, patience);
    const std::string folder{parent_path(path)};
    const std::string name{file_name(path)};
    const UniqueFd directory =
        OCI_TRY(kernel::open_at(kernel::here, folder.c_str(), O_PATH | O_DIRECTORY));
    return kernel::connect_at(directory, name.c_str(), stream, patience);
}

/// The descriptor goes with the first byte.
kernel::SysResult<void> send_all(FdView socket, std::string_view text, FdView passenger) {
    std::span<const std::byte> left = std::as_bytes(std::span{text});
    const std::size_t first = OCI_TRY(kernel::send_some(socket, left, passenger));
    left = left.subspan(first);
    while (!left.empty()) {
        const std::size_t size = OCI_TRY(kernel::send_some(socket, left));
        left = left.subspan(size);
    }
    return {};
}

}  // namespace

Result<void> check_socket(const Listener& listener) {
    if (listener.path.empty() || listener.path.starts_with('@')) return {};
    const struct stat status = OCI_TRY(
        explain_failure(kernel::status_behind(kernel::here, listener.path.c_str()), listener));
    if (S_ISSOCK(status.st_mode)) return {};
    return explain_failure<void>(kernel::refuse(ENOTSOCK, "stat"), listener);
}

std::string container_process_state(const Listener& listener, pid_t pid, std::string_view state) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_object();
    writer.member("ociVersion", spec_version);
    writer.list("fds", std::array{"seccompFd"});
    writer.member("pid", pid);
    if (!listener.metadata.empty()) writer.member("metadata", listener.metadata);
    writer.key("state");
    text.append(state).append("}");
    return text;
}

Result<Agent> Agent::reach(Listener listener) {
    Agent agent{std::move(listener)};
    if (agent.listener_.path.empty()) return agent;
    agent.connection_ = OCI_TRY(explain_failure(connect(agent.listener_.path), agent.listener_));
    return agent;
}

Result<void> Agent::tell(std::string_view message, FdView filter) {
    UniqueFd connection = std::move(connection_);
    if (!connection) connection = OCI_TRY(explain_failure(connect(listener_.path), listener_));
    return with(explain(send_all(connection, message, filter),
                        "failed to send the seccomp state to /linux/seccomp/listenerPath {}",
                        listener_.path),
                {.code = "seccomp-agent-missing", .pointer = "/linux/seccomp/listenerPath"});
}

}  // namespace oci::seccomp
