// SPDX-License-Identifier: Apache-2.0
#include "cli/monitored.hpp"

#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/phase.hpp"
#include "base/text.hpp"
#include "cli/amounts.hpp"
#include "cli/libexec_program.hpp"
#include "cli/moment.hpp"
#include "cli/signal_names.hpp"
#include "kernel/files.hpp"

namespace oci::cli {
namespace {

template <typename T>
Result<T> as_usage(Result<T> result) {
    return with(std::move(result), {.code = "usage", .phase = "arguments"});
}

template <typename... Args>
Failure<Error> usage(fmt::format_string<Args...> why, Args&&... args) {
    return with(fail(ErrorKind::InvalidConfig, why, std::forward<Args>(args)...),
                {.code = "usage", .phase = "arguments"});
}

Result<ContainerId> id_in(const std::string& word) { return as_usage(ContainerId::parse(word)); }

/// Acts on each of the ids: on all of them, and then the first failure is told.
template <typename OneContainer>
Result<void> for_each_word(const Invocation& call, OneContainer act) {
    std::vector<ContainerId> ids;
    for (const std::string& word : call.words) {
        const ContainerId id = OCI_TRY(id_in(word));
        ids.push_back(id);
    }
    Result<void> all;
    for (const ContainerId& id : ids) {
        Result<void> one = act(id);
        if (!one && all) all = std::move(one);
    }
    return all;
}

/// Lines to where the container said them; a line that is not complete has no line feed.
class LogPrinter {
public:
    explicit LogPrinter(bool timestamps) : timestamps_{timestamps} {}

    Result<void> print(const LogLine& line) {
        bool& is_inside = line.stream == Stream::Output ? in_output_ : in_error_;
        std::string text = timestamps_ && !is_inside ? line.time + " " : "";
        text += line.text;
        if (line.is_complete) text += '\n';
        is_inside = !line.is_complete;
        const FdView place{line.stream == Stream::Output ? STDOUT_FILENO : STDERR_FILENO};
        return in_phase("output", explain(kernel::write_all(place, text), "cannot write the log"));
    }

private:
    bool timestamps_;
    bool in_output_ = false;
    bool in_error_ = false;
};

}  // namespace

Result<State> start_monitored(const Runtime& runtime, const ContainerId& id,
                              MonitorOptions options) {
    options.monitor = libexec_program("oci-rt-monitor");
    options.runtime = OCI_TRY(in_phase("monitor", own_program()));
    return runtime.run_monitored(id, options);
}

Result<MonitorOptions> monitor_options(const MonitorFlags& flags, const CreateOptions& create) {
    MonitorOptions options{.create = create, .keep_input = flags.interactive};
    if (!flags.log_path.empty()) {
        std::array<char, 4096> here{};
        const bool is_known = ::getcwd(here.data(), here.size()) != nullptr;
        options.log.path = clean_path(join_path(is_known ? here.data() : "/", flags.log_path));
    }
    if (flags.log_max_size) {
        const auto size = parse_size(*flags.log_max_size);
        if (!size) return usage("--log-max-size: \"{}\" is no size like 10m", *flags.log_max_size);
        options.log.max_size = static_cast<std::uint64_t>(*size);
    }
    if (flags.log_max_files) {
        constexpr unsigned most = 1000;
        const auto files = parse_number<unsigned>(*flags.log_max_files);
        if (!files || *files < 1 || *files > most)
            return usage("--log-max-files: \"{}\" is no number from 1 to {}", *flags.log_max_files,
                         most);
        options.log.max_files = *files;
    }
    return options;
}

Result<Outcome> logs(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_in(call.words[0]));
    const LogsFlags& flags = call.options.logs;
    LogsOptions options{.follow = flags.follow};
    if (flags.tail && *flags.tail != "all") {
        options.tail = parse_number<std::uint64_t>(*flags.tail);
        if (!options.tail) return usage("--tail: \"{}\" is no number of lines", *flags.tail);
    }
    if (!flags.since.empty()) {
        const auto moment = parse_moment(flags.since);
        if (!moment)
            return usage("--since: \"{}\" is neither a time like 2026-01-31T12:00:00Z nor 10m",
                         escape_for_display(flags.since));
        options.since = *moment;
    }
    LogPrinter printer{flags.timestamps};
    OCI_TRY(runtime.logs(id, options, [&](const LogLine& line) { return printer.print(line); }));
    return Outcome{};
}

Result<Outcome> wait(const Runtime& runtime, const Invocation& call) {
    const auto wait_for_one = [&](const ContainerId& id) -> Result<void> {
        const Ending ending = OCI_TRY(runtime.wait(id));
        const std::string line = fmt::format("{}\n", ending.exit_code);
        return in_phase("output", explain(kernel::write_all(FdView{STDOUT_FILENO}, line),
                                          "cannot write to standard output"));
    };
    OCI_TRY(for_each_word(call, wait_for_one));
    return Outcome{};
}

Result<Outcome> attach(const Runtime& runtime, const Invocation& call) {
    const ContainerId id = OCI_TRY(id_in(call.words[0]));
    const int status = OCI_TRY(runtime.attach(id, {.input = !call.options.attach.no_input}));
    return Outcome{.status = status};
}

Result<Outcome> stop(const Runtime& runtime, const Invocation& call) {
    const StopFlags& flags = call.options.stop;
    const auto patience = parse_duration(flags.time);
    if (!patience)
        return usage("--time: \"{}\" is no time like 10s", escape_for_display(flags.time));
    const auto signal = parse_signal(flags.signal);
    if (!signal || *signal == 0)
        return usage("unknown signal {}", escape_for_display(flags.signal));
    OCI_TRY(for_each_word(call, [&](const ContainerId& id) {
        return runtime.stop(id, {.signal = *signal, .patience = *patience});
    }));
    return Outcome{};
}

}  // namespace oci::cli
