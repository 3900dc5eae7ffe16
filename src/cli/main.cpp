// SPDX-License-Identifier: Apache-2.0
//
// The program: argv in, exit status out.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "cli/environment.hpp"
#include "cli/libexec_program.hpp"
#include "cli/log_setup.hpp"
#include "cli/parser.hpp"
#include "cli/perform.hpp"
#include "host/sealed_self.hpp"
#include "kernel/files.hpp"
#include "kernel/signals.hpp"

namespace oci::cli {
namespace {

constexpr int failure = 1;
constexpr int failure_before_exec = 255;

/// A monitor runs `create`, which seals itself, and has to be told where this program is.
bool has_monitor(const VerbOptions& options) {
    return options.image_run.is_image ? options.run.detach : options.monitor.wanted;
}

bool starts_a_process(const Invocation& invocation) {
    const std::string_view verb = invocation.verb == nullptr ? "" : invocation.verb->name;
    if (invocation.options.help || has_monitor(invocation.options)) return false;
    return verb == "create" || verb == "run" || verb == "exec";
}

/// Descriptors from 3 on that the container is to have.
int descriptors_of(const Invocation& invocation) {
    const CreateOptions& create = invocation.options.run.create;
    const ExecOptions& exec = invocation.options.exec;
    return invocation.verb->name == "exec" ? exec.preserve_fds + exec.listen_fds
                                           : create.preserve_fds + create.listen_fds;
}

/// Continues as a read-only copy of this program, so that nothing in the
/// container can write to the runtime through /proc (CVE-2019-5736). What the
/// container is to inherit has to survive the execve in between.
Result<void> seal(const Invocation& invocation, char** argv) {
    const int count = descriptors_of(invocation);
    hand_on_descriptors(count, true);
    OCI_TRY(host::ensure_sealed(argv));
    hand_on_descriptors(count, false);
    return {};
}

/// What is made, is made: a signal that comes when it is, and before we end, must not let our exit
/// status say otherwise. While it is made, the runtime looks for these signals itself.
void hold_signals_back(const Invocation& invocation) noexcept {
    const bool leaves_a_container =
        invocation.verb->name == "create" || invocation.options.run.detach;
    if (!leaves_a_container) return;
    (void)kernel::block_signals(kernel::ending_signals());  // cannot fail with such a mask
}

/// Goes on as the client of a service; returns only if that cannot be, or is not wished for.
Result<void> ask_service(const Invocation& invocation) {
    const Verb* verb = invocation.verb;
    const std::string word{verb == nullptr ? invocation.unknown_verb : verb->name};
    const std::string service = service_of(invocation.globals, word);
    if (service.empty()) return {};
    std::vector<std::string> words{"--connect=" + service, word};
    words.insert(words.end(), invocation.behind.begin(), invocation.behind.end());
    return become(client_program, words);
}

Result<Outcome> act(Invocation& invocation, char** argv) {
    if (starts_a_process(invocation)) {
        add_environment(invocation.options);
        OCI_TRY(in_phase("seal", seal(invocation, argv)));
        hold_signals_back(invocation);
    }
    Outcome outcome = OCI_TRY(perform(invocation));
    if (outcome.output.empty()) return outcome;
    OCI_TRY(in_phase("output", explain(kernel::write_all(FdView{STDOUT_FILENO}, outcome.output),
                                       "cannot write to standard output")));
    return outcome;
}

/// As Docker has it, for who calls it by its words.
int failure_status_of_image(const Error& error) {
    constexpr int failed = 125;
    constexpr int not_executable = 126;
    constexpr int not_found = 127;
    if (error.code == "program-not-found") return not_found;
    return error.code == "program-not-executable" ? not_executable : failed;
}

int failure_status(const Invocation& invocation, const Error& error) {
    if (invocation.options.image_run.is_image) return failure_status_of_image(error);
    const bool is_exec = invocation.verb != nullptr && invocation.verb->name == "exec";
    return is_exec ? failure_before_exec : failure;
}

int run(Invocation& invocation, char** argv) {
    std::vector<std::string> arguments;
    for (char** each = argv; *each != nullptr; ++each) arguments.emplace_back(*each);
    if (!arguments.empty()) arguments.erase(arguments.begin());

    auto parsed = parse_globals(arguments);
    if (!parsed) {
        report_usage(Globals{}, nullptr, parsed.error());
        return failure;
    }
    invocation = std::move(parsed).value();
    const Globals& globals = invocation.globals;

    auto sink = open_log(globals);
    if (!sink) {
        report_failure(globals, sink.error());
        return failure_status(invocation, sink.error());
    }
    log::set_sink(std::move(sink).value());

    if (const auto asked = ask_service(invocation); !asked) {
        report_failure(globals, asked.error());
        return failure;
    }
    if (invocation.verb != nullptr || !invocation.unknown_verb.empty()) {
        if (const auto complete = parse_verb(invocation); !complete) {
            if (complete.error().kind == ErrorKind::Unsupported)
                report_failure(globals, complete.error());
            else
                report_usage(globals, invocation.verb, complete.error());
            const bool is_image = invocation.options.image_run.is_image;
            return is_image ? failure_status(invocation, complete.error()) : failure;
        }
    }
    const auto outcome = act(invocation, argv);
    if (outcome) return outcome.value().status;
    report_failure(globals, outcome.error());
    return failure_status(invocation, outcome.error());
}

void say_without_memory() noexcept {
    (void)kernel::write_all(FdView{STDERR_FILENO},
                            "oci-rt: out of memory\n");  // nobody else to tell
}

/// All that was half made has been taken back on the way here, which may have given memory free.
int report_want_of_memory(const Invocation& invocation) {
    try {
        const Error error =
            with(fail(ErrorKind::System, "out of memory"), {.code = "out-of-memory"}).error;
        report_failure(invocation.globals, error);
        return failure_status(invocation, error);
    } catch (const std::bad_alloc&) {
        say_without_memory();
        return failure_status(invocation, Error{});
    }
}

/// Where no exception may pass: in a destructor that takes something back, or before main. What is
/// left then is what a killed runtime leaves, and `delete --force` finds it.
[[noreturn]] void end_at_once() {
    try {
        // There is none where the C++ runtime had no memory for one.
        if (const auto why = std::current_exception()) std::rethrow_exception(why);
    } catch (const std::bad_alloc&) {
    } catch (...) {
        std::abort();
    }
    say_without_memory();
    ::_exit(failure);
}

/// Before the constructors of static objects, of which those of CLI11 allocate.
[[gnu::constructor(101)]] void expect_want_of_memory() { std::set_terminate(end_at_once); }

int main(char** argv) {
    tidy_descriptors();
    // A full disk or a closed pipe is an error to report, not a reason to die half-way.
    kernel::ignore_signal(SIGXFSZ);
    kernel::ignore_signal(SIGPIPE);
    Invocation invocation;
    try {
        return run(invocation, argv);
    } catch (const std::bad_alloc&) {
        return report_want_of_memory(invocation);
    }
}

}  // namespace
}  // namespace oci::cli

int main(int /*argc*/, char** argv) { return oci::cli::main(argv); }
