// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/runtime_calls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

/// What the runtime and oci-rt-image call errors that are not theirs, and what the interface does.
struct Code {
    std::string_view of_runtime;
    std::string_view here;
    std::string_view detail;
};
constexpr std::array codes{
    Code{"cgroup-missing", "unsupported",
         "it has no cgroup of its own, without which this cannot be"},
    Code{"cgroup-not-mounted", "unsupported",
         "there are no cgroups here, without which this cannot be"},
    Code{"cgroup-not-delegated", "unsupported",
         "its cgroup is not ours, without which this cannot be"},
    Code{"image-not-found", "image-not-found", "the registry has no such image"},
    Code{"image-invalid", "manifest-unsupported", "the image says what cannot be"},
    Code{"config-syntax", "manifest-unsupported",
         "a document of the image is not what it should be"},
    Code{"invalid-config", "not-runnable", "no container can be made of the image in this way"},
    Code{"platform-missing", "no-platform", "the image is not there for this platform"},
    Code{"content-mismatch", "digest-mismatch", "what the registry sent is something else"},
    Code{"registry-unauthorized", "registry-auth", "the registry wants to be logged in to"},
    Code{"registry-busy", "registry-busy", "the registry answers no more requests for now"},
    Code{"registry-unreachable", "registry-timeout", "no answer comes from the registry"},
    Code{"registry-tls", "registry-tls", "the registry cannot be trusted to be itself"},
    Code{"registry-forbidden", "registry-denied",
         "this service fetches nothing from there, unless --allow-registry names it"},
};

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

void RuntimeCalls::start_in_turn(ChildCall call, OnEnd on_end) {
    waiting_.emplace_back(std::move(call), std::move(on_end));
    start_next();
}

void RuntimeCalls::start_next() {
    constexpr std::size_t most_at_once = 32;
    while (working_ < most_at_once && !waiting_.empty()) {
        auto [call, on_end] = std::move(waiting_.front());
        waiting_.pop_front();
        ++working_;
        start(std::move(call), [this, act = std::move(on_end)](ChildEnd end) {
            --working_;
            start_next();
            act(std::move(end));
        });
    }
}

ChildCall RuntimeCalls::call_of(const std::vector<std::string>& words,
                                std::chrono::milliseconds timeout) const {
    ChildCall call{.words = settings_.runtime, .timeout = timeout};
    call.words.insert(call.words.end(), words.begin(), words.end());
    return call;
}

ChildCall RuntimeCalls::image_call_of(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"image"};
    all.insert(all.end(), settings_.storage.begin(), settings_.storage.end());
    all.insert(all.end(), words.begin(), words.end());
    return call_of(all, {});
}

Children::Id RuntimeCalls::call(const std::vector<std::string>& words,
                                std::chrono::milliseconds timeout, OnEnd on_end) {
    return start(call_of(words, timeout), std::move(on_end));
}

Children::Id RuntimeCalls::call_image(const std::vector<std::string>& words, OnEnd on_end) {
    return start(image_call_of(words), std::move(on_end));
}

namespace {

std::vector<std::string> with_platform(std::vector<std::string> words,
                                       const std::string& platform) {
    if (!platform.empty()) words.push_back("--platform=" + platform);
    return words;
}

}  // namespace

void RuntimeCalls::inspect_image(const Wanted& wanted, OnEnd on_end) {
    start_in_turn(
        image_call_of(with_platform({"inspect", "--json", wanted.image}, wanted.platform)),
        std::move(on_end));
}

Children::Id RuntimeCalls::pull_image(const std::string& image, const std::string& platform,
                                      std::function<bool(std::string_view)> on_line, OnEnd on_end) {
    std::vector<std::string> words{"pull", "--log-format=json", "--progress=json"};
    words.insert(words.end(), settings_.reach.begin(), settings_.reach.end());
    words.push_back(image);
    ChildCall call = image_call_of(with_platform(std::move(words), platform));
    call.on_error_line = std::move(on_line);
    return start(std::move(call), std::move(on_end));
}

