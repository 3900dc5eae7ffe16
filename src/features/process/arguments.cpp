// SPDX-License-Identifier: Apache-2.0
#include "features/process/arguments.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <unordered_map>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "features/process/passwd.hpp"
#include "kernel/process.hpp"

namespace oci::arguments {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view home_name = "HOME=";
constexpr std::size_t room_for_home = 1024;

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

Result<void> check(const Process& process) {
    if (process.args.empty())
        return fail(ErrorKind::InvalidConfig, "/process/args: must not be empty");
    for (std::size_t i = 0; i < process.args.size(); ++i)
        if (has_nul(process.args[i]))
            return fail(ErrorKind::InvalidConfig, "/process/args/{}: contains a NUL byte", i);
    for (std::size_t i = 0; i < process.env.size(); ++i) {
        const std::string& variable = process.env[i];
        const std::size_t equals = variable.find('=');
        if (equals == 0 || equals == std::string::npos)
            return fail(ErrorKind::InvalidConfig, "/process/env/{}: is not of the form NAME=value",
                        i);
        if (has_nul(variable))
            return fail(ErrorKind::InvalidConfig, "/process/env/{}: contains a NUL byte", i);
    }
    return {};
}

/// Without those that a later one of the same name replaces, and without an empty HOME.
std::vector<std::string> effective_environment(const std::vector<std::string>& env) {
    std::unordered_map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < env.size(); ++i) last[name_of(env[i])] = i;
    std::vector<std::string> effective;
    for (std::size_t i = 0; i < env.size(); ++i)
        if (last[name_of(env[i])] == i && env[i] != home_name) effective.push_back(env[i]);
    return effective;
}

/// The value of a variable in a list that has each at most once.
std::string_view value_of(const std::vector<std::string>& env, std::string_view name,
                          std::string_view otherwise) {
    for (const std::string_view variable : env)
        if (name_of(variable) == name) return variable.substr(name.size() + 1);
    return otherwise;
}

std::vector<std::string> candidates_of(const std::string& program, std::string_view path) {
    if (program.empty()) return {};
    if (program.find('/') != std::string::npos) return {program};
    std::vector<std::string> candidates;
    for (const std::string_view directory : split(path, ':'))
        candidates.push_back(std::string{directory.empty() ? "."sv : directory} + "/" + program);
    return candidates;
}

}  // namespace

Result<Plan> plan(const Process& process) {
    OCI_TRY(check(process));
    const std::vector<std::string> env = effective_environment(process.env);
    Plan plan;
    plan.texts = process.args;
    plan.texts.insert(plan.texts.end(), env.begin(), env.end());
    const auto variables = plan.texts.begin() + static_cast<std::ptrdiff_t>(process.args.size());
    for (auto text = plan.texts.begin(); text != plan.texts.end(); ++text)
        (text < variables ? plan.argv : plan.envp).push_back(text->data());
    if (value_of(env, "HOME", "").empty()) {
        constexpr std::string_view unknown = "HOME=/";
        plan.home.resize(room_for_home);
        std::copy(unknown.begin(), unknown.end(), plan.home.begin());
        plan.envp.push_back(plan.home.data());
    }
    plan.argv.push_back(nullptr);
    plan.envp.push_back(nullptr);
    plan.is_searched = process.args[0].find('/') == std::string::npos;
    plan.candidates = candidates_of(process.args[0], value_of(env, "PATH", default_path));
    return plan;
}

kernel::SysResult<void> find_home(Plan& plan, FdView root, uid_t uid) noexcept {
    if (plan.home.empty()) return {};
    std::array<char, room_for_home - home_name.size() - 1> buffer{};
    std::string_view home = passwd::home_of(root, uid, buffer);
    if (home.empty()) home = "/";
    char* const end = std::copy(home.begin(), home.end(), plan.home.data() + home_name.size());
    *end = '\0';
    return {};
}

kernel::SysResult<void> find_program(Plan& plan, Progress& progress) noexcept {
    progress.subject = plan.texts.front();
    int code = ENOENT;
    for (plan.chosen = 0; plan.chosen < plan.candidates.size(); ++plan.chosen) {
        const auto found = kernel::check_executable(plan.candidates[plan.chosen].c_str());
        if (found || !plan.is_searched) return found;
        // As execvp: a file that may not be executed is worth telling, a directory
        // that may not be searched is not.
        if (found.error().code == EACCES && found.error().call == "faccessat2"sv) code = EACCES;
    }
    return kernel::refuse(code, "find program");
}

kernel::SysResult<void> execute(const Plan& plan) noexcept {
    return kernel::execute(plan.candidates[plan.chosen].c_str(), plan.argv.data(),
                           plan.envp.data());
}

std::string describe_failure(const std::string& arg0, int code) {
    const std::string place = "exec: " + json_quoted(arg0) + ": ";
    if (code == EACCES || code == EPERM || code == EISDIR)
        return place + kernel::errno_text(EACCES);
    if (arg0.find('/') == std::string::npos) return place + "executable file not found in $PATH";
    return place + "stat " + escape_for_display(arg0) + ": " + kernel::errno_text(code);
}

std::string describe_failed_execution(const std::string& path, int code) {
    return "exec " + escape_for_display(path) + ": " + kernel::errno_text(code);
}

}  // namespace oci::arguments
