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

Result<void> check_process(const Spec& spec) {
    if (!spec.process) return {};
    return validate_process(*spec.process, "/process");
}

Result<void> check_names(const Spec& spec) {
    const bool has_namespace = find_namespace(spec, NamespaceKind::Uts) != nullptr;
    for (const auto& [key, name] :
         {std::pair{"hostname", &spec.hostname}, std::pair{"domainname", &spec.domainname}}) {
        if (name->empty()) continue;
        constexpr std::size_t longest_name = 64;
        if (name->size() > longest_name)
            return fail(ErrorKind::InvalidConfig, "/{}: longer than {} bytes", key, longest_name);
        if (has_control_character(*name))
            return fail(ErrorKind::InvalidConfig, "/{}: contains a control character", key);
        if (!has_namespace)
            return fail(ErrorKind::InvalidConfig, "/{}: needs a uts namespace", key);
    }
    return {};
}

Result<void> check_mount(const Mount& mount, const std::string& at) {
    if (mount.destination.empty())
        return fail(ErrorKind::InvalidConfig, "{}/destination: is required", at);
    if (mount.destination.size() > longest_path)
        return fail(ErrorKind::InvalidConfig, "{}/destination: longer than {} bytes", at,
                    longest_path);
    if (mount.uid_mappings.empty() != mount.gid_mappings.empty())
        return fail(ErrorKind::InvalidConfig, "{}: uidMappings and gidMappings go together", at);
    OCI_TRY(validate_id_mappings(mount.uid_mappings, at + "/uidMappings"));
    return validate_id_mappings(mount.gid_mappings, at + "/gidMappings");
}

Result<void> check_mounts(const Spec& spec) {
    constexpr std::size_t most_mounts = 100000;
    if (spec.mounts.size() > most_mounts)
        return fail(ErrorKind::InvalidConfig, "/mounts: more than {} entries", most_mounts);
    for (std::size_t i = 0; i < spec.mounts.size(); ++i)
        OCI_TRY(check_mount(spec.mounts[i], "/mounts/" + std::to_string(i)));
    return {};
}

Result<void> check_hook(const Hook& hook, const std::string& at) {
    if (!hook.path.starts_with('/'))
        return fail(ErrorKind::InvalidConfig, "{}/path: must be an absolute path", at);
    if (hook.path.size() > longest_path)
        return fail(ErrorKind::InvalidConfig, "{}/path: longer than {} bytes", at, longest_path);
    if (hook.timeout && hook.timeout->count() <= 0)
        return fail(ErrorKind::InvalidConfig, "{}/timeout: must be greater than zero", at);
    for (std::size_t i = 0; i < hook.args.size(); ++i)
        if (hook.args[i].size() > longest_argument)
            return fail(ErrorKind::InvalidConfig, "{}/args/{}: longer than {} bytes", at, i,
                        longest_argument);
    return validate_environment(hook.env, at + "/env");
}

Result<void> check_hooks(const Spec& spec) {
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
            OCI_TRY(check_hook((*hooks)[i], fmt::format("/hooks/{}/{}", name, i)));
    return {};
}

Result<void> check_annotations(const Spec& spec) {
    constexpr std::size_t longest_annotation = std::size_t{64} * 1024;
    for (const auto& [key, value] : spec.annotations) {
        if (key.empty())
            return fail(ErrorKind::InvalidConfig, "/annotations: a key must not be empty");
        if (key.size() > longest_annotation || value.size() > longest_annotation)
            return fail(ErrorKind::InvalidConfig, "/annotations/{}: longer than {} bytes",
                        escape_for_display(std::string_view(key).substr(0, 64)),
                        longest_annotation);
    }
    return {};
}

constexpr std::array checks{
    &check_version, &check_root,  &check_process,     &check_names,
    &check_mounts,  &check_hooks, &check_annotations, &validate_linux,
};

}  // namespace

bool has_control_character(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

Result<void> validate(const Spec& spec) {
    for (const auto check : checks) OCI_TRY(check(spec));
    return {};
}

}  // namespace oci::spec
