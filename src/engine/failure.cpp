// SPDX-License-Identifier: Apache-2.0
#include "engine/failure.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "base/advice.hpp"
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "features/process/arguments.hpp"

namespace oci::engine {
namespace {

/// What of config.json a step is about, where its subject does not say it.
constexpr std::array pointers{
    Named<std::string_view>{"user namespace", "/linux/uidMappings"},
    Named<std::string_view>{"time namespace", "/linux/timeOffsets"},
    Named<std::string_view>{"cgroup namespace", "/linux/namespaces"},
    Named<std::string_view>{"clone", "/linux/namespaces"},
    Named<std::string_view>{"rootfs", "/root/path"},
    Named<std::string_view>{"pivot_root", "/root/path"},
    Named<std::string_view>{"terminal", "/process/terminal"},
    Named<std::string_view>{"cwd", "/process/cwd"},
    Named<std::string_view>{"memory policy", "/linux/memoryPolicy"},
    Named<std::string_view>{"credentials", "/process/user"},
    Named<std::string_view>{"capabilities", "/process/capabilities"},
    Named<std::string_view>{"exec", "/process/args/0"},
    Named<std::string_view>{"execve", "/process/args/0"},
    Named<std::string_view>{"process", "/process"},
    Named<std::string_view>{"no_new_privs", "/process/noNewPrivileges"},
};

/// "/data (/mounts/7)", or a pointer by itself.
std::string_view pointer_in_subject(std::string_view subject) noexcept {
    const std::size_t begin = subject.rfind("(/");
    if (subject.ends_with(')') && begin != std::string_view::npos)
        return subject.substr(begin + 1, subject.size() - begin - 2);
    const bool is_pointer = subject.starts_with("/linux/") || subject.starts_with("/process/");
    return is_pointer ? subject : std::string_view{};
}

std::string pointer_of(const std::string& step, const std::string& subject) {
    if (step == "hostname") return "/" + subject;
    if (step == "sysctl" && subject.find_first_of("/~") == std::string::npos)
        return "/linux/sysctl/" + subject;
    if (step == "mounts" || step == "devices" || step == "namespaces" || step == "seccomp" ||
        step == "scheduler" || step == "personality" || step == "CPU affinity")
        return std::string{pointer_in_subject(subject)};
    return std::string{value_named(pointers, step).value_or(std::string_view{})};
}

Error failed_execution(const std::string& step, const std::string& program, int number) {
    const bool is_missing = number == ENOENT || number == ENOTDIR;
    Error error;
    error.message = step == "exec" ? arguments::describe_failure(program, number)
                                   : arguments::describe_failed_execution(program, number);
    constexpr Code missing{"program-not-found"};
    constexpr Code refused{"program-not-executable"};
    error.code = (is_missing ? missing : refused).name();
    return error;
}

}  // namespace

Error error_of(const Message& message) {
    const std::string step{message.step.view()};
    const std::string subject{message.subject.view()};
    if (message.hook.ending != hooks::Ending::Succeeded) {
        const auto explained = hooks::explain_outcome(step, subject, message.hook);
        if (!explained) return explained.error();
    }
    Error error;
    if (step == "exec" || step == "execve") {
        error = failed_execution(step, subject, message.code);
    } else {
        const std::string place = subject.empty() ? step : step + " " + subject;
        error.message = fmt::format("init: {}: {}: {}", place, message.call.view(),
                                    kernel::errno_text(message.code));
    }
    error.phase = step;
    error.number = message.code;
    error.pointer = pointer_of(step, subject);
    constexpr Code no_process{"process-absent"};
    if (step == "process") error.code = no_process.name();
    advise(error, message.call.view());
    return error;
}

Error error_of(const kernel::Exit& exit) {
    const bool was_killed = exit.by_signal && exit.status == 128 + SIGKILL;
    if (was_killed)
        return with(fail(ErrorKind::System, "init was killed while it set up the container"),
                    {.code = "init-killed",
                     .phase = "init",
                     .hint = "if nobody did, memory has run out: see "
                             "/linux/resources/memory/limit and the kernel's log"})
            .error;
    return with(fail(ErrorKind::System,
                     "init ended while it set up the container, and did not say why (status {})",
                     exit.status),
                {.code = "init-lost", .phase = "init"})
        .error;
}

}  // namespace oci::engine
