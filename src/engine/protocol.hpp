// SPDX-License-Identifier: Apache-2.0
//
// What the parent and the processes it makes say to each other, one packet
// each. Init asks, the parent answers.
//
//   parent                                init
//     │ ◀──────────── Terminal + fd ─────  │  only by way of an intermediate that enters
//     │ ◀──────────── Started + fd ──────  │  only by way of an intermediate: pidfd
//     │ ───────────── Go ───────────────▶  │  id maps, limits and devices are in place
//     │ ◀──────────── RunHooks ──────────  │  after the mounts, before the root changes
//     │ ───────────── Done ─────────────▶  │
//     │ ◀──────────── Schedule ──────────  │  init may not do it itself; Done follows
//     │ ◀──────────── Terminal + fd ─────  │  the master of the new terminal
//     │ ◀──────────── Ready ─────────────  │  create: init goes to the start gate
//     │ ◀──────────── Failed ────────────  │  at any time: step, subject, call, errno
//     └ closed without Ready or Failed: init died
//
// Init may enter a pid namespace where others have CAP_SYS_PTRACE, and so can take
// this end from it and speak in its name: the parent believes no number it hears.
//
// At the start gate the same packets, and for `exec` on the first channel:
//
//   start                                 init
//     │ ───────────── Go ───────────────▶  │  execute
//     │ ◀──────────── Listener + fd ─────  │  of the filter of each startContainer hook
//     │ ───────────── Done ─────────────▶  │  its agent is told
//     │ ◀──────────── Ready ─────────────  │  nothing but the filter and execve is left
//     │ ◀──────────── Listener + fd ─────  │  of the filter of the program
//     │ ───────────── Done ─────────────▶  │
//     │ ◀──────────── Failed ────────────  │  at any time
//     └ closed after Ready: the program runs
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/fixed_text.hpp"
#include "features/hooks/hooks.hpp"
#include "kernel/socket.hpp"

namespace oci::engine {

enum class MessageKind : std::uint8_t {
    Closed,  ///< Never sent: the other side is gone.
    Started,
    Go,
    RunHooks,
    Done,
    Terminal,
    Schedule,
    Listener,
    Ready,
    Failed,
};

struct Message {
    MessageKind kind{};
    int code = 0;         ///< Failed: errno, or what the step says it means.
    hooks::Outcome hook;  ///< Failed: of the hook, if one did.
    FixedText<32> step;
    FixedText<128> call;
    FixedText<512> subject;

    static Message of(MessageKind kind) noexcept;
    static Message failed(std::string_view step, std::string_view subject,
                          kernel::SysError why) noexcept;
};
static_assert(std::is_trivially_copyable_v<Message>, "a message is sent as its bytes");

kernel::SysResult<void> send(FdView channel, const Message& message,
                             FdView passenger = FdView{-1}) noexcept;

struct Received {
    Message message;
    UniqueFd passenger;
};
/// MessageKind::Closed when the other side is gone.
kernel::SysResult<Received> receive(FdView channel) noexcept;

}  // namespace oci::engine
