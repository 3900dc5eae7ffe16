// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "spec/names.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

void check_arguments(const Process& process, std::string_view at, Problems& problems) {
    if (process.args.empty() || process.args[0].empty())
        problems.add("{}/args: must name a program to run", at);
    for (std::size_t i = 0; i < process.args.size(); ++i)
        if (process.args[i].size() > longest_argument)
            problems.add("{}/args/{}: longer than {} bytes", at, i, longest_argument);
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

void check_user(const Process& process, std::string_view at, Problems& problems) {
    const User& user = process.user;
    constexpr std::uint32_t largest_umask = 0777;
    if (user.uid > largest_id) problems.add("{}/user/uid: must be at most {}", at, largest_id);
    if (user.gid > largest_id) problems.add("{}/user/gid: must be at most {}", at, largest_id);
    if (user.umask > largest_umask)
        problems.add("{}/user/umask: must be at most {} (octal 777)", at, largest_umask);
    for (std::size_t i = 0; i < user.additional_gids.size(); ++i)
        if (user.additional_gids[i] > largest_id)
            problems.add("{}/user/additionalGids/{}: must be at most {}", at, i, largest_id);
}

void check_rlimits(const Process& process, std::string_view at, Problems& problems) {
    // More than there are types must hold one twice.
    if (process.rlimits.size() > 2 * words::rlimit_types.size())
        return problems.add("{}/rlimits: more than {} entries", at, 2 * words::rlimit_types.size());
    for (auto limit = process.rlimits.begin(); limit != process.rlimits.end(); ++limit) {
        const std::string here = fmt::format("{}/rlimits/{}", at, limit - process.rlimits.begin());
        if (std::ranges::find(words::rlimit_types, limit->type) == words::rlimit_types.end())
            problems.add("{}/type: {}", here,
                         unknown_name(limit->type,
                                      {words::rlimit_types.begin(), words::rlimit_types.end()}));
        if (std::any_of(process.rlimits.begin(), limit,
                        [&](const Rlimit& other) { return other.type == limit->type; }))
            problems.add("{}/type: {} is given twice", here, limit->type);
        if (limit->soft > limit->hard)
            problems.add("{}/soft: must not be above hard ({} > {})", here, limit->soft,
                         limit->hard);
    }
}

Result<void> check_oom_score(const Process& process, std::string_view at) {
    constexpr int extreme = 1000;
    if (process.oom_score_adj &&
        (*process.oom_score_adj < -extreme || *process.oom_score_adj > extreme))
        return fail(ErrorKind::InvalidConfig, "{}/oomScoreAdj: must be from {} to {}", at, -extreme,
                    extreme);
    return {};
}

void check_labels(const Process& process, std::string_view at, Problems& problems) {
    if (has_control_character(process.apparmor_profile))
        problems.add("{}/apparmorProfile: contains a control character", at);
    if (has_control_character(process.selinux_label))
        problems.add("{}/selinuxLabel: contains a control character", at);
}

}  // namespace

void validate_environment(const std::vector<std::string>& env, std::string_view at,
                          Problems& problems) {
    for (std::size_t i = 0; i < env.size(); ++i) {
        const std::size_t equals = env[i].find('=');
        if (equals == std::string::npos || equals == 0)
            problems.add("{}/{}: must have the form NAME=value", at, i);
        if (env[i].size() > longest_argument)
            problems.add("{}/{}: longer than {} bytes", at, i, longest_argument);
    }
}

void validate_process(const Process& process, std::string_view at, Problems& problems) {
    check_arguments(process, at, problems);
    validate_environment(process.env, fmt::format("{}/env", at), problems);
    problems.note(check_total_size(process, at));
    problems.note(check_working_directory(process, at));
    check_user(process, at, problems);
    check_rlimits(process, at, problems);
    problems.note(check_oom_score(process, at));
    check_labels(process, at, problems);
    validate_scheduling(process, at, problems);
}

}  // namespace oci::spec
