// SPDX-License-Identifier: Apache-2.0
#include "cli/perform.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/path.hpp"
#include "base/phase.hpp"
#include "base/text.hpp"
#include "cli/amounts.hpp"
#include "cli/completion.hpp"
#include "cli/environment.hpp"
#include "cli/help.hpp"
#include "cli/id_pattern.hpp"
#include "cli/libexec_program.hpp"
#include "cli/monitored.hpp"
#include "cli/print.hpp"
#include "cli/print_events.hpp"
#include "cli/print_findings.hpp"
#include "cli/print_info.hpp"
#include "cli/print_remains.hpp"
#include "cli/ps_table.hpp"
#include "cli/run_image.hpp"
#include "cli/signal_names.hpp"
#include "commands/prepared.hpp"
#include "kernel/files.hpp"
#include "oci-rt/runtime.hpp"

namespace oci::cli {
namespace {

using Act = Result<Outcome> (*)(const Runtime& runtime, const Invocation& call);

/// A mistake on the command line that only the verb can see.
template <typename T>
Result<T> as_usage(Result<T> result) {
    return with(std::move(result), {.code = "usage", .phase = "arguments"});
}

Result<ContainerId> id_of(const Invocation& call) {
    return as_usage(ContainerId::parse(call.words[0]));
}

/// The options of create, with what the file says that one of them names.
Result<CreateOptions> with_overlay(const Invocation& call) {
    CreateOptions options = call.options.run.create;
    if (call.options.rootfs_overlay.empty()) return options;
    options.overlay = OCI_TRY(commands::read_overlay_file(call.options.rootfs_overlay));
    return options;
}

Result<Outcome> create(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    const CreateOptions options = OCI_TRY(with_overlay(call));
    OCI_TRY(runtime.create(id, options));
    return Outcome{};
}

Result<Outcome> start(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    OCI_TRY(runtime.start(id));
    return Outcome{};
}

Result<void> check_monitor_flags(const VerbOptions& options) {
    const MonitorFlags& flags = options.monitor;
    if (flags.wanted && !options.run.detach)
        return fail(ErrorKind::InvalidConfig, "--monitor is for --detach");
    const bool has_others =
        flags.interactive || !flags.log_path.empty() || flags.log_max_size || flags.log_max_files;
    if (has_others && !flags.wanted)
        return fail(ErrorKind::InvalidConfig,
                    "--interactive, --log-path, --log-max-size and --log-max-files need --monitor");
    return {};
}

Result<Outcome> run(const Runtime& runtime, const Invocation& call) {
    if (call.options.image_run.is_image) return run_image(runtime, call);
    const ContainerId id = OCI_TRY(id_of(call));
    OCI_TRY(as_usage(check_monitor_flags(call.options)));
    if (call.options.monitor.wanted) {
        MonitorOptions options =
            OCI_TRY(monitor_options(call.options.monitor, call.options.run.create));
        options.root_overlay = call.options.rootfs_overlay;
        OCI_TRY(start_monitored(runtime, id, std::move(options)));
        return Outcome{};
    }
    RunOptions options = call.options.run;
    options.create = OCI_TRY(with_overlay(call));
    const int status = OCI_TRY(runtime.run(id, options));
    return Outcome{.status = status};
}

Result<Outcome> exec(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    ExecOptions options = call.options.exec;
    options.args.assign(call.words.begin() + 1, call.words.end());
    const int status = OCI_TRY(runtime.exec(id, options));
    return Outcome{.status = status};
}

Result<Outcome> state(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    const State state = OCI_TRY(runtime.state(id));
    return Outcome{.output = state_json(state)};
}

/// Acts on the id, or with --regex on every container that matches: all of
/// them, and then the first failure is told.
template <typename OneContainer>
Result<Outcome> for_each_id(const Runtime& runtime, const Invocation& call, OneContainer act) {
    if (!call.options.regex) {
        const ContainerId id = OCI_TRY(id_of(call));
        OCI_TRY(act(id));
        return Outcome{};
    }
    const IdPattern pattern = OCI_TRY(as_usage(IdPattern::compile(call.words[0])));
    const std::vector<State> states = OCI_TRY(runtime.list());
    Result<void> all;
    for (const State& state : states) {
        if (!pattern.matches(state.id)) continue;
        const ContainerId id = OCI_TRY(ContainerId::parse(state.id));
        Result<void> one = act(id);
        if (!one && one.error().kind != ErrorKind::NotFound && all)
            all = explain(std::move(one), "{}", state.id);
    }
    OCI_TRY(all);
    return Outcome{};
}

Result<Outcome> kill(const Runtime& runtime, const Invocation& call) {
    KillOptions options = call.options.kill;
    if (call.words.size() > 1) {
        const auto signal = parse_signal(call.words[1]);
        if (!signal)
            return with(fail(ErrorKind::InvalidConfig, "unknown signal {}", call.words[1]),
                        {.code = "usage",
                         .phase = "arguments",
                         .hint = "a name like TERM, or a number; see signal(7)"});
        options.signal = *signal;
    }
    return for_each_id(runtime, call,
                       [&](const ContainerId& id) { return runtime.kill(id, options); });
}

Result<Outcome> remove(const Runtime& runtime, const Invocation& call) {
    return for_each_id(runtime, call, [&](const ContainerId& id) {
        return runtime.remove(id, call.options.remove);
    });
}

Result<Outcome> list(const Runtime& runtime, const Invocation& call) {
    const std::vector<State> states = OCI_TRY(runtime.list());
    if (call.options.quiet) return Outcome{.output = list_ids(states)};
    const bool is_json = call.options.format == "json";
    return Outcome{.output = is_json ? list_json(states) : list_table(states)};
}

Result<Outcome> gc(const Runtime& runtime, const Invocation& call) {
    const std::vector<Remains> all = OCI_TRY(runtime.gc(call.options.gc));
    const bool is_kept =
        std::ranges::any_of(all, [](const Remains& each) { return !each.why_not.empty(); });
    const bool is_json = call.options.format == "json";
    return Outcome{.status = is_kept ? 1 : 0,
                   .output = is_json ? remains_json(all) : remains_text(all)};
}

Result<Outcome> ps(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    const std::string& format = call.options.format;
    if (!format.starts_with("wide")) {
        const std::vector<pid_t> pids = OCI_TRY(runtime.processes(id));
        if (format == "json") return Outcome{.output = pids_json(pids)};
        auto table = OCI_TRY(ps_table(pids, std::span{call.words}.subspan(1)));
        if (table) return Outcome{.output = std::move(*table)};
    }
    const std::vector<ProcessInfo> processes = OCI_TRY(runtime.process_details(id));
    return Outcome{.output = format == "wide-json" ? wide_json(processes) : wide_table(processes)};
}

Result<Outcome> pause(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    OCI_TRY(runtime.pause(id));
    return Outcome{};
}

Result<Outcome> resume(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    OCI_TRY(runtime.resume(id));
    return Outcome{};
}

Result<Outcome> update(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    const UpdateFlags& flags = call.options.update;
    const UpdateOptions options = OCI_TRY(as_usage(meaning_of(flags)));
    const auto updated = runtime.update(id, options);
    if (!updated) return Failure{in_words_of(flags, updated.error())};
    return Outcome{};
}

Result<Outcome> events(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_of(call));
    const EventsFlags& flags = call.options.events;
    if (flags.stats) {
        Stats stats = OCI_TRY(runtime.stats(id));
        return Outcome{.output = event_json(
                           {.kind = EventKind::Stats, .id = id.text(), .stats = std::move(stats)})};
    }
    const auto interval = parse_duration(flags.interval);
    if (!interval)
        return with(fail(ErrorKind::InvalidConfig, "--interval: \"{}\" is no time like 5s or 100ms",
                         escape_for_display(flags.interval)),
                    {.code = "usage", .phase = "arguments"});
    const auto print = [](const Event& event) -> Result<void> {
        OCI_TRY(kernel::write_all(FdView{STDOUT_FILENO}, event_json(event)));
        return {};
    };
    OCI_TRY(runtime.events(
        id, {.interval = *interval, .pressure = flags.pressure, .reader = STDOUT_FILENO}, print));
    return Outcome{};
}

Result<Outcome> stats(const Runtime& runtime, const Invocation& call) {
    std::vector<ContainerId> ids;
    for (const std::string& word : call.words) {
        const ContainerId id = OCI_TRY(as_usage(ContainerId::parse(word)));
        ids.push_back(id);
    }
    OCI_TRY(show_stats(runtime, ids, call.options.stats));
    return Outcome{};
}

Result<Outcome> write_spec(const Runtime& /*runtime*/, const Invocation& call) {
    const std::string text = OCI_TRY(Runtime::spec_template(call.options.spec));
    const SpecPlace& place = call.options.spec_place;
    const std::string path = join_path(place.bundle, place.file);
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const UniqueFd file = OCI_TRY(with_if(
        EEXIST,
        explain(kernel::open_at(kernel::here, path.c_str(), flags, 0644), "cannot create {}", path),
        {.code = "file-exists",
         .phase = "output",
         .hint = "remove it, or write elsewhere with --bundle or --config"}));
    const auto written = kernel::write_all(file, text);
    if (!written) (void)kernel::remove(kernel::here, path.c_str());  // the first error counts
    OCI_TRY(in_phase("output", explain(written, "cannot write {}", path)));
    return Outcome{};
}

/// Errors are what would stop create or start: they fail the verb, after all has been said.
/// Info never does.
Result<Outcome> validate(const Runtime& runtime, const Invocation& call) {
    const std::vector<Finding> findings = OCI_TRY(runtime.validate(call.options.validate));
    const bool is_json = call.options.format == "json";
    const Severity least = call.options.strict ? Severity::Warning : Severity::Error;
    const bool fails =
        std::ranges::any_of(findings, [&](const Finding& each) { return each.severity <= least; });
    return Outcome{.status = fails ? 1 : 0,
                   .output = is_json ? findings_json(findings) : findings_text(findings)};
}

Result<Outcome> features(const Runtime& /*runtime*/, const Invocation& /*call*/) {
    return Outcome{.output = features_json(Runtime::features())};
}

Result<Outcome> info(const Runtime& runtime, const Invocation& call) {
    const Info answer = runtime.info();
    return Outcome{.output = call.options.format == "json" ? info_json(answer) : info_text(answer)};
}

/// Returns only if it failed.
Result<Outcome> image(const Runtime& /*runtime*/, const Invocation& call) {
    OCI_TRY(become(image_program, call.words));
    return Outcome{};
}

/// Returns only if it failed.
Result<Outcome> network(const Runtime& /*runtime*/, const Invocation& call) {
    OCI_TRY(become(network_program, call.words));
    return Outcome{};
}

/// Returns only if it failed.
Result<Outcome> serve(const Runtime& /*runtime*/, const Invocation& call) {
    // First, so that what the user says of it wins.
    std::string own = OCI_TRY(own_program());
    std::vector<std::string> words{"--runtime", std::move(own)};
    words.insert(words.end(), call.words.begin(), call.words.end());
    OCI_TRY(become(serve_program, words));
    return Outcome{};
}

Result<Outcome> completion(const Runtime& /*runtime*/, const Invocation& call) {
    std::string script = OCI_TRY(completion_script(call.words[0]));
    return Outcome{.output = std::move(script)};
}

Result<Outcome> help(const Runtime& /*runtime*/, const Invocation& call) {
    if (call.words.empty()) return Outcome{.output = help_text()};
    if (call.words[0] == "errors") return Outcome{.output = help_on_errors()};
    const Verb* verb = find_verb(call.words[0]);
    if (verb == nullptr)
        return with(fail(ErrorKind::InvalidConfig, "unknown verb {}", call.words[0]),
                    {.code = "usage", .phase = "arguments", .hint = "see \"oci-rt help\""});
    return Outcome{.output = help_text(*verb)};
}

constexpr std::array acts{
    Named<Act>{"create", create},
    Named<Act>{"start", start},
    Named<Act>{"state", state},
    Named<Act>{"kill", kill},
    Named<Act>{"delete", remove},
    Named<Act>{"run", run},
    Named<Act>{"exec", exec},
    Named<Act>{"logs", logs},
    Named<Act>{"attach", attach},
    Named<Act>{"wait", wait},
    Named<Act>{"stop", stop},
    Named<Act>{"list", list},
    Named<Act>{"gc", gc},
    Named<Act>{"ps", ps},
    Named<Act>{"pause", pause},
    Named<Act>{"resume", resume},
    Named<Act>{"update", update},
    Named<Act>{"events", events},
    Named<Act>{"stats", stats},
    Named<Act>{"spec", write_spec},
    Named<Act>{"validate", validate},
    Named<Act>{"features", features},
    Named<Act>{"info", info},
    Named<Act>{"image", image},
    Named<Act>{"network", network},
    Named<Act>{"serve", serve},
    Named<Act>{"completion", completion},
    Named<Act>{"help", help},
};

}  // namespace

Result<Outcome> perform(const Invocation& invocation) {
    if (invocation.globals.version) return Outcome{.output = version_text(Runtime::features())};
    if (invocation.verb == nullptr) return Outcome{.output = help_text()};
    if (invocation.options.help) return Outcome{.output = help_text(*invocation.verb)};
    const Runtime runtime{settings_of(invocation.globals)};
    const auto act = value_named(acts, invocation.verb->name);
    if (!act) return fail(ErrorKind::Unsupported, "{} is not built in", invocation.verb->name);
    return in_phase(invocation.verb->name, (*act)(runtime, invocation));
}

}  // namespace oci::cli
