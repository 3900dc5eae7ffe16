// SPDX-License-Identifier: Apache-2.0
//
// What a container is called, and how it is doing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci {

/// A name that is safe as a file name: [A-Za-z0-9_][A-Za-z0-9_+.-]{0,127}.
class ContainerId {
public:
    static Result<ContainerId> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    explicit ContainerId(std::string text) : text_{std::move(text)} {}

    std::string text_;
};

enum class Status : std::uint8_t { Creating, Created, Running, Paused, Stopped };

[[nodiscard]] std::string_view name_of(Status status) noexcept;

/// What restricts the devices of a container.
struct DeviceFilter {
    bool attached = false;
    std::string reason;  ///< Why not.
};

/// How a container ended, as its monitor saw it.
struct Ending {
    int exit_code = 0;        ///< 128+n if signal n ended it; 255: not known.
    int signal = 0;           ///< 0: it ended by itself.
    bool oom_killed = false;  ///< The OOM killer has ended a process of it.
    std::string finished;     ///< RFC 3339 with nanoseconds, UTC.
};

/// The state document of runtime.md, and what runc adds to it.
struct State {
    std::string oci_version;
    std::string id;
    Status status = Status::Stopped;
    pid_t pid = 0;        ///< 0 when stopped.
    std::string bundle;   ///< Absolute.
    std::string rootfs;   ///< Absolute.
    std::string created;  ///< RFC 3339 with nanoseconds, UTC.
    std::string owner;    ///< Name of the user who created it, or its uid.
    std::string cgroup;   ///< Absolute below the cgroup root; empty: none.
    std::map<std::string, std::string> annotations;
    std::string started;           ///< As created; empty: not known, there is no monitor.
    std::optional<Ending> ending;  ///< Where a monitor has seen it.

    /// Asked of the kernel by Runtime::state(), not by list().
    std::optional<DeviceFilter> device_filter;
    std::optional<std::uint64_t> oom_kills;  ///< Processes that the OOM killer ended.
};

}  // namespace oci
