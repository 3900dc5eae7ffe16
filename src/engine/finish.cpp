// SPDX-License-Identifier: Apache-2.0
#include "engine/finish.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>

#include "engine/load_filter.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"

namespace oci::engine {
namespace {

using kernel::SysResult;

/// The process of a startContainer hook gets no more than the payload will.
int confine_hook(const void* context, FdView channel) noexcept {
    const auto& plan = *static_cast<const ProcessPlan*>(context);
    Progress progress;
    const auto privileged = privileges::enter(plan.privileges, progress);
    if (!privileged) return privileged.error().code;
    const auto settled = credentials::finish(plan.credentials, progress);
    if (!settled) return settled.error().code;
    const auto filtered = load_filter(plan.seccomp, channel, progress);
    if (!filtered) return filtered.error().code;
    const auto confined = credentials::give_up_retained(plan.credentials, progress);
    return confined ? 0 : confined.error().code;
}

SysResult<void> run_start_hooks(Stage& stage) noexcept {
    const bool has_listener = stage.plan.process.seccomp.has_listener();
    const hooks::Extras extras{.before_exec = confine_hook,
                               .context = &stage.plan.process,
                               .channel = has_listener ? stage.channel : FdView{-1},
                               .files = &stage.plan.hooks.output_files};
    return run_hooks_in_init(stage.plan.hooks.start_container, stage.plan.created, nullptr, extras,
                             stage);
}

SysResult<void> require_process(Stage& stage) noexcept {
    if (stage.plan.process.arguments.candidates.empty())
        return kernel::refuse(EINVAL, "config.json has no /process to start");
    return {};
}

SysResult<void> forbid_new_privileges(Stage& stage) noexcept {
    return privileges::enter(stage.plan.process.privileges, stage.progress);
}

/// From here on no descriptor but 0, 1, 2, the handed over ones and the channel is open.
SysResult<void> hand_over_fds(Stage& stage) noexcept {
    return inherited_fds::hand_over(stage.plan.process.inherited_fds, stage.channel);
}

SysResult<void> say_ready(Stage& stage) noexcept {
    return send(stage.channel, Message::of(MessageKind::Ready));
}

SysResult<void> confine(Stage& stage) noexcept {
    return load_filter(stage.plan.process.seccomp, stage.channel, stage.progress);
}

SysResult<void> settle_capabilities(Stage& stage) noexcept {
    return credentials::finish(stage.plan.process.credentials, stage.progress);
}

SysResult<void> give_up_retained(Stage& stage) noexcept {
    return credentials::give_up_retained(stage.plan.process.credentials, stage.progress);
}

SysResult<void> execute(Stage& stage) noexcept {
    const arguments::Plan& plan = stage.plan.process.arguments;
    stage.progress.subject = plan.candidates[plan.chosen];
    return arguments::execute(plan);
}

/// The filter comes as late as can be: nothing but execve has to pass it, and
/// capset where loading it took a privilege.
constexpr std::array last_steps{
    Step{"startContainer", run_start_hooks},
    Step{"process", require_process},
    Step{"no_new_privs", forbid_new_privileges},
    Step{"capabilities", settle_capabilities},
    Step{"file descriptors", hand_over_fds},
    Step{"ready", say_ready},
    Step{"seccomp", confine},
    Step{"capabilities", give_up_retained},
    Step{"execve", execute},
};

}  // namespace

void finish(Stage& stage) noexcept {
    for (const Step& step : last_steps) {
        stage.progress = {};
        const SysResult<void> done = step.run(stage);
        if (done) continue;
        report(stage, step.name, done.error());
        break;
    }
    ::_exit(1);
}

SysResult<void> close_foreign_fds(const Plan& plan, FdView channel, FdView gate) noexcept {
    // More than the usual limit on open files; a plan that holds more fails on the closed ones.
    constexpr std::size_t most = 4096;
    std::array<int, most> keep;
    std::size_t count = 0;
    const auto add = [&](int fd) {
        if (fd >= 3 && count < most) keep[count++] = fd;
    };
    add(channel.get());
    add(gate.get());
    add(plan.entry.init.get());
    add(plan.entry.root.get());
    add(plan.hooks.output_files.out.get());
    add(plan.hooks.output_files.errors.get());
    for (const int fd : plan.process.inherited_fds.kept) add(fd);
    for (const namespaces::Join& join : plan.namespaces.joins) add(join.fd.get());
    for (const mounts::Entry& entry : plan.mounts.entries) add(entry.opened.get());
    for (const mounts::IdMap& map : plan.mounts.id_maps) add(map.user_namespace.get());
    for (const devices::Node& node : plan.devices.nodes) add(node.opened.get());
    if (plan.rootfs.overlay) add(plan.rootfs.overlay->mount.get());
    const std::span<int> kept{keep.data(), count};
    std::ranges::sort(kept);
    return inherited_fds::close_others(kept);
}

SysResult<void> run_hooks_in_init(const std::vector<hooks::Prepared>& list, StateText& state,
                                  const char* directory, const hooks::Extras& extras,
                                  Stage& stage) noexcept {
    if (list.empty()) return {};
    state.set_pid(::getpid());
    const auto ran = hooks::run(list, state.json, directory, stage.hook, extras);
    if (!ran && stage.hook.index < list.size())
        stage.progress.subject = list[stage.hook.index].texts.front();
    return ran;
}

void report(const Stage& stage, std::string_view step, kernel::SysError why) noexcept {
    Message message = Message::failed(step, stage.progress.subject, why);
    message.hook = stage.hook;
    (void)send(stage.channel, message);  // nobody else to tell
}

}  // namespace oci::engine
