// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "spec/names.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

Result<void> check_arguments(const Process& process, std::string_view at) {
    if (process.args.empty() || process.args[0].empty())
        return fail(ErrorKind::InvalidConfig, "{}/args: must name a program to run", at);
    for (std::size_t i = 0; i < process.args.size(); ++i)
        if (process.args[i].size() > longest_argument)
            return fail(ErrorKind::InvalidConfig, "{}/args/{}: longer than {} bytes", at, i,
                        longest_argument);
    return {};
}

Result<void> check_environment(const Process& process, std::string_view at) {
    return validate_environment(process.env, fmt::format("{}/env", at));
}

Result<void> check_total_size(const Process& process, std::string_view at) {
    constexpr std::size_t most_bytes = std::size_t{2} * 1024 * 1024;
    std::size_t bytes = 0;
    for (const auto* texts : {&process.args, &process.env})
        for (const std::string& text : *texts) bytes += text.size() + 1;
    if (bytes > most_bytes)
        return fail(ErrorKind::InvalidConfig, "{}: args and env are larger than {} bytes together",
                    at, most_bytes);
    return {};
}

Result<void> check_working_directory(const Process& process, std::string_view at) {
    if (process.cwd.empty())
        return fail(ErrorKind::InvalidConfig, "{}/cwd: is required, and must be absolute", at);
    if (process.cwd[0] != '/')
        return fail(ErrorKind::InvalidConfig, "{}/cwd: must be an absolute path (is \"{}\")", at,
                    escape_for_display(std::string_view(process.cwd).substr(0, 64)));
    if (process.cwd.size() > longest_path)
        return fail(ErrorKind::InvalidConfig, "{}/cwd: longer than {} bytes", at, longest_path);
    return {};
}

Result<void> check_user(const Process& process, std::string_view at) {
    const User& user = process.user;
    constexpr std::uint32_t largest_umask = 0777;
    if (user.uid > largest_id)
        return fail(ErrorKind::InvalidConfig, "{}/user/uid: must be at most {}", at, largest_id);
    if (user.gid > largest_id)
        return fail(ErrorKind::InvalidConfig, "{}/user/gid: must be at most {}", at, largest_id);
    if (user.umask > largest_umask)
        return fail(ErrorKind::InvalidConfig, "{}/user/umask: must be at most {} (octal 777)", at,
                    largest_umask);
    for (std::size_t i = 0; i < user.additional_gids.size(); ++i)
        if (user.additional_gids[i] > largest_id)
            return fail(ErrorKind::InvalidConfig, "{}/user/additionalGids/{}: must be at most {}",
                        at, i, largest_id);
    return {};
}

Result<void> check_rlimits(const Process& process, std::string_view at) {
    for (auto limit = process.rlimits.begin(); limit != process.rlimits.end(); ++limit) {
        const std::string here = fmt::format("{}/rlimits/{}", at, limit - process.rlimits.begin());
        if (std::ranges::find(words::rlimit_types, limit->type) == words::rlimit_types.end())
            return fail(ErrorKind::InvalidConfig, "{}/type: {}", here,
                        unknown_name(limit->type,
                                     {words::rlimit_types.begin(), words::rlimit_types.end()}));
        if (std::any_of(process.rlimits.begin(), limit,
                        [&](const Rlimit& other) { return other.type == limit->type; }))
            return fail(ErrorKind::InvalidConfig, "{}/type: {} is given twice", here, limit->type);
        if (limit->soft > limit->hard)
            return fail(ErrorKind::InvalidConfig, "{}/soft: must not be above hard ({} > {})", here,
                        limit->soft, limit->hard);
    }
    return {};
}

Result<void> check_oom_score(const Process& process, std::string_view at) {
    constexpr int extreme = 1000;
    if (process.oom_score_adj &&
        (*process.oom_score_adj < -extreme || *process.oom_score_adj > extreme))
        return fail(ErrorKind::InvalidConfig, "{}/oomScoreAdj: must be from {} to {}", at, -extreme,
                    extreme);
    return {};
}

Result<void> check_labels(const Process& process, std::string_view at) {
    if (has_control_character(process.apparmor_profile))
        return fail(ErrorKind::InvalidConfig, "{}/apparmorProfile: contains a control character",
                    at);
    if (has_control_character(process.selinux_label))
        return fail(ErrorKind::InvalidConfig, "{}/selinuxLabel: contains a control character", at);
    return {};
}

constexpr std::array checks{
    &check_arguments, &check_environment, &check_total_size,   &check_working_directory,
    &check_user,      &check_rlimits,     &check_oom_score,    &check_labels,
    &check_scheduler, &check_io_priority, &check_cpu_affinity,
};

}  // namespace

Result<void> validate_environment(const std::vector<std::string>& env, std::string_view at) {
    for (std::size_t i = 0; i < env.size(); ++i) {
        const std::size_t equals = env[i].find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorKind::InvalidConfig, "{}/{}: must have the form NAME=value", at, i);
        if (env[i].size() > longest_argument)
            return fail(ErrorKind::InvalidConfig, "{}/{}: longer than {} bytes", at, i,
                        longest_argument);
    }
    return {};
}

Result<void> validate_process(const Process& process, std::string_view at) {
    for (const auto check : checks) OCI_TRY(check(process, at));
    return {};
}

}  // namespace oci::spec
