// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-image: argv in, exit status out.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/advice.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "image/program/verbs.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

namespace oci::image::program {
namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

bool is_json(const Call& call) { return call.log_format == "json"; }

void open_log(const Call& call) {
    log::Sink sink;
    sink.to_stderr = true;
    sink.format = is_json(call) ? log::Format::Json : log::Format::Text;
    sink.least = call.debug ? log::Level::Debug : log::Level::Warning;
    log::set_sink(std::move(sink));
}

/// As a line of the log for programs, and as a sentence for people.
void report(const Call& call, const Error& error) {
    if (is_json(call)) return log::write(error);
    // Standard error is the last place to tell anything.
    (void)kernel::write_all(FdView{STDERR_FILENO},
                            fmt::format("oci-rt-image: {}\n", text_of(error)));
}

Result<int> act(Call& call) {
    Outcome outcome{.output = call.answer};
    if (call.answer.empty()) {
        if (call.storage.empty())
            call.storage =
                default_storage(::geteuid() == 0, variable("XDG_DATA_HOME"), variable("HOME"));
        // Layers have files that belong to others than the caller.
        if (call.verb == "unpack" || call.verb == "prune") {
            Entered entered = OCI_TRY(enter_user_namespace());
            if (entered.status) return *entered.status;
            if (!entered.warning.empty() && call.verb == "unpack")
                log::warning("{}", entered.warning);
            call.maps = std::move(entered.maps);
        }
        const Store store = OCI_TRY(Store::open(call.storage));
        outcome = OCI_TRY(perform(store, call));
    }
    for (const std::string& warning : outcome.warnings) log::warning("{}", warning);
    if (!outcome.output.empty())
        OCI_TRY(explain(kernel::write_all(FdView{STDOUT_FILENO}, outcome.output),
                        "cannot write to standard output"));
    return outcome.status;
}

int main(char** argv) {
    // A full disk or a closed pipe is an error to report, not a reason to die half-way.
    kernel::ignore_signal(SIGXFSZ);
    kernel::ignore_signal(SIGPIPE);
    kernel::set_umask(022);
    std::vector<std::string> arguments;
    for (char** each = argv; *each != nullptr; ++each) arguments.emplace_back(*each);
    if (!arguments.empty()) arguments.erase(arguments.begin());
    auto parsed = parse_call(arguments);
    if (!parsed) {
        Error mistake = std::move(parsed).error();
        mistake.message = "Incorrect usage: " + mistake.message;
        report(Call{}, mistake);
        return 1;
    }
    Call call = std::move(parsed).value();
    open_log(call);
    const auto status = in_phase(call.verb, act(call));
    if (status) return status.value();
    report(call, status.error());
    return 1;
}

}  // namespace
}  // namespace oci::image::program

int main(int /*argc*/, char** argv) { return oci::image::program::main(argv); }
