// SPDX-License-Identifier: Apache-2.0
//
// protocol: what a monitor and those who ask it say to each other, and the files it keeps.
//
//      starter               monitor               oci-rt            container
//         │ ── execve ──────────▶│                    │                  │
//         │                      │ ── create ────────▶│ ── clone ───────▶│ waits
//         │                      │◀─ pidfd, terminal ─│                  │
//         │                      │ ── start ─────────▶│ ── Go ──────────▶│ runs
//         │◀─ started{pid} ──────│                                       │
//         │ ── 1 byte ──────────▶│  (none: the container is deleted)     │
//                                │◀────────────── stdout, stderr ────────│
//      client                    │ ── log ──▶ file                       │
//         │ ── connect ─────────▶│                                       │
//         │◀─ hello ─────────────│                                       │
//         │ ── attach + socket ─▶│                                       │
//         │◀─ done ──────────────│                                       │
//         │◀═ frames (socket) ═══│◀────────────── stdout, stderr ────────│
//         │◀─ oom ───────────────│                                       │
//         │◀─ exited ────────────│◀──────────────────── end ─────────────│
//
// mon.sock in the container's state directory takes packets (SOCK_SEQPACKET) from root and from
// the monitor's own user: one JSON object each, flat, of at most 8192 bytes. The monitor speaks
// first. A request has one answer, `done` or `error`{message}; whoever says what cannot be
// understood is answered, and let go. Descriptors travel beside a packet (SCM_RIGHTS).
//
//   by the monitor
//     hello        version, id, pid, startTime, logPath, terminal, dropped, descriptors: what comes
//                  beside it, in this order: "pidfd stdout stderr stdin" (with a terminal "pidfd
//                  stdout stdin", the latter two being its master). /dev/null stands for what the
//                  container has closed. Who keeps them keeps the container's pipes open when the
//                  monitor is killed.
//     exited       exitCode, signal, oomKilled, startedAt, finishedAt, as in exit.json, which is
//                  there before. Also right after hello, if it is so already.
//     stdin-closed the container's input is over; who keeps a copy of it closes that, since it
//                  would keep the input open
//     oom          oomKills: how many processes the OOM killer has ended so far
//   to the monitor
//     attach       frames, input: "none", "keep", "close"; beside it a stream socket. It gets
//                  what the container says: with frames, each part behind 8 bytes, {1 or 2, 0, 0,
//                  0, size as big endian}; else bare. What comes from it is the container's
//                  input; at its end that stays open or is closed. A client that is 256 KiB
//                  behind is let go.
//     resize       rows, columns
//     stdin-close
//     log-reopen   after somebody has moved the log
//     log-config   maxSize, maxFiles
//     stop         signal, timeout in milliseconds (-1: for ever): SIGKILL for the whole cgroup
//                  follows, whatever becomes of who asked
//     reaped       status, as wait(2) tells it: by a subreaper that has seen the end of a
//                  container whose monitor was killed
//   to a monitor that is started with --adopt, over the socket it is given
//     adopt        descriptors, as hello has them and beside it
//
// The monitor ends when the container has ended, the last output is in the log, exit.json is
// written, and everybody has been told. Who finds no mon.sock reads exit.json.
#pragma once

#include <cstddef>
#include <cstdint>

namespace oci::monitor {

inline constexpr int protocol_version = 1;
inline constexpr std::size_t largest_packet = 8192;
inline constexpr std::size_t frame_header_size = 8;

// In the state directory of the container.
inline constexpr const char* socket_name = "mon.sock";
inline constexpr const char* record_name = "monitor";
inline constexpr const char* exit_name = "exit.json";
inline constexpr const char* log_name = "log";

/// Below the root of all containers: where a monitor takes descriptors from `create`.
inline constexpr const char* meeting_place = ".monitors";

}  // namespace oci::monitor
