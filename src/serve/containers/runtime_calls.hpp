// SPDX-License-Identifier: Apache-2.0
//
// runtime calls: everything that the service has oci-rt do, in one place. Each is a process, given
// its words one by one; none goes through a shell.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
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
    /// Whom fetches may reach: options of `oci-rt image pull`.
    std::vector<std::string> reach{};
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
    void inspect_image(const Wanted& wanted, OnEnd on_end);
    Children::Id pull_image(const std::string& image, const std::string& platform,
                            std::function<bool(std::string_view)> on_line, OnEnd on_end);
    Children::Id unpack_image(const Wanted& wanted, OnEnd on_end);
    /// Makes and starts a container that stays when this process ends, with a monitor that keeps
    /// its log and records how it ends.
    void start_container(const Wanted& wanted, const std::string& id, OnEnd on_end);
    /// The same in two steps, with what `prepare` makes in between: its answer is what
    /// spec::read_prepared_container() reads.
    void prepare_container(const Wanted& wanted, const std::string& id, OnEnd on_end);
    void start_prepared(const spec::PreparedContainer& container, OnEnd on_end);
    Children::Id release_prepared(const std::string& id, OnEnd on_end);
    Children::Id read_state(const std::string& id, OnEnd on_end);
    Children::Id kill(const std::string& id, const std::string& signal, bool all, OnEnd on_end);
    Children::Id pause(const std::string& id, OnEnd on_end);
    Children::Id resume(const std::string& id, OnEnd on_end);
    Children::Id remove(const std::string& id, OnEnd on_end);
    /// linux.resources as JSON, of 60 KiB at most; errors are JSON.
    Children::Id update(const std::string& id, const std::string& resources, OnEnd on_end);
    /// Any other verb.
    Children::Id call(const std::vector<std::string>& words, std::chrono::milliseconds timeout,
                      OnEnd on_end);
    Children::Id call_image(const std::vector<std::string>& words, OnEnd on_end);

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
    [[nodiscard]] ChildCall call_of(const std::vector<std::string>& words,
                                    std::chrono::milliseconds timeout) const;
    [[nodiscard]] ChildCall image_call_of(const std::vector<std::string>& words) const;
    Children::Id start(ChildCall call, OnEnd on_end);
    /// Clients may wish for as much as they like: so many processes work on it, the rest waits.
    void start_in_turn(ChildCall call, OnEnd on_end);
    void start_next();
    [[nodiscard]] std::vector<std::string> options_for(const Wanted& wanted) const;
    [[nodiscard]] std::string make_log_place(const std::string& id) const;

    Children& children_;
    std::deque<std::pair<ChildCall, OnEnd>> waiting_{};
    std::size_t working_ = 0;
    RuntimeSettings settings_;
};

/// Why a call has failed, with the last of what it said, be it JSON or text.
[[nodiscard]] Refusal refusal_of(const ChildEnd& end, std::string_view code, std::string_view what);
/// The same of a call with --log-format=json, whose own code may be one of the interface.
[[nodiscard]] Refusal refusal_with_code(const ChildEnd& end, std::string_view code,
                                        std::string_view what);

/// Of start_container().
[[nodiscard]] Refusal refusal_of_start(const ChildEnd& end);

}  // namespace oci::serve
