// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-image: argv in, exit status out.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/explain.hpp"
#include "base/text.hpp"
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

void say(std::string_view text) {
    // Standard error is the last place to tell anything.
    (void)kernel::write_all(FdView{STDERR_FILENO},
                            "oci-rt-image: " + escape_for_display(text) + "\n");
}

Result<int> act(const std::vector<std::string>& arguments) {
    Call call = OCI_TRY(parse_call(arguments));
    Outcome outcome{.output = call.answer};
    if (call.answer.empty()) {
        if (call.storage.empty())
            call.storage =
                default_storage(::geteuid() == 0, variable("XDG_DATA_HOME"), variable("HOME"));
        // Layers have files that belong to others than the caller.
        if (call.verb == "unpack" || call.verb == "prune") {
            Entered entered = OCI_TRY(enter_user_namespace());
            if (entered.status) return *entered.status;
            if (!entered.warning.empty() && call.verb == "unpack") say(entered.warning);
            call.maps = std::move(entered.maps);
        }
        const Store store = OCI_TRY(Store::open(call.storage));
        outcome = OCI_TRY(perform(store, call));
    }
    for (const std::string& warning : outcome.warnings) say("warning: " + warning);
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
    const auto status = act(arguments);
    if (status) return status.value();
    say(status.error().message);
    if (!status.error().hint.empty()) say(status.error().hint);
    return 1;
}

}  // namespace
}  // namespace oci::image::program

int main(int /*argc*/, char** argv) { return oci::image::program::main(argv); }
