// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/runtime_calls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "serve/containers/reported.hpp"

namespace oci::serve {
namespace {

using std::chrono::seconds;

constexpr seconds quick{20};
constexpr seconds patient{120};
constexpr std::size_t kept_errors = 2000;

}  // namespace

/// Where not even a process can be started, the end is told at once: as one that could not begin.
Children::Id RuntimeCalls::start(ChildCall call, OnEnd on_end) {
    call.on_end = on_end;
    const auto started = children_.start(std::move(call));
    if (started) return started.value();
    constexpr int cannot_begin = 126;
    on_end(ChildEnd{.status = cannot_begin, .errors = started.error().message});
    return 0;
}

Children::Id RuntimeCalls::call(std::vector<std::string> words, std::chrono::milliseconds timeout,
                                OnEnd on_end) {
    ChildCall call{.words = settings_.runtime, .timeout = timeout};
    call.words.insert(call.words.end(), words.begin(), words.end());
    return start(std::move(call), std::move(on_end));
}

Children::Id RuntimeCalls::call_image(std::vector<std::string> words, OnEnd on_end) {
    ChildCall call{.words = settings_.runtime};
    call.words.emplace_back("image");
    call.words.insert(call.words.end(), settings_.storage.begin(), settings_.storage.end());
    call.words.insert(call.words.end(), words.begin(), words.end());
    return start(std::move(call), std::move(on_end));
}

namespace {

std::vector<std::string> with_platform(std::vector<std::string> words,
                                       const std::string& platform) {
    if (!platform.empty()) words.push_back("--platform=" + platform);
    return words;
}

}  // namespace

Children::Id RuntimeCalls::inspect_image(const Wanted& wanted, OnEnd on_end) {
    return call_image(with_platform({"inspect", "--json", wanted.image}, wanted.platform),
                      std::move(on_end));
}

Children::Id RuntimeCalls::pull_image(const std::string& image, const std::string& platform,
                                      std::function<bool(std::string_view)> on_line, OnEnd on_end) {
    ChildCall call{.words = settings_.runtime, .on_error_line = std::move(on_line)};
    call.words.insert(call.words.end(), {"image", "--log-format", "json"});
    call.words.insert(call.words.end(), settings_.storage.begin(), settings_.storage.end());
    for (std::string& word : with_platform({"pull", "--progress=json", image}, platform))
        call.words.push_back(std::move(word));
    return start(std::move(call), std::move(on_end));
}

Children::Id RuntimeCalls::unpack_image(const Wanted& wanted, OnEnd on_end) {
    return call_image(with_platform({"unpack", wanted.image}, wanted.platform), std::move(on_end));
}

/// A monitor makes the file, but no directory.
std::string RuntimeCalls::make_log_place(const std::string& id) const {
    (void)kernel::make_directory(kernel::here, settings_.logs.c_str(), 0700);
    std::string log = log_path(id);
    const std::string folder{parent_path(log)};
    (void)kernel::make_directory(kernel::here, folder.c_str(), 0700);
    return log;
}

Children::Id RuntimeCalls::prepare_container(const Wanted& wanted, const std::string& id,
                                             OnEnd on_end) {
    // Its options stand behind the verb, all of them.
    std::vector<std::string> words{"image"};
    for (std::string& word :
         prepare_words(wanted, id, settings_.state, ::getpid(), settings_.storage))
        words.push_back(std::move(word));
    return call(std::move(words), patient, std::move(on_end));
}

Children::Id RuntimeCalls::start_prepared(const spec::PreparedContainer& container, OnEnd on_end) {
    std::vector<std::string> words{"run", "--detach", "--monitor", "--bundle=" + container.bundle};
    words.push_back("--log-path=" + make_log_place(container.id));
    if (!container.overlay.empty()) words.push_back("--rootfs-overlay=" + container.overlay);
    if (container.interactive) words.emplace_back("--interactive");
    words.push_back(container.id);
    return call(std::move(words), patient, std::move(on_end));
}

Children::Id RuntimeCalls::release_prepared(const std::string& id, OnEnd on_end) {
    return call_image({"release", id}, std::move(on_end));
}

Children::Id RuntimeCalls::start_container(const Wanted& wanted, const std::string& id,
                                           OnEnd on_end) {
    std::vector<std::string> options = settings_.storage;
    options.push_back("--log-path=" + make_log_place(id));
    return call(run_words(wanted, id, options), patient, std::move(on_end));
}

std::string RuntimeCalls::state_directory(const std::string& id) const {
    return settings_.state + "/" + id;
}

std::string RuntimeCalls::cgroup_of(const std::string& id) const {
    constexpr std::size_t largest_note = std::size_t{64} * 1024;
    const std::string path = state_directory(id) + "/recovery";
    const auto note = kernel::read_text(kernel::here, path.c_str(), largest_note);
    if (!note) return {};
    // Its first two lines: where cgroup v2 is, and where in it the container.
    const auto lines = split(note.value(), '\n');
    if (lines.size() < 3 || !lines[0].starts_with('/') || !lines[1].starts_with('/')) return {};
    return std::string{lines[0]} + std::string{lines[1]};
}

std::string RuntimeCalls::log_path(const std::string& id) const {
    return settings_.logs + "/" + id + "/log";
}

void RuntimeCalls::remove_log(const std::string& id) {
    const std::string folder{parent_path(log_path(id))};
    const auto directory =
        kernel::open_at(kernel::here, folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) return;
    const auto names = kernel::read_directory(directory.value());
    if (!names) return;
    // What stays takes room, and is in nobody's way.
    for (const std::string& name : names.value())
        (void)kernel::remove(directory.value(), name.c_str());
    (void)kernel::remove(kernel::here, folder.c_str(), AT_REMOVEDIR);
}

Children::Id RuntimeCalls::read_state(const std::string& id, OnEnd on_end) {
    return call({"state", id}, quick, std::move(on_end));
}

Children::Id RuntimeCalls::kill(const std::string& id, const std::string& signal, bool all,
                                OnEnd on_end) {
    std::vector<std::string> words{"kill"};
    if (all) words.emplace_back("--all");
    words.insert(words.end(), {id, signal});
    return call(std::move(words), quick, std::move(on_end));
}

Children::Id RuntimeCalls::pause(const std::string& id, OnEnd on_end) {
    return call({"pause", id}, quick, std::move(on_end));
}

Children::Id RuntimeCalls::resume(const std::string& id, OnEnd on_end) {
    return call({"resume", id}, quick, std::move(on_end));
}

Children::Id RuntimeCalls::remove(const std::string& id, OnEnd on_end) {
    return call({"delete", "--force", id}, patient, std::move(on_end));
}

Children::Id RuntimeCalls::update(const std::string& id, const std::string& resources,
                                  OnEnd on_end) {
    ChildCall call{.words = settings_.runtime, .input = resources, .timeout = quick};
    call.words.insert(call.words.end(), {"--log-format", "json", "update", "--resources", "-", id});
    return start(std::move(call), std::move(on_end));
}

Children::Id RuntimeCalls::exec(std::vector<std::string> words, ChildCall::Streams streams,
                                OnEnd on_end) {
    ChildCall call{.words = settings_.runtime, .streams = std::move(streams)};
    call.words.emplace_back("exec");
    call.words.insert(call.words.end(), words.begin(), words.end());
    return start(std::move(call), std::move(on_end));
}

Children::Id RuntimeCalls::exec_captured(std::vector<std::string> words, std::string input,
                                         std::chrono::milliseconds timeout, OnEnd on_end) {
    ChildCall call{.words = settings_.runtime, .input = std::move(input), .timeout = timeout};
    call.words.emplace_back("exec");
    call.words.insert(call.words.end(), words.begin(), words.end());
    return start(std::move(call), std::move(on_end));
}

void RuntimeCalls::end(Children::Id call) { children_.send_signal(call, SIGTERM); }

Refusal refusal_of(const ChildEnd& end, std::string_view code, std::string_view what) {
    const Reported reported = read_reported(end.errors);
    std::string_view errors = reported.text;
    if (errors.size() > kept_errors) errors = errors.substr(errors.size() - kept_errors);
    const bool is_full = errors.find("no space left") != std::string_view::npos ||
                         errors.find("No space left") != std::string_view::npos;
    return Refusal{.code = std::string{is_full ? "no-space" : code},
                   .detail = std::string{what} + (end.timed_out ? ": it took too long" : ""),
                   .runtime_status = end.status,
                   .runtime_errors = std::string{errors}};
}

}  // namespace oci::serve
