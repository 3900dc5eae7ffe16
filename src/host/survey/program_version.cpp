// SPDX-License-Identifier: Apache-2.0
#include "host/survey/program_version.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/text.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

namespace oci::host {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[noreturn]] void become(const char* path, char* const* argv, FdView output) noexcept {
    (void)kernel::die_with_parent(SIGKILL);
    kernel::reset_dispositions();
    (void)kernel::set_signal_mask(kernel::no_signals());
    (void)kernel::duplicate_onto(output, STDOUT_FILENO);
    (void)kernel::duplicate_onto(output, STDERR_FILENO);
    char* const no_environment[] = {nullptr};
    (void)kernel::execute(path, argv, no_environment);
    ::_exit(127);
}

/// Empty if it fails, or takes too long.
std::string output_of(std::string path, std::string argument) {
    constexpr int longest = 1000;  // milliseconds
    const auto output = kernel::make_memory_file("version");
    if (!output) return {};
    char* const argv[] = {path.data(), argument.data(), nullptr};
    auto child = kernel::clone({});
    if (!child) return {};
    if (child.value().pid == 0) become(path.c_str(), argv, output.value());
    const kernel::Process process{child.value().pid, std::move(child.value().pidfd)};
    const auto has_ended = kernel::wait_readable(process.pidfd(), longest);
    if (!has_ended || !has_ended.value()) return {};
    std::array<char, 256> text{};
    const auto size = kernel::read_at(output.value(), text, 0);
    return size ? std::string{text.data(), size.value()} : std::string{};
}

}  // namespace

std::string version_in(std::string_view text) {
    for (const std::string_view line : split(text, '\n'))
        for (const std::string_view word : split(line, ' ')) {
            const std::string_view number = trim(word);
            if (number.empty() || !is_digit(number.front()) ||
                number.find('.') == std::string_view::npos)
                continue;
            return escape_for_display(number);
        }
    return {};
}

ProgramInfo survey_program(FdView root, std::string_view name) {
    ProgramInfo info{.path = find_program(root, name)};
    if (!info.path.empty()) info.version = version_in(output_of(info.path, "--version"));
    return info;
}

}  // namespace oci::host
