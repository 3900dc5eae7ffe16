// SPDX-License-Identifier: Apache-2.0
//
// listener: the agent outside of the container that answers for system calls
// with SCMP_ACT_NOTIFY. The parent tells it about each process under a filter.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::seccomp {

/// Where the agent listens: an absolute path, or "@name" in the abstract
/// namespace. Empty: there is none.
struct Listener {
    std::string path;
    std::string metadata;  ///< For the agent, as it is.
};

/// Without a connection, which the agent would take for a message.
Result<void> check_socket(const Listener& listener);

/// The message of config-linux.md, "The Container Process State". pid: as the
/// runtime sees it; state: the container's state document.
[[nodiscard]] std::string container_process_state(const Listener& listener, pid_t pid,
                                                  std::string_view state);

/// One message for each connection, and one connection for each filter.
class Agent {
public:
    /// Connects, so that an agent that is not there is missed before anything has begun.
    static Result<Agent> reach(Listener listener);

    [[nodiscard]] const Listener& listener() const noexcept { return listener_; }

    /// filter: what seccomp(2) answered to the process. The connection ends with it.
    Result<void> tell(std::string_view message, FdView filter);

private:
    explicit Agent(Listener listener) : listener_{std::move(listener)} {}

    Listener listener_;
    UniqueFd connection_;
};

}  // namespace oci::seccomp
