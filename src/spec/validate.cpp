// SPDX-License-Identifier: Apache-2.0
#include "spec/validate.hpp"

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"

namespace oci::spec {
namespace {

/// A numeric part of a SemVer: digits without a leading zero.
bool is_version_number(std::string_view text) {
    if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A pre-release or build part: identifiers between dots.
bool is_version_suffix(std::string_view text) {
    constexpr std::string_view allowed =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    return std::ranges::all_of(split(text, '.'), [&](std::string_view part) {
        return !part.empty() && part.find_first_not_of(allowed) == std::string_view::npos;
    });
}

/// Cuts text at the first mark and checks what follows it.
bool cut_suffix(std::string_view& text, char mark) {
    const std::size_t start = text.find(mark);
    if (start == std::string_view::npos) return true;
    const std::string_view suffix = text.substr(start + 1);
    text = text.substr(0, start);
    return is_version_suffix(suffix);
}

Result<void> check_version(const Spec& spec) {
    std::string_view core = spec.oci_version;
    if (core.empty()) return fail(ErrorKind::InvalidConfig, "/ociVersion: is required");
    const bool has_good_suffixes = cut_suffix(core, '+') && cut_suffix(core, '-');
    const std::vector<std::string_view> numbers = split(core, '.');
    if (!has_good_suffixes || numbers.size() != 3 ||
        !std::ranges::all_of(numbers, is_version_number))
        return fail(ErrorKind::InvalidConfig,
                    "/ociVersion: must be a semantic version like 1.3.0 (is \"{}\")",
                    escape_for_display(core.substr(0, 64)));
    if (numbers[0] != "1")
        return fail(ErrorKind::InvalidConfig,
                    "/ociVersion: only version 1 of the specification is known (is \"{}\")",
                    escape_for_display(std::string_view(spec.oci_version).substr(0, 64)));
    return {};
}

/// "..", "../..", "./..": a directory that contains the bundle.
bool is_only_upwards(std::string_view path) {
    bool goes_up = false;
    for (const std::string_view part : split(path, '/')) {
        if (part == "..")
            goes_up = true;
        else if (!part.empty() && part != ".")
            return false;
    }
    return goes_up;
}

Result<void> check_root(const Spec& spec) {
    const std::string& path = spec.root.path;
    if (path.empty()) return fail(ErrorKind::InvalidConfig, "/root/path: is required");
    if (path.size() > longest_path)
        return fail(ErrorKind::InvalidConfig, "/root/path: longer than {} bytes", longest_path);
    if (path.starts_with('/') && clean_path(path) == "/")
        return fail(ErrorKind::InvalidConfig, "/root/path: must not be the root of the host");
    if (is_only_upwards(path))
        return fail(ErrorKind::InvalidConfig, "/root/path: must not lie above the bundle");
    return {};
}

Result<void> check_name(std::string_view key, const std::string& name, bool has_namespace) {
    constexpr std::size_t longest_name = 64;
    if (name.empty()) return {};
    if (name.size() > longest_name)
        return fail(ErrorKind::InvalidConfig, "/{}: longer than {} bytes", key, longest_name);
    if (has_control_character(name))
        return fail(ErrorKind::InvalidConfig, "/{}: contains a control character", key);
    if (!has_namespace) return fail(ErrorKind::InvalidConfig, "/{}: needs a uts namespace", key);
    return {};
}

Result<void> check_destination(const Mount& mount, const std::string& at) {
    if (mount.destination.empty())
        return fail(ErrorKind::InvalidConfig, "{}/destination: is required", at);
    if (mount.destination.size() > longest_path)
        return fail(ErrorKind::InvalidConfig, "{}/destination: longer than {} bytes", at,
                    longest_path);
    return {};
}

void check_mount(const Mount& mount, const std::string& at, Problems& problems) {
    problems.note(check_destination(mount, at));
    if (mount.uid_mappings.empty() != mount.gid_mappings.empty())
        problems.add("{}/{}: is missing: uidMappings and gidMappings go together", at,
                     mount.uid_mappings.empty() ? "uidMappings" : "gidMappings");
    validate_id_mappings(mount.uid_mappings, at + "/uidMappings", problems);
    validate_id_mappings(mount.gid_mappings, at + "/gidMappings", problems);
}

void check_mounts(const Spec& spec, Problems& problems) {
    constexpr std::size_t most_mounts = 100000;
    if (spec.mounts.size() > most_mounts)
        return problems.add("/mounts: more than {} entries", most_mounts);
    for (std::size_t i = 0; i < spec.mounts.size(); ++i)
        check_mount(spec.mounts[i], "/mounts/" + std::to_string(i), problems);
}

void check_hook(const Hook& hook, const std::string& at, Problems& problems) {
    if (!hook.path.starts_with('/')) problems.add("{}/path: must be an absolute path", at);
    if (hook.path.size() > longest_path)
        problems.add("{}/path: longer than {} bytes", at, longest_path);
    if (hook.timeout && hook.timeout->count() <= 0)
        problems.add("{}/timeout: must be greater than zero", at);
    for (std::size_t i = 0; i < hook.args.size(); ++i)
        if (hook.args[i].size() > longest_argument)
            problems.add("{}/args/{}: longer than {} bytes", at, i, longest_argument);
    validate_environment(hook.env, at + "/env", problems);
}

void check_hooks(const Spec& spec, Problems& problems) {
    const std::array lists{
        std::pair{"prestart", &spec.hooks.prestart},
        std::pair{"createRuntime", &spec.hooks.create_runtime},
        std::pair{"createContainer", &spec.hooks.create_container},
        std::pair{"startContainer", &spec.hooks.start_container},
        std::pair{"poststart", &spec.hooks.poststart},
        std::pair{"poststop", &spec.hooks.poststop},
    };
    for (const auto& [name, hooks] : lists)
        for (std::size_t i = 0; i < hooks->size(); ++i)
            check_hook((*hooks)[i], fmt::format("/hooks/{}/{}", name, i), problems);
}

void check_annotations(const Spec& spec, Problems& problems) {
    constexpr std::size_t longest_annotation = std::size_t{64} * 1024;
    for (const auto& [key, value] : spec.annotations) {
        if (key.empty()) problems.add("/annotations: a key must not be empty");
        if (key.size() > longest_annotation || value.size() > longest_annotation)
            problems.add("/annotations/{}: longer than {} bytes",
                         escape_for_display(std::string_view(key).substr(0, 64)),
                         longest_annotation);
    }
}

}  // namespace

bool has_control_character(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

void validate(const Spec& spec, Problems& problems) {
    problems.note(check_version(spec));
    problems.note(check_root(spec));
    if (spec.process) validate_process(*spec.process, "/process", problems);
    const bool has_uts = find_namespace(spec, NamespaceKind::Uts) != nullptr;
    problems.note(check_name("hostname", spec.hostname, has_uts));
    problems.note(check_name("domainname", spec.domainname, has_uts));
    check_mounts(spec, problems);
    check_hooks(spec, problems);
    check_annotations(spec, problems);
    validate_linux(spec, problems);
}

}  // namespace oci::spec
