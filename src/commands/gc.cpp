// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "base/log.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/removal.hpp"
#include "container/status.hpp"

namespace oci {
namespace {

using container::Locked;

Result<bool> has_processes(const container::Recovery& known) {
    const bool is_current = OCI_TRY(container::is_of_this_boot(known.init));
    if (!is_current) return false;
    const UniqueFd init = OCI_TRY(container::open_init(known.init));
    if (init) return true;
    if (known.cgroup.mount_point.empty()) return false;
    const auto inside = OCI_TRY(cgroups::processes(commands::location_of(known.cgroup)));
    return !inside.empty();
}

/// Its state file tells nothing; what was noted before it was made may.
Result<Remains> examine_damaged(const Settings& settings, const ContainerId& id) {
    Remains remains{.id = id.text(), .kind = RemainsKind::Damaged};
    const container::StateDirectory directory =
        OCI_TRY(container::open(settings.root, id, Locked::No));
    const auto known = commands::recovery_of(settings, directory);
    if (!known && known.error().kind == ErrorKind::NotFound) return remains;
    const auto alive = known ? has_processes(known.value()) : Result<bool>{true};
    if (!alive || alive.value())
        remains.why_not = "processes of it may be alive: `delete --force` ends them";
    return remains;
}

/// Whether the creator of what is being created lives, its lock tells.
Result<commands::Container> find_settled(const Settings& settings, const ContainerId& id) {
    auto found = commands::find(settings, id, Locked::No);
    if (!found || found.value().status != Status::Creating) return found;
    return commands::find(settings, id, Locked::Soon);
}

/// Nothing: it is not ours, busy, or to stay.
std::optional<Remains> examine(const Settings& settings, const ContainerId& id) {
    auto found = find_settled(settings, id);
    if (found && found.value().status == Status::Creating)
        return Remains{.id = id.text(), .kind = RemainsKind::Unfinished};
    if (found) {
        const auto is_current = container::is_of_this_boot(found.value().record.init);
        if (!is_current || is_current.value()) return {};
        return Remains{.id = id.text(), .kind = RemainsKind::EarlierBoot};
    }
    if (found.error().kind != ErrorKind::System) return {};
    auto damaged = examine_damaged(settings, id);
    if (damaged) return std::move(damaged).value();
    log::debug("gc: skipping {}: {}", id.text(), damaged.error().message);
    return {};
}

/// Once more, with the lock: it may have come to an end by itself.
Result<void> clear(const Settings& settings, const ContainerId& id, RemainsKind kind) {
    if (kind == RemainsKind::Damaged) {
        container::StateDirectory directory =
            OCI_TRY(in_phase("state", container::open(settings.root, id, Locked::Yes)));
        return commands::clean_up_remains(settings, directory);
    }
    commands::Container container = OCI_TRY(commands::find(settings, id, Locked::Yes));
    if (container.status == Status::Creating)
        return commands::clean_up_remains(settings, container.directory);
    const bool is_current = OCI_TRY(container::is_of_this_boot(container.record.init));
    if (is_current) return {};  // made again since
    return commands::remove_known(container);
}

}  // namespace

Result<std::vector<Remains>> Runtime::gc(const GcOptions& options) const {
    const std::vector<ContainerId> ids = OCI_TRY(in_phase("state", container::ids(settings_.root)));
    std::vector<Remains> all;
    for (const ContainerId& id : ids) {
        std::optional<Remains> remains = examine(settings_, id);
        if (!remains) continue;
        if (!options.dry_run && remains->why_not.empty()) {
            const auto cleared = clear(settings_, id, remains->kind);
            remains->is_gone = cleared || cleared.error().kind == ErrorKind::NotFound;
            if (!remains->is_gone) remains->why_not = cleared.error().message;
        }
        all.push_back(std::move(*remains));
    }
    return all;
}

}  // namespace oci
