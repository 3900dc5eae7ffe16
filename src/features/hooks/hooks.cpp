// SPDX-License-Identifier: Apache-2.0
#include "features/hooks/hooks.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

namespace oci::hooks {
namespace {

// ---- plan ---------------------------------------------------------------------

struct Moment {
    std::string_view name;
    std::vector<Hook> Hooks::*configured;
    std::vector<Prepared> Plan::*prepared;
};

constexpr std::array moments{
    Moment{"prestart", &Hooks::prestart, &Plan::prestart},
    Moment{"createRuntime", &Hooks::create_runtime, &Plan::create_runtime},
    Moment{"createContainer", &Hooks::create_container, &Plan::create_container},
    Moment{"startContainer", &Hooks::start_container, &Plan::start_container},
    Moment{"poststart", &Hooks::poststart, &Plan::poststart},
    Moment{"poststop", &Hooks::poststop, &Plan::poststop},
};

Result<void> check(const Hook& hook, std::string_view name, std::size_t index) {
    if (!hook.path.starts_with('/'))
        return fail(ErrorKind::InvalidConfig, "/hooks/{}/{}/path: \"{}\" is not absolute", name,
                    index, hook.path);
    if (hook.timeout && hook.timeout->count() <= 0)
        return fail(ErrorKind::InvalidConfig, "/hooks/{}/{}/timeout: must be greater than 0", name,
                    index);
    return {};
}

Prepared prepared(const Hook& hook) {
    const std::vector<std::string> args =
        hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
    Prepared prepared;
    prepared.texts.push_back(hook.path);
    prepared.texts.insert(prepared.texts.end(), args.begin(), args.end());
    prepared.texts.insert(prepared.texts.end(), hook.env.begin(), hook.env.end());
    for (std::size_t i = 1; i < prepared.texts.size(); ++i)
        (i <= args.size() ? prepared.argv : prepared.envp).push_back(prepared.texts[i].data());
    prepared.argv.push_back(nullptr);
    prepared.envp.push_back(nullptr);
    if (hook.timeout) prepared.timeout_seconds = hook.timeout->count();
    return prepared;
}

// ---- the hook's process -------------------------------------------------------

constexpr mode_t usual_umask = 022;
/// Where the descriptor that reports a failure is, once all others are closed,
/// and the channel of before_exec.
constexpr int report_number = 3;
constexpr int channel_number = 4;

struct Child {
    const Prepared& hook;
    const char* cwd;
    const Extras& extras;
    FdView input;
    FdView output;  ///< -1: the caller's stdout and stderr.
    FdView report;
    pid_t starter;
};

kernel::SysResult<void> enter_directory(const char* cwd) noexcept {
    if (cwd == nullptr) return {};
    const auto changed = kernel::change_directory(cwd);
    // In a user namespace the bundle may lie where its root may not look.
    if (!changed && (changed.error().code == EACCES || changed.error().code == EPERM))
        return kernel::change_directory("/");
    return changed;
}

kernel::SysResult<void> keep_at(int number, FdView fd) noexcept {
    OCI_TRY(kernel::duplicate_onto(fd, number));
    return kernel::set_close_on_exec(FdView{number}, true);
}

/// Closes all but 0, 1, 2 and what is needed until execve.
kernel::SysResult<void> keep_for_execution(const Child& child) noexcept {
    const bool has_channel = child.extras.channel.get() >= 0;
    UniqueFd channel;  // above the numbers that are about to be given away
    if (has_channel) channel = OCI_TRY(kernel::duplicate(child.extras.channel, channel_number + 1));
    OCI_TRY(keep_at(report_number, child.report));
    if (has_channel) OCI_TRY(keep_at(channel_number, channel));
    const int next = has_channel ? channel_number + 1 : report_number + 1;
    return kernel::close_range(static_cast<unsigned>(next), ~0U);
}

kernel::SysResult<void> redirect(FdView file, int number) noexcept {
    if (file.get() < 0) return {};
    return kernel::duplicate_onto(file, number);
}

kernel::SysResult<void> settle(const Child& child) noexcept {
    OCI_TRY(kernel::die_with_parent(SIGKILL));
    if (::getppid() != child.starter) return kernel::refuse(ECANCELED, "getppid");
    OCI_TRY(kernel::new_session());
    kernel::reset_dispositions();
    OCI_TRY(kernel::set_signal_mask(kernel::no_signals()));
    kernel::set_umask(usual_umask);
    OCI_TRY(enter_directory(child.cwd));
    OCI_TRY(kernel::duplicate_onto(child.input, STDIN_FILENO));
    OCI_TRY(redirect(child.output, STDOUT_FILENO));
    OCI_TRY(redirect(child.output, STDERR_FILENO));
    if (child.extras.files != nullptr) {
        OCI_TRY(redirect(child.extras.files->out, STDOUT_FILENO));
        OCI_TRY(redirect(child.extras.files->errors, STDERR_FILENO));
    }
    return keep_for_execution(child);
}

[[noreturn]] void report_and_exit(FdView report, int code) noexcept {
    (void)kernel::write_all(report, {reinterpret_cast<const char*>(&code), sizeof code});
    ::_exit(127);
}

[[noreturn]] void become_hook(const Child& child) noexcept {
    const auto settled = settle(child);
    // Either number is open in the pipe as long as execve has not happened.
    if (!settled) report_and_exit(child.report, settled.error().code);
    const FdView report{report_number};
    if (child.extras.before_exec != nullptr) {
        const bool has_channel = child.extras.channel.get() >= 0;
        const FdView channel{has_channel ? channel_number : -1};
        const int code = child.extras.before_exec(child.extras.context, channel);
        if (code != 0) report_and_exit(report, code);
    }
    const auto executed =
        kernel::execute(child.hook.path(), child.hook.argv.data(), child.hook.envp.data());
    report_and_exit(report, executed.error().code);
}

// ---- the caller's side --------------------------------------------------------

/// A file instead of a pipe: a hook that does not read it costs no EPIPE, and one
/// that reads late finds all of it.
kernel::SysResult<UniqueFd> state_file(std::string_view state_json) noexcept {
    UniqueFd file = OCI_TRY(kernel::make_memory_file("container state"));
    const std::size_t size = OCI_TRY(kernel::write_at(file, state_json, 0));
    if (size != state_json.size()) return kernel::refuse(EIO, "write");
    return file;
}

/// The errno of a hook that was not executed; 0 once it was.
kernel::SysResult<int> failure_of_execution(kernel::Pipe& report) noexcept {
    report.writer.reset();
    int code = 0;
    std::array<char, sizeof code> bytes{};
    const std::size_t size = OCI_TRY(kernel::read_some(report.reader, bytes));
    if (size == sizeof code) code = *reinterpret_cast<const int*>(bytes.data());
    return code;
}

int milliseconds(std::int64_t seconds) noexcept {
    if (seconds == 0) return -1;
    return static_cast<int>(std::min<std::int64_t>(seconds, INT_MAX / 1000) * 1000);
}

kernel::SysResult<void> failed(Outcome& outcome, Ending ending, int detail, int code,
                               const char* what) noexcept {
    outcome.ending = ending;
    outcome.detail = detail;
    return kernel::refuse(code, what);
}

kernel::SysResult<void> wait_for(const Prepared& hook, const kernel::Process& process, FdView stop,
                                 Outcome& outcome) noexcept {
    const auto has_ended =
        kernel::wait_readable_unless(process.pidfd(), stop, milliseconds(hook.timeout_seconds));
    const bool is_interrupted = !has_ended && has_ended.error().code == EINTR;
    if (!has_ended && !is_interrupted) return Failure{has_ended.error()};
    if (is_interrupted || !has_ended.value()) {
        // Before it is reaped: until then nobody else can be this group.
        (void)kernel::send_signal_to_group(process.pid(), SIGKILL);
        OCI_TRY(kernel::wait_for_exit(process.pidfd()));
        if (is_interrupted) return failed(outcome, Ending::Interrupted, EINTR, EINTR, "hook");
        return failed(outcome, Ending::TimedOut, static_cast<int>(hook.timeout_seconds), ETIMEDOUT,
                      "hook");
    }
    const kernel::Exit exit = OCI_TRY(kernel::wait_for_exit(process.pidfd()));
    if (exit.by_signal)
        return failed(outcome, Ending::Killed, exit.status - 128, ECANCELED, "hook");
    if (exit.status != 0) return failed(outcome, Ending::Exited, exit.status, ECANCELED, "hook");
    outcome.ending = Ending::Succeeded;
    return {};
}

void keep_output(FdView file, Output& output) noexcept {
    std::array<char, 1024> text{};
    const auto size = kernel::read_at(file, text, 0);
    if (size) output = Output{std::string_view{text.data(), size.value()}};
}

kernel::SysResult<void> run_one(const Prepared& hook, std::string_view state_json, const char* cwd,
                                Outcome& outcome, const Extras& extras) noexcept {
    const UniqueFd input = OCI_TRY(state_file(state_json));
    UniqueFd output;
    if (extras.output != nullptr) {
        output = OCI_TRY(kernel::make_memory_file("hook output"));
    }
    kernel::Pipe report = OCI_TRY(kernel::make_pipe());
    const pid_t self = ::getpid();
    kernel::Clone child = OCI_TRY(kernel::clone({}));
    if (child.pid == 0) become_hook({hook, cwd, extras, input, output, report.writer, self});
    const kernel::Process process{child.pid, std::move(child.pidfd)};
    const int code = OCI_TRY(failure_of_execution(report));
    if (code != 0) return failed(outcome, Ending::NotExecuted, code, code, "execve");
    const auto ended = wait_for(hook, process, extras.stop, outcome);
    if (extras.output != nullptr) keep_output(output, *extras.output);
    return ended;
}

Code code_of(const Outcome& outcome) noexcept {
    constexpr Code missing{"hook-missing"};
    constexpr Code not_executable{"hook-not-executable"};
    switch (outcome.ending) {
        case Ending::NotExecuted: return outcome.detail == ENOENT ? missing : not_executable;
        case Ending::TimedOut: return "hook-timeout";
        case Ending::Interrupted: return "interrupted";
        case Ending::Succeeded:
        case Ending::NotRun:
        case Ending::Exited:
        case Ending::Killed: break;
    }
    return "hook-failed";
}

/// The program of the hook that an outcome is about.
std::string_view path_in(const std::vector<Prepared>& hooks, const Outcome& outcome) noexcept {
    return outcome.index < hooks.size() ? hooks[outcome.index].path() : "";
}

std::string in_one_line(std::string_view text) {
    std::string line{trim(text)};
    std::ranges::replace(line, '\n', ' ');
    return escape_for_display(line);
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    Plan plan;
    plan.output_paths = OCI_TRY(output_paths(spec.annotations));
    for (const Moment& moment : moments) {
        const std::vector<Hook>& hooks = spec.hooks.*moment.configured;
        for (std::size_t i = 0; i < hooks.size(); ++i) {
            OCI_TRY(check(hooks[i], moment.name, i));
            (plan.*moment.prepared).push_back(prepared(hooks[i]));
        }
    }
    return plan;
}

Result<void> prepare_output(Plan& plan) {
    plan.output_files = OCI_TRY(open_output(plan.output_paths));
    return {};
}

std::vector<Prepared> prepare(const std::vector<Hook>& hooks) {
    std::vector<Prepared> list;
    for (const Hook& hook : hooks) list.push_back(prepared(hook));
    return list;
}

kernel::SysResult<void> run(const std::vector<Prepared>& hooks, std::string_view state_json,
                            const char* cwd, Outcome& outcome, const Extras& extras) noexcept {
    outcome = {};
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        outcome.index = static_cast<std::uint32_t>(i);
        outcome.ending = Ending::NotRun;
        const auto ran = run_one(hooks[i], state_json, cwd, outcome, extras);
        if (ran) continue;
        if (outcome.ending == Ending::NotRun) outcome.detail = ran.error().code;
        return ran;
    }
    return {};
}

Result<void> explain_outcome(std::string_view name, std::string_view path, const Outcome& outcome,
                             std::string_view output) {
    if (outcome.ending == Ending::Succeeded) return {};
    std::string why;
    switch (outcome.ending) {
        case Ending::Succeeded: break;
        case Ending::NotRun: why = kernel::errno_text(outcome.detail); break;
        case Ending::NotExecuted:
            why = fmt::format("exec {}: {}", path, kernel::errno_text(outcome.detail));
            break;
        case Ending::Exited: why = fmt::format("exit status {}", outcome.detail); break;
        case Ending::Killed: why = fmt::format("killed by signal {}", outcome.detail); break;
        case Ending::TimedOut:
            why = fmt::format("hook ran past specified timeout of {}s", outcome.detail);
            break;
        case Ending::Interrupted: why = "interrupted by a signal to the runtime"; break;
    }
    if (const std::string said = in_one_line(output); !said.empty()) why += ": " + said;
    const bool has_number =
        outcome.ending == Ending::NotRun || outcome.ending == Ending::NotExecuted;
    return with(
        fail(ErrorKind::System, "error running {} hook #{}: {}", name, outcome.index, why),
        {.code = code_of(outcome),
         .phase = std::string{name},
         .pointer = fmt::format("/hooks/{}/{}", name, outcome.index),
         .number = has_number ? outcome.detail : 0,
         .hint = outcome.ending == Ending::TimedOut ? "raise the timeout of the hook" : ""});
}

Result<void> run_in_parent(std::string_view name, const std::vector<Prepared>& hooks,
                           std::string_view state_json, const Place& place) {
    Outcome outcome;
    Output output;
    const auto ran = run(hooks, state_json, place.cwd, outcome,
                         {.output = &output, .files = &place.files, .stop = place.stop});
    if (ran) return {};
    return explain_outcome(name, path_in(hooks, outcome), outcome, output.view());
}

void run_all(std::string_view name, const std::vector<Prepared>& hooks, std::string_view state_json,
             const Place& place) {
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        Outcome outcome;
        outcome.index = static_cast<std::uint32_t>(i);
        outcome.ending = Ending::NotRun;
        Output output;
        const auto ran = run_one(hooks[i], state_json, place.cwd, outcome,
                                 {.output = &output, .files = &place.files, .stop = place.stop});
        if (ran) continue;
        if (outcome.ending == Ending::NotRun) outcome.detail = ran.error().code;
        const auto error = explain_outcome(name, hooks[i].path(), outcome, output.view());
        if (!error) log::warning("{}", error.error().message);
    }
}

std::vector<std::string> names_of_all() {
    std::vector<std::string> names;
    for (const Moment& moment : moments) names.emplace_back(moment.name);
    return names;
}

}  // namespace oci::hooks
