// SPDX-License-Identifier: Apache-2.0
#include "host/survey/survey.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "host/facts.hpp"
#include "host/survey/cgroups.hpp"
#include "host/survey/ids.hpp"
#include "host/survey/kernel.hpp"
#include "host/survey/program_version.hpp"
#include "host/survey/system.hpp"
#include "host/users.hpp"
#include "kernel/files.hpp"

namespace oci::host {
namespace {

UserInfo survey_user() {
    UserInfo user{.uid = ::geteuid(), .name = user_name(::geteuid())};
    user.in_initial_user_namespace = is_in_initial_user_namespace();
    user.is_host_root = user.uid == 0 && user.in_initial_user_namespace;
    return user;
}

}  // namespace

HostInfo survey_users(UserNamespaces user_namespaces) {
    HostInfo info;
    info.user = survey_user();
    auto opened = kernel::open_at(kernel::here, "/", O_PATH | O_DIRECTORY);
    const UniqueFd root = opened ? std::move(opened).value() : UniqueFd{};
    info.distribution = survey_distribution(root);
    UserNamespaceInfo limits = survey_user_namespace_limits(root);
    if (user_namespaces == UserNamespaces::Unwanted) {
        info.user_namespaces = {.available = true, .limits = std::move(limits.limits)};
        return info;
    }
    info.user_namespaces = std::move(limits);
    probe_user_namespace(info.user_namespaces);
    info.subordinate_ids = survey_ids(root, info.user);
    return info;
}

HostInfo survey(const std::string& state_root) {
    HostInfo info;
    info.user = survey_user();
    // Without a root directory nothing can be read, and that is then the answer.
    auto opened = kernel::open_at(kernel::here, "/", O_PATH | O_DIRECTORY);
    const UniqueFd root = opened ? std::move(opened).value() : UniqueFd{};
    info.distribution = survey_distribution(root);
    info.state_root = survey_state_root(root, state_root);
    info.kernel = survey_kernel(root);
    info.cgroup = survey_cgroups(root, info.user);
    info.systemd = survey_systemd(root, info.user, info.kernel.machine);
    info.user_namespaces = survey_user_namespace_limits(root);
    probe_user_namespace(info.user_namespaces);
    info.subordinate_ids = survey_ids(root, info.user);
    info.seccomp = survey_seccomp(root);
    info.security = survey_security(root);
    info.criu = survey_program(root, "criu");
    info.resctrl = survey_resctrl(root);
    return info;
}

}  // namespace oci::host
