// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-image: argv in, exit status out.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <optional>
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
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

constexpr std::array<std::string_view, 4> verbs_as_root{"unpack", "prune", "prepare", "release"};

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

Result<run::Options> parse_run_options(const std::vector<std::string>& words) {
    run::Surroundings surroundings;
    std::array<char, PATH_MAX> directory{};
    if (::getcwd(directory.data(), directory.size()) != nullptr)
        surroundings.directory = directory.data();
    surroundings.variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
    };
    surroundings.read_file = [](const std::string& path) {
        constexpr std::size_t largest = std::size_t{1} << 20U;
        return explain(kernel::read_text(kernel::here, path.c_str(), largest), "cannot read {}",
                       path);
    };
    return run::parse_options(words, surroundings);
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
        if (call.verb == "prepare") {
            // The runtime waits for an answer: without it there is nothing to do.
            (void)kernel::die_with_parent(SIGKILL);
            call.run = OCI_TRY(parse_run_options(call.words));
            call.storage = call.run.storage;
        }
        if (call.storage.empty())
            call.storage =
                default_storage(::geteuid() == 0, variable("XDG_DATA_HOME"), variable("HOME"));
        // Layers have files that belong to others than the caller.
        if (std::ranges::count(verbs_as_root, call.verb) > 0) {
            Entered entered = OCI_TRY(enter_user_namespace());
            if (entered.status) return *entered.status;
            if (!entered.warning.empty() && (call.verb == "unpack" || call.verb == "prepare"))
                log::warning("{}", entered.warning);
            if (call.verb == "prepare") (void)kernel::die_with_parent(SIGKILL);
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
