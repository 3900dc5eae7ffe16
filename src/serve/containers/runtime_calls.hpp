// SPDX-License-Identifier: Apache-2.0
//
// runtime calls: everything that the service has oci-rt do, in one place. Each is a process, given
// its words one by one; none goes through a shell.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "serve/containers/container.hpp"
#include "serve/reactor/children.hpp"
#include "spec/root_overlay.hpp"

namespace oci::serve {

struct RuntimeSettings {
    /// oci-rt and its global options.
    std::vector<std::string> runtime{};
    /// "--storage", DIR, or nothing.
    std::vector<std::string> storage{};
    /// Where the runtime has a directory for each container.
    std::string state{};
    /// Where each container has a directory for its log.
    std::string logs{};
};

using OnEnd = std::function<void(ChildEnd end)>;

class RuntimeCalls {
public:
    RuntimeCalls(Children& children, RuntimeSettings settings)
        : children_{children}, settings_{std::move(settings)} {}

    /// The image's description as JSON, if it is there.
    Children::Id inspect_image(const Wanted& wanted, OnEnd on_end);
    Children::Id pull_image(const std::string& image, const std::string& platform,
                            std::function<bool(std::string_view)> on_line, OnEnd on_end);
    Children::Id unpack_image(const Wanted& wanted, OnEnd on_end);
    /// Makes and starts a container that stays when this process ends, with a monitor that keeps
    /// its log and records how it ends.
    Children::Id start_container(const Wanted& wanted, const std::string& id, OnEnd on_end);
    /// The same in two steps, with what `prepare` makes in between: its answer is what
    /// spec::read_prepared_container() reads.
    Children::Id prepare_container(const Wanted& wanted, const std::string& id, OnEnd on_end);
    Children::Id start_prepared(const spec::PreparedContainer& container, OnEnd on_end);
    Children::Id release_prepared(const std::string& id, OnEnd on_end);
    Children::Id read_state(const std::string& id, OnEnd on_end);
    Children::Id kill(const std::string& id, const std::string& signal, bool all, OnEnd on_end);
    Children::Id pause(const std::string& id, OnEnd on_end);
    Children::Id resume(const std::string& id, OnEnd on_end);
    Children::Id remove(const std::string& id, OnEnd on_end);
    /// linux.resources as JSON, of 60 KiB at most; errors are JSON.
    Children::Id update(const std::string& id, const std::string& resources, OnEnd on_end);
    /// Any other verb.
    Children::Id call(std::vector<std::string> words, std::chrono::milliseconds timeout,
                      OnEnd on_end);
    Children::Id call_image(std::vector<std::string> words, OnEnd on_end);

    /// Where the runtime keeps what it knows of a container.
    [[nodiscard]] std::string state_directory(const std::string& id) const;
    /// Its directory in cgroup v2; "" if it has none.
    [[nodiscard]] std::string cgroup_of(const std::string& id) const;
    /// A program in a container, with these streams. 0: it could not begin, and its end was told.
    Children::Id exec(std::vector<std::string> words, ChildCall::Streams streams, OnEnd on_end);
    /// The same, to be told all at once. input: at most 64 KiB.
    Children::Id exec_captured(std::vector<std::string> words, std::string input,
                               std::chrono::milliseconds timeout, OnEnd on_end);
    /// To the call; `exec` passes all but SIGKILL on to its program.
    void send_signal(Children::Id call, int signal) { children_.send_signal(call, signal); }

    [[nodiscard]] std::string log_path(const std::string& id) const;
    void remove_log(const std::string& id);

    /// SIGTERM: it may clean up.
    void end(Children::Id call);

private:
    Children::Id start(ChildCall call, OnEnd on_end);
    [[nodiscard]] std::string make_log_place(const std::string& id) const;

    Children& children_;
    RuntimeSettings settings_;
};

/// Why a call has failed, with the last of what it said, be it JSON or text.
[[nodiscard]] Refusal refusal_of(const ChildEnd& end, std::string_view code, std::string_view what);

}  // namespace oci::serve
