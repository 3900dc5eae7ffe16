// SPDX-License-Identifier: Apache-2.0
#include "kernel/id_map_program.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

namespace oci::kernel {
namespace {

constexpr int patience = 30'000;  // milliseconds: it may ask a directory service who we are

std::vector<std::string> arguments_of(const std::string& path, pid_t pid,
                                      const std::vector<IdMapping>& map) {
    std::vector<std::string> arguments{path.substr(path.rfind('/') + 1), std::to_string(pid)};
    for (const IdMapping& entry : map)
        for (const std::uint32_t number : {entry.container_id, entry.host_id, entry.size})
            arguments.push_back(std::to_string(number));
    return arguments;
}

[[noreturn]] void become_program(const char* path, char* const* argv, FdView output) noexcept {
    reset_dispositions();
    (void)set_signal_mask(no_signals());
    (void)duplicate_onto(output, STDOUT_FILENO);
    (void)duplicate_onto(output, STDERR_FILENO);
    char* const no_environment[] = {nullptr};
    (void)execute(path, argv, no_environment);
    ::_exit(127);
}

}  // namespace

std::string find_id_map_program(const char* name) {
    // Fixed places: PATH is the caller's, and a program found there would run with our maps.
    for (const char* directory :
         {"/usr/bin/", "/bin/", "/usr/local/bin/", "/run/wrappers/bin/", "/usr/sbin/", "/sbin/"}) {
        std::string path = std::string{directory} + name;
        if (check_executable(path.c_str())) return path;
    }
    return {};
}

SysResult<IdMapProgramEnd> run_id_map_program(const std::string& path, pid_t pid,
                                              const std::vector<IdMapping>& map) {
    std::vector<std::string> arguments = arguments_of(path, pid, map);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const UniqueFd output = OCI_TRY(make_memory_file("helper output"));
    Clone child = OCI_TRY(clone({}));
    if (child.pid == 0) become_program(path.c_str(), argv.data(), output);
    const Process process{child.pid, std::move(child.pidfd)};
    const bool has_ended = OCI_TRY(wait_readable(process.pidfd(), patience));
    if (!has_ended) return refuse(ETIMEDOUT, "wait");
    const Exit exit = OCI_TRY(wait_for_exit(process.pidfd()));
    std::array<char, 512> text{};
    const std::size_t size = OCI_TRY(read_at(output, text, 0));
    return IdMapProgramEnd{exit.status, escape_for_display(trim({text.data(), size}))};
}

}  // namespace oci::kernel
