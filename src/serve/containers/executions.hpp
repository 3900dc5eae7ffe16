// SPDX-License-Identifier: Apache-2.0
//
// executions: programs that were started in containers after these, and whoever listens to each.
// Nothing is kept for a listener that is slow: its program waits, as it would for a terminal.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/terminal.hpp"
#include "oci-rt/unique_fd.hpp"
#include "serve/containers/container.hpp"
#include "serve/containers/runtime_calls.hpp"
#include "serve/events.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve {

struct ExecWanted {
    ContainerRef container{};
    std::vector<std::string> options{};  ///< Of `exec`: "--env=A=b".
    std::vector<std::string> args{};
    bool terminal = false;
    kernel::TerminalSize size{};       ///< 0 rows: as the kernel has it.
    std::chrono::seconds patience{0};  ///< Then SIGKILL; 0: none.
};

/// Who listens. All is called from the reactor; ended() last, and once.
struct ExecListener {
    std::function<bool()> has_room{};  ///< False: said() later, after Execution::go_on().
    std::function<void(bool is_error, std::string_view bytes)> said{};
    std::function<void()> hears_again{};  ///< Input that was not taken is taken now.
    std::function<void()> ended{};
};

class Executions;

class Execution : public std::enable_shared_from_this<Execution> {
public:
    Execution(Executions& owner, std::string id, ExecWanted wanted)
        : owner_{owner}, id_{std::move(id)}, wanted_{std::move(wanted)} {}

    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    [[nodiscard]] const ExecWanted& wanted() const noexcept { return wanted_; }
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
    [[nodiscard]] std::optional<int> exit_code() const noexcept { return exit_code_; }
    [[nodiscard]] bool was_late() const noexcept { return is_late_; }

    /// How many of the bytes went; hears_again() follows if not all did.
    std::size_t put_input(std::string_view bytes);
    /// With a terminal, what stands for the end of a file there.
    void close_input();
    /// There is room again.
    void go_on();
    /// Nobody listens any more: SIGHUP, and SIGKILL if that does not end it.
    void hang_up();
    /// False: it has no terminal, or has ended.
    bool resize(kernel::TerminalSize size);

private:
    friend class Executions;
    struct Output {
        UniqueFd fd{};
        Reactor::WatchId watch = 0;
        bool is_error = false;
    };
    [[nodiscard]] Result<void> begin(ExecListener listener);
    [[nodiscard]] Result<ChildCall::Streams> make_streams();
    [[nodiscard]] Result<void> listen_for_terminal();
    [[nodiscard]] std::string path_of(const char* kind) const;
    void take_connection();
    void take_terminal();
    void use_terminal(UniqueFd master);
    void watch(Output& output);
    void close(Output& output);
    void pump(Output& output);
    void write_again();
    void kill();
    void late();
    void program_ended(const ChildEnd& end);
    void finish_if_over();

    Executions& owner_;
    std::string id_;
    ExecWanted wanted_;
    ExecListener listener_{};
    Children::Id call_ = 0;
    std::array<Output, 2> outputs_{};
    UniqueFd input_{};
    Reactor::WatchId input_watch_ = 0;
    bool input_ends_ = false;  ///< As soon as there is something that can end.
    UniqueFd console_{};       ///< Where the runtime brings the terminal.
    Reactor::WatchId console_watch_ = 0;
    Reactor::TimerId timer_{};
    std::optional<int> exit_code_{};
    bool is_late_ = false;
    bool is_hung_up_ = false;
    bool has_ended_ = false;
};
using ExecutionRef = std::shared_ptr<Execution>;

class Executions {
public:
    /// directory: for what comes and goes with a program.
    Executions(Reactor& reactor, RuntimeCalls& calls, Events& events, std::string directory)
        : reactor_{reactor}, calls_{calls}, events_{events}, directory_{std::move(directory)} {}

    [[nodiscard]] Result<ExecutionRef> start(ExecWanted wanted, ExecListener listener);
    /// Also one that has ended, if that was not long ago; nullptr: there is none.
    [[nodiscard]] ExecutionRef find(const std::string& id) const;
    void hang_up_all();

private:
    friend class Execution;
    Reactor& reactor_;
    RuntimeCalls& calls_;
    Events& events_;
    std::string directory_;
    std::unordered_map<std::string, ExecutionRef> all_{};
    std::deque<std::string> ended_{};
};

}  // namespace oci::serve
