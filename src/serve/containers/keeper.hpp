// SPDX-License-Identifier: Apache-2.0
//
// keeper: stays connected to the monitor of each container that runs, and holds what it holds.
// Where a monitor is killed, another one takes its place: the container goes on, its output stays
// in its pipes meanwhile, and how it ends is written down.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "kernel/process.hpp"
#include "oci-rt/unique_fd.hpp"
#include "serve/containers/belongings.hpp"
#include "serve/reactor/orphans.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve {

struct KeeperSettings {
    std::string monitor{};  ///< The program.
    std::string root{};     ///< Of the runtime; "": nothing is kept.
};

class Keeper {
public:
    Keeper(Reactor& reactor, Orphans& orphans, KeeperSettings settings);

    /// pid: of the container's first process, which was seen a moment ago.
    void keep(const std::string& id, int pid);
    /// It has ended, or is about to be deleted.
    void let_go(const std::string& id);

    /// Whether its monitor, or one that is to come, has not yet written down how it ended.
    [[nodiscard]] bool holds(const std::string& id) const { return held_.contains(id); }
    /// Of a container that came to us, and whose end was seen here.
    [[nodiscard]] std::optional<kernel::Exit> end_of(const std::string& id) const;

private:
    struct Held;
    using HeldRef = std::shared_ptr<Held>;

    void connect(const HeldRef& held);
    void hear(const HeldRef& held);
    /// False: the monitor is gone, or what it says is not to be understood.
    bool understand(const HeldRef& held, std::string_view packet, std::span<UniqueFd> passengers);
    void lose(const HeldRef& held);
    void tell_end(const HeldRef& held);

    void replace(const HeldRef& held);
    [[nodiscard]] Result<UniqueFd> start_monitor(const Held& held);
    void hear_start(const HeldRef& held);
    void try_again(const HeldRef& held, std::string_view why);

    void forget_watches(Held& held);
    [[nodiscard]] bool claim(pid_t pid);

    Reactor& reactor_;
    KeeperSettings settings_;
    std::unordered_map<std::string, HeldRef> held_{};
};

}  // namespace oci::serve
