// SPDX-License-Identifier: Apache-2.0
//
// A connection to a message bus, or to a manager itself. Who we are the kernel
// tells the other side, so that it is right in a user namespace, too.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "features/cgroups/systemd/message.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups::systemd {

using Deadline = std::chrono::steady_clock::time_point;

/// The longest that anything is waited for: one call's answer, one job's end.
inline constexpr std::chrono::seconds patience{30};

[[nodiscard]] inline Deadline deadline_from_now() {
    return std::chrono::steady_clock::now() + patience;
}

class Connection {
public:
    /// Connected and authenticated; nothing is said yet.
    static Result<Connection> open(const std::string& socket);

    /// The serial number by which the answer is known.
    Result<std::uint32_t> send(Message call);

    /// The answer, also if it is an error of the other side's.
    Result<Message> answer_to(std::uint32_t serial, Deadline deadline);

    /// Until there was some message; an error on time-out.
    Result<void> wait(Deadline deadline);

    /// The signals that have arrived since this was asked last; of very many the latest.
    [[nodiscard]] std::vector<Message> take_signals() { return std::exchange(signals_, {}); }

private:
    explicit Connection(UniqueFd socket) : socket_{std::move(socket)} {}

    Result<void> authenticate();
    Result<void> write(std::string_view bytes);
    Result<std::string> read_line(Deadline deadline);
    /// Adds what has arrived to the buffer.
    Result<void> fill(Deadline deadline);
    Result<Message> next(Deadline deadline);
    void sort(Message message);

    UniqueFd socket_;
    std::string buffer_;  ///< Received, not yet used.
    std::uint32_t last_serial_ = 0;
    std::map<std::uint32_t, Message> answers_;  ///< Not yet asked for.
    std::vector<Message> signals_;
};

}  // namespace oci::cgroups::systemd
