// SPDX-License-Identifier: Apache-2.0
//
// children: programs that do what takes long, each with its words, and what they say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve {

struct ChildEnd {
    int status = 0;  ///< As a shell says it: code, or 128 + signal.
    bool timed_out = false;
    std::string output{};
    std::string errors{};
    bool is_truncated = false;  ///< One of the two was longer.
};

struct ChildCall {
    std::vector<std::string> words{};  ///< The program's path first; no shell sees them.
    std::string input{};               ///< At most what a pipe takes: 64 KiB.
    /// Instead of pipes of ours, where they are there: what the program reads and writes.
    struct Streams {
        UniqueFd input{};
        UniqueFd output{};
        UniqueFd errors{};
    } streams{};
    std::size_t most_output = std::size_t{1} << 20U;
    std::chrono::milliseconds timeout{0};  ///< Then SIGKILL; 0: none.
    /// Gets each whole line of standard error; what it takes is not in ChildEnd::errors.
    std::function<bool(std::string_view line)> on_error_line{};
    std::function<void(ChildEnd end)> on_end{};
};

class Children {
public:
    using Id = std::uint64_t;

    explicit Children(Reactor& reactor) : reactor_{reactor} {}

    /// on_end is called later and once, never from within start().
    [[nodiscard]] Result<Id> start(ChildCall call);
    /// Nothing happens to one that has ended.
    void send_signal(Id child, int signal);
    [[nodiscard]] std::size_t count() const noexcept { return children_.size(); }
    [[nodiscard]] bool is_one(pid_t pid) const noexcept;
    /// Called after each.
    void when_reaped(std::function<void()> act) { when_reaped_ = std::move(act); }

private:
    struct Child;
    void read(Child& child, bool is_error);
    void end(Id id);
    void forget(Child& child);

    Reactor& reactor_;
    Id last_ = 0;
    std::unordered_map<Id, std::shared_ptr<Child>> children_{};
    std::function<void()> when_reaped_{};
};

}  // namespace oci::serve
