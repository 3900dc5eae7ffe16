// SPDX-License-Identifier: Apache-2.0
#include "cli/print_info.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/named_values.hpp"
#include "base/text.hpp"
#include "cli/info_words.hpp"
#include "cli/print_findings.hpp"

namespace oci::cli {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t label_width = 17;
constexpr std::size_t line_width = 88;

/// "label   word, word, …", continued below the first word where the line is full.
void add_row(std::string& out, std::string_view label, const Words& words) {
    std::string line = fmt::format("{:<{}}", label, label_width);
    std::size_t width = line.size();
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string word = escape_for_display(words[i]) + (i + 1 < words.size() ? "," : "");
        if (i > 0 && width + 1 + word.size() > line_width) {
            line += "\n" + std::string(label_width, ' ');
            width = label_width;
        } else if (i > 0) {
            line += ' ';
            ++width;
        }
        line += word;
        width += word.size();
    }
    out += line + "\n";
}

Words or_none(const Words& words) { return words.empty() ? Words{"none"} : words; }

Words user_words(const UserInfo& user) {
    if (user.is_host_root) return {"root of the machine"};
    Words words{fmt::format("{} (uid {})", user.name, user.uid)};
    if (!user.in_initial_user_namespace) words.emplace_back("in a user namespace");
    return words;
}

void add_cgroups(std::string& out, const CgroupInfo& cgroup) {
    if (cgroup.mount_point.empty()) {
        add_row(out, "cgroups", {std::string{name_of(cgroup.layout)}, "v2 is not mounted"});
        if (!cgroup.legacy_controllers.empty()) add_row(out, "  v1 has", cgroup.legacy_controllers);
        return;
    }
    add_row(out, "cgroups",
            {std::string{name_of(cgroup.layout)}, fmt::format("v2 at {}", cgroup.mount_point)});
    add_row(out, "  v2 has", or_none(cgroup.controllers));
    if (!cgroup.legacy_controllers.empty()) add_row(out, "  v1 has", cgroup.legacy_controllers);
    add_row(out, "  own",
            {cgroup.own, cgroup.can_make_children ? "can be divided" : "cannot be divided"});
    if (!cgroup.delegation.empty() && cgroup.delegated != cgroup.controllers)
        add_row(out, "  delegated", or_none(cgroup.delegated));
}

std::string systemd_text(const SystemdInfo& systemd) {
    if (!systemd.running) return "not running";
    return systemd.version.empty() ? "running" : fmt::format("{}, running", systemd.version);
}

Words namespace_words(const UserNamespaceInfo& info) {
    Words words{info.available ? "can be made" : fmt::format("refused: {}", info.detail)};
    const auto most = info.limits.find("max_user_namespaces");
    if (most != info.limits.end()) words.push_back(fmt::format("at most {}", most->second));
    return words;
}

std::string ranges_text(const std::vector<IdRange>& ranges) {
    std::string text;
    for (const IdRange& range : ranges)
        text += fmt::format("{}{}-{}", text.empty() ? "" : " ", range.first,
                            std::uint64_t{range.first} + range.count - 1);
    return text.empty() ? "none" : text;
}

Words id_words(const SubordinateIds& ids) {
    Words words{"uids " + ranges_text(ids.uids), "gids " + ranges_text(ids.gids)};
    for (const IdMapHelper& helper : ids.helpers)
        words.push_back(helper.path.empty() ? helper.name + " not found"
                        : helper.privileged ? helper.path
                                            : helper.path + " without privilege");
    return words;
}

Words seccomp_words(const SeccompInfo& seccomp) {
    if (!seccomp.available) return {"not in this kernel"};
    Words words{seccomp.library.empty() ? std::string{"no libseccomp"}
                                        : "libseccomp " + seccomp.library};
    words.insert(words.end(), seccomp.actions.begin(), seccomp.actions.end());
    if (seccomp.confined) words.emplace_back("a filter is in force here");
    return words;
}

Words security_words(const SecurityInfo& security) {
    Words words = security.modules;
    if (words.empty()) {
        if (security.apparmor) words.emplace_back("apparmor");
        if (security.selinux) words.emplace_back("selinux");
    }
    if (words.empty()) return {"neither AppArmor nor SELinux"};
    if (security.selinux)
        words.emplace_back(security.selinux_enforcing ? "SELinux enforces" : "SELinux permits");
    return words;
}

std::string program_text(const ProgramInfo& program) {
    if (program.path.empty()) return "not found";
    return program.version.empty() ? program.path
                                   : fmt::format("{} {}", program.path, program.version);
}

std::string resctrl_text(const ResctrlInfo& resctrl) {
    if (!resctrl.mount_point.empty()) return resctrl.mount_point;
    return resctrl.supported ? "not mounted" : "not in this machine";
}

Words features_that(const KernelInfo& kernel, bool are_available) {
    Words words;
    for (const KernelFeature& feature : kernel.features)
        if (feature.available == are_available)
            words.push_back(feature.detail.empty()
                                ? feature.name
                                : fmt::format("{} ({})", feature.name, feature.detail));
    return words;
}

void add_host(std::string& out, const HostInfo& host) {
    const std::string system = host.distribution.name.empty() ? "unknown" : host.distribution.name;
    add_row(out, "system", {system, "Linux " + host.kernel.release, host.kernel.machine});
    add_row(out, "caller", user_words(host.user));
    add_row(out, "state directory",
            {host.state_root.writable ? host.state_root.path
                                      : host.state_root.path + ", not writable"});
    add_cgroups(out, host.cgroup);
    add_row(out, "systemd", {systemd_text(host.systemd)});
    if (host.user.uid != 0)
        add_row(out, "user session",
                {host.systemd.user_bus.empty() ? std::string{"none"} : host.systemd.user_bus});
    add_row(out, "user namespaces", namespace_words(host.user_namespaces));
    add_row(out, "subordinate ids", id_words(host.subordinate_ids));
    add_row(out, "seccomp", seccomp_words(host.seccomp));
    add_row(out, "security", security_words(host.security));
    add_row(out, "criu", {program_text(host.criu)});
    add_row(out, "resctrl", {resctrl_text(host.resctrl)});
    add_row(out, "kernel has", features_that(host.kernel, true));
    const Words lacking = features_that(host.kernel, false);
    if (!lacking.empty()) add_row(out, "kernel lacks", lacking);
}

}  // namespace

std::string info_text(const Info& info) {
    std::string out;
    add_host(out, info.host);
    for (const Finding& finding : info.findings) out += "\n" + finding_text(finding);
    if (info.findings.empty()) out += "\nNothing is amiss.\n";
    return out;
}

}  // namespace oci::cli
