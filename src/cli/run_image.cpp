// SPDX-License-Identifier: Apache-2.0
#include "cli/run_image.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/phase.hpp"
#include "cli/environment.hpp"
#include "cli/libexec_program.hpp"
#include "cli/monitored.hpp"
#include "commands/prepared.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"

namespace oci::cli {
namespace {

using commands::PreparedContainer;

constexpr int not_executed = 255;
constexpr int failure = 125;
constexpr std::size_t largest_answer = std::size_t{1} << 16U;

struct Answer {
    int status = 0;
    std::string text{};
};

Result<std::string> read_all(FdView pipe) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const std::size_t count = OCI_TRY(
            explain(kernel::read_some(pipe, buffer), "cannot read the answer of oci-rt-image"));
        if (count == 0) return text;
        text.append(buffer.data(), count);
        if (text.size() > largest_answer)
            return fail(ErrorKind::System, "the answer of oci-rt-image is too long");
    }
}

/// Its progress and its errors go where ours go. It ends with us.
Result<Answer> call_helper(std::vector<std::string> words) {
    const std::string path = libexec_program(image_program.name);
    words.insert(words.begin(), path);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    kernel::Pipe pipe = OCI_TRY(explain(kernel::make_pipe(), "cannot make a pipe"));
    kernel::Clone child = OCI_TRY(explain(kernel::clone({}), "cannot start oci-rt-image"));
    if (child.pid == 0) {
        (void)kernel::die_with_parent(SIGKILL);
        (void)kernel::duplicate_onto(pipe.writer, STDOUT_FILENO);
        (void)kernel::execute(path.c_str(), argv.data(), environ);
        ::_exit(not_executed);
    }
    kernel::Process process{child.pid, std::move(child.pidfd)};
    pipe.writer.reset();
    Answer answer;
    answer.text = OCI_TRY(read_all(pipe.reader));
    const kernel::Exit end =
        OCI_TRY(explain(kernel::wait_for_exit(process.pidfd()), "cannot wait for oci-rt-image"));
    (void)process.release();  // reaped: nothing left to kill
    if (end.status == not_executed) return not_installed(image_program);
    answer.status = end.status;
    return answer;
}

std::vector<std::string> words_for_release(const PreparedContainer& container) {
    return {"--storage", container.storage, "release", container.id};
}

Result<RunOptions> options_of(const Invocation& call, const PreparedContainer& container) {
    RunOptions options = call.options.run;
    options.create.bundle = container.bundle;
    if (!container.overlay.empty())
        options.create.overlay = OCI_TRY(commands::read_overlay_file(container.overlay));
    options.keep = !container.remove;
    return options;
}

/// What the program reads is at its end at once.
Result<void> close_input() {
    const UniqueFd null = OCI_TRY(
        explain(kernel::open_at(kernel::here, "/dev/null", O_RDONLY), "cannot open /dev/null"));
    return explain(kernel::duplicate_onto(null, STDIN_FILENO), "cannot use /dev/null");
}

/// A monitor stays with it: for its log, its end, and who wants to attach.
Result<Outcome> start_detached_image_container(const Runtime& runtime, const ContainerId& id,
                                               const MonitorFlags& flags,
                                               const PreparedContainer& container) {
    CreateOptions create;
    create.bundle = container.bundle;
    MonitorOptions options = OCI_TRY(monitor_options(flags, create));
    options.root_overlay = container.overlay;
    if (options.log.path.empty()) options.log.path = join_path(container.directory, "log");
    options.keep_input = container.interactive;
    options.remove = container.remove;
    OCI_TRY(start_monitored(runtime, id, std::move(options)));
    return Outcome{.output = id.text() + '\n'};
}

Result<Outcome> run_container(const Runtime& runtime, const Invocation& call,
                              const PreparedContainer& container) {
    const ContainerId id = OCI_TRY(ContainerId::parse(container.id));
    if (container.detach)
        return start_detached_image_container(runtime, id, call.options.monitor, container);
    const RunOptions options = OCI_TRY(options_of(call, container));
    if (!container.interactive) OCI_TRY(close_input());
    const int status = OCI_TRY(runtime.run(id, options));
    return Outcome{.status = status};
}

std::vector<std::string> words_for_prepare(const Invocation& call) {
    std::vector<std::string> words{"prepare", "--state-root=" + settings_of(call.globals).root,
                                   fmt::format("--runner={}", ::getpid())};
    const auto& options = call.options.image_run.options;
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("--");
    words.insert(words.end(), call.words.begin(), call.words.end());
    return words;
}

}  // namespace

Result<Outcome> run_image(const Runtime& runtime, const Invocation& call) {
    const Answer answer = OCI_TRY(in_phase("image", call_helper(words_for_prepare(call))));
    // It has said why.
    if (answer.status != 0) return Outcome{.status = failure};
    const PreparedContainer container =
        OCI_TRY(in_phase("image", commands::read_prepared_container(answer.text)));
    auto outcome = run_container(runtime, call, container);
    if (outcome) return outcome;
    // Where it got to be a container, deleting it has done that already.
    const auto released = call_helper(words_for_release(container));
    if (!released)
        log::warning("cannot remove what was made for {}: {}", container.id,
                     released.error().message);
    return outcome;
}

}  // namespace oci::cli
