// SPDX-License-Identifier: Apache-2.0
#include "commands/exec_process.hpp"

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "spec/json.hpp"
#include "spec/read.hpp"

namespace oci::commands {
namespace {

constexpr std::uint32_t largest_id = 4294967294U;  // the next one means "no change"

Result<std::uint32_t> parse_id(std::string_view text, const std::string& whole) {
    const auto number = parse_number<std::uint32_t>(text);
    if (!number || *number > largest_id)
        return with(fail(ErrorKind::InvalidConfig,
                         "invalid user \"{}\": must be UID or UID:GID, numbers from 0 to {}",
                         escape_for_display(whole), largest_id),
                    {.code = "usage"});
    return *number;
}

Result<Process> from_file(const Spec& spec, const std::string& path) {
    const std::string text =
        OCI_TRY(explain(kernel::read_text(kernel::here, path.c_str(), spec::largest_document),
                        "cannot read the process file {}", path));
    return explain(spec::read_process(text, spec.process.value_or(Process{})), "process file {}",
                   path);
}

/// Added, but never to the inheritable and ambient sets (CVE-2022-29162).
void add_capabilities(Capabilities& sets, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        sets.bounding.push_back(name);
        sets.effective.push_back(name);
        sets.permitted.push_back(name);
    }
}

}  // namespace

Result<User> parse_user(const std::string& text, const User& container) {
    User user = container;
    const auto parts = split(text, ':');
    if (parts.size() > 2) return Failure{parse_id("", text).error()};
    user.uid = OCI_TRY(parse_id(parts[0], text));
    user.gid = 0;
    if (parts.size() == 2) user.gid = OCI_TRY(parse_id(parts[1], text));
    user.additional_gids.clear();
    return user;
}

Result<Process> exec_process(const Spec& spec, const ExecOptions& options) {
    if (!options.process_file.empty()) return from_file(spec, options.process_file);
    if (options.args.empty())
        return with(
            fail(ErrorKind::InvalidConfig, "exec: no program is given, and no --process file"),
            {.code = "usage"});
    Process process = spec.process.value_or(Process{});
    process.args = options.args;
    process.terminal = options.terminal.value_or(false);
    if (!options.cwd.empty()) process.cwd = options.cwd;
    if (!process.cwd.starts_with('/'))
        return with(fail(ErrorKind::InvalidConfig, "--cwd {}: must be absolute", process.cwd),
                    {.code = "usage"});
    for (const std::string& variable : options.env) {
        if (variable.find('=') == std::string::npos || variable.starts_with('='))
            return with(fail(ErrorKind::InvalidConfig, "--env {}: must be NAME=VALUE",
                             escape_for_display(variable)),
                        {.code = "usage"});
        process.env.push_back(variable);
    }
    if (options.user) process.user = OCI_TRY(parse_user(*options.user, process.user));
    std::ranges::copy(options.additional_gids, std::back_inserter(process.user.additional_gids));
    add_capabilities(process.capabilities, options.capabilities);
    if (options.no_new_privileges) process.no_new_privileges = *options.no_new_privileges;
    if (!options.apparmor_profile.empty()) process.apparmor_profile = options.apparmor_profile;
    if (!options.selinux_label.empty()) process.selinux_label = options.selinux_label;
    return process;
}

}  // namespace oci::commands
