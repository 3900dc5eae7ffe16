// SPDX-License-Identifier: Apache-2.0
#include "image/registry/credential_helper.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "spec/place.hpp"

namespace oci::image::registry {
namespace {

constexpr std::size_t longest_answer = 64 * 1024;

bool is_helper_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

/// Absolute; empty if there is none.
std::string find_program(std::string_view path, const std::string& name) {
    for (const std::string_view directory : split(path, ':')) {
        if (!directory.starts_with('/')) continue;
        std::string program = std::string{directory} + '/' + name;
        if (kernel::check_executable(program.c_str())) return program;
    }
    return {};
}

struct Child {
    const char* program;
    char* const* arguments;
    FdView input;
    FdView output;
    FdView nowhere;
};

kernel::SysResult<void> settle(const Child& child) noexcept {
    OCI_TRY(kernel::die_with_parent(SIGKILL));
    OCI_TRY(kernel::new_session());
    kernel::reset_dispositions();
    OCI_TRY(kernel::set_signal_mask(kernel::no_signals()));
    OCI_TRY(kernel::duplicate_onto(child.input, STDIN_FILENO));
    OCI_TRY(kernel::duplicate_onto(child.output, STDOUT_FILENO));
    OCI_TRY(kernel::duplicate_onto(child.nowhere, STDERR_FILENO));
    return kernel::close_range(STDERR_FILENO + 1, ~0U);
}

[[noreturn]] void become_helper(const Child& child) noexcept {
    constexpr int not_executed = 127;
    if (settle(child)) (void)kernel::execute(child.program, child.arguments, environ);  // or 127
    ::_exit(not_executed);
}

/// In files, so that neither side ever waits for the other.
Result<UniqueFd> file_with(std::string_view text) {
    UniqueFd file = OCI_TRY(explain(kernel::make_memory_file("credential helper"), "cannot ask"));
    OCI_TRY(explain(kernel::write_all(file, text), "cannot ask"));
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail(ErrorKind::System, "cannot ask");
    return file;
}

Result<std::string> text_in(FdView file) {
    std::string text(longest_answer, '\0');
    const std::size_t size = OCI_TRY(
        explain(kernel::read_at(file, std::span{text.data(), text.size()}, 0), "its answer"));
    text.resize(size);
    return text;
}

struct Ended {
    int status = 0;
    std::string output{};
};

Result<Ended> run(const std::string& program, std::string_view input,
                  std::chrono::seconds patience) {
    std::string name = program, verb = "get";
    const std::array<char*, 3> arguments{name.data(), verb.data(), nullptr};
    const UniqueFd question = OCI_TRY(file_with(input));
    const UniqueFd answer = OCI_TRY(file_with(""));
    const UniqueFd nowhere = OCI_TRY(
        explain(kernel::open_at(kernel::here, "/dev/null", O_WRONLY), "cannot open /dev/null"));
    auto clone = OCI_TRY(explain(kernel::clone({}), "cannot start {}", program));
    if (clone.pid == 0)
        become_helper({program.c_str(), arguments.data(), question, answer, nowhere});
    const kernel::Process process{clone.pid, std::move(clone.pidfd)};
    const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
    const bool has_ended = OCI_TRY(explain(
        kernel::wait_readable(process.pidfd(), static_cast<int>(most.count())), "{}", program));
    if (!has_ended) {
        // Before it is reaped: until then nobody else can be this group.
        (void)kernel::send_signal_to_group(process.pid(), SIGKILL);  // Process kills it, too
        return fail(ErrorKind::System, "{} takes more than {} seconds", program, patience.count());
    }
    const kernel::Exit exit =
        OCI_TRY(explain(kernel::wait_for_exit(process.pidfd()), "{}", program));
    Ended ended{.status = exit.status};
    ended.output = OCI_TRY(text_in(answer));
    return ended;
}

}  // namespace

Result<Credentials> read_helper_answer(std::string_view text) {
    const auto document = spec::parse_json(text);
    // What the reader has to say of it may quote the secret.
    if (!document) return fail(ErrorKind::System, "its answer is not JSON");
    const spec::Place place(document.value());
    std::string user, secret;
    if (!spec::required(place, "Username", user) || !spec::required(place, "Secret", secret))
        return fail(ErrorKind::System, "its answer has no Username or no Secret");
    if (user == "<token>") return Credentials{.identity_token = std::move(secret)};
    return Credentials{.user = std::move(user), .password = std::move(secret)};
}

Result<std::optional<Credentials>> ask_helper(std::string_view path, std::string_view helper,
                                              std::string_view server,
                                              std::chrono::seconds patience) {
    if (!is_helper_name(helper))
        return fail(ErrorKind::InvalidConfig, "{} is no name of a credential helper",
                    json_quoted(display_text(helper, 64)));
    const std::string name = "docker-credential-" + std::string{helper};
    const std::string program = find_program(path, name);
    if (program.empty()) return fail(ErrorKind::NotFound, "{} is not in PATH", name);
    const Ended ended = OCI_TRY(run(program, server, patience));
    if (ended.status != 0) {
        // The one text that all helpers agree on.
        if (ended.output.find("credentials not found") != std::string::npos)
            return std::optional<Credentials>{};
        return fail(ErrorKind::System, "{} fails with status {}", program, ended.status);
    }
    Credentials credentials = OCI_TRY(explain(read_helper_answer(ended.output), "{}", program));
    return std::optional{std::move(credentials)};
}

}  // namespace oci::image::registry