Children::Id RuntimeCalls::unpack_image(const Wanted& wanted, OnEnd on_end) {
    return call_image(with_platform({"unpack", "--log-format=json", wanted.image}, wanted.platform),
                      std::move(on_end));
}

/// A monitor makes the file, but no directory.
std::string RuntimeCalls::make_log_place(const std::string& id) const {
    (void)kernel::make_directory(kernel::here, settings_.logs.c_str(), 0700);
    std::string log = log_path(id);
    const std::string folder{parent_path(log)};
    (void)kernel::make_directory(kernel::here, folder.c_str(), 0700);
    return log;
}

std::vector<std::string> RuntimeCalls::options_for(const Wanted& wanted) const {
    // Only what was fetched under our rules is run.
    std::vector<std::string> options = with_platform({"--pull=never"}, wanted.platform);
    if (!settings_.storage.empty())
        options.push_back(settings_.storage[0] + "=" + settings_.storage[1]);
    return options;
}

void RuntimeCalls::prepare_container(const Wanted& wanted, const std::string& id, OnEnd on_end) {
    // Its options stand behind the verb, all of them.
    std::vector<std::string> words{"image"};
    for (std::string& word :
         prepare_words(wanted, id, settings_.state, ::getpid(), options_for(wanted)))
        words.push_back(std::move(word));
    start_in_turn(call_of(words, patient), std::move(on_end));
}

void RuntimeCalls::start_prepared(const spec::PreparedContainer& container, OnEnd on_end) {
    std::vector<std::string> words{"--log-format=json", "run", "--detach", "--monitor",
                                   "--bundle=" + container.bundle};
    words.push_back("--log-path=" + make_log_place(container.id));
    if (!container.overlay.empty()) words.push_back("--rootfs-overlay=" + container.overlay);
    if (container.interactive) words.emplace_back("--interactive");
    words.push_back(container.id);
    start_in_turn(call_of(words, patient), std::move(on_end));
}

Children::Id RuntimeCalls::release_prepared(const std::string& id, OnEnd on_end) {
    return call_image({"release", id}, std::move(on_end));
}

void RuntimeCalls::start_container(const Wanted& wanted, const std::string& id, OnEnd on_end) {
    std::vector<std::string> options = options_for(wanted);
    options.push_back("--log-path=" + make_log_place(id));
    std::vector<std::string> words = run_words(wanted, id, options);
    words.insert(words.begin(), "--log-format=json");
    start_in_turn(call_of(words, patient), std::move(on_end));
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
    return call(words, quick, std::move(on_end));
}

Children::Id RuntimeCalls::pause(const std::string& id, OnEnd on_end) {
    return call({"--log-format=json", "pause", id}, quick, std::move(on_end));
}

Children::Id RuntimeCalls::resume(const std::string& id, OnEnd on_end) {
    return call({"--log-format=json", "resume", id}, quick, std::move(on_end));
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

/// oci-rt-image prepares what `run` starts, and says in words why that cannot be.
Refusal refusal_of_start(const ChildEnd& end) {
    Refusal refusal =
        refusal_with_code(end, "runtime-failed", "the container could not be started");
    if (refusal.code != "runtime-failed" || !refusal.runtime_errors.starts_with("oci-rt-image: "))
        return refusal;
    refusal.code = "not-runnable";
    refusal.detail = "no container can be made of the image in this way";
    return refusal;
}

Refusal refusal_with_code(const ChildEnd& end, std::string_view code, std::string_view what) {
    Refusal refusal = refusal_of(end, code, what);
    const auto known = std::ranges::find(codes, read_reported(end.errors).code, &Code::of_runtime);
    if (known == codes.end() || refusal.code == "no-space") return refusal;
    refusal.code = known->here;
    refusal.detail = known->detail;
    return refusal;
}

}  // namespace oci::serve
