// SPDX-License-Identifier: Apache-2.0
#include "image/run/options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/ranges.h>

#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/reserved_annotations.hpp"
#include "image/run/option_values.hpp"

namespace oci::image::run {
namespace {

struct Reading {
    Options& options;
    const Surroundings& surroundings;
};
using Take = Result<void> (*)(const Reading& to, const std::string& value);

Result<void> take_flag(bool& target, const std::string& value) {
    if (value != "true" && value != "false") return wrong(value, "neither true nor false");
    target = value == "true";
    return {};
}

template <bool Options::*member>
Result<void> flag(const Reading& to, const std::string& value) {
    return take_flag(to.options.*member, value);
}

template <std::string Options::*member>
Result<void> text(const Reading& to, const std::string& value) {
    to.options.*member = value;
    return {};
}

template <auto member, auto parse>
Result<void> parsed(const Reading& to, const std::string& value) {
    to.options.*member = OCI_TRY(parse(value));
    return {};
}

template <auto member, auto parse>
Result<void> listed(const Reading& to, const std::string& value) {
    auto one = OCI_TRY(parse(value));
    (to.options.*member).push_back(std::move(one));
    return {};
}

Result<void> remove_at_end(const Reading& to, const std::string& value) {
    return take_flag(to.options.remove.emplace(), value);
}

Result<void> name(const Reading& to, const std::string& value) {
    if (!is_name(value))
        return wrong(value,
                     "no name: letters, digits, \"_\", \".\", \"-\", and no sign at the front");
    to.options.name = value;
    return {};
}

/// A name alone takes the caller's value, if there is one.
void add_variable(const Reading& to, const std::string& text) {
    if (text.find('=') != std::string::npos) {
        to.options.environment.push_back(text);
        return;
    }
    const auto value = to.surroundings.variable(text);
    if (value) to.options.environment.push_back(text + '=' + *value);
}

Result<void> variable(const Reading& to, const std::string& value) {
    if (value.empty() || value.starts_with('=')) return wrong(value, "no NAME or NAME=VALUE");
    add_variable(to, value);
    return {};
}

Result<void> variables_of_file(const Reading& to, const std::string& value) {
    const std::string lines = OCI_TRY(to.surroundings.read_file(value));
    for (std::string_view line : split(lines, '\n')) {
        while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front())) != 0)
            line.remove_prefix(1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with('=')) return wrong(line, "no NAME or NAME=VALUE");
        add_variable(to, std::string{line});
    }
    return {};
}

Result<void> volume(const Reading& to, const std::string& value) {
    Volume one = OCI_TRY(parse_volume(value, to.surroundings.directory));
    to.options.volumes.push_back(std::move(one));
    return {};
}

/// A volume, or a place in memory.
Result<void> mount_words(const Reading& to, const std::string& value) {
    const MountWords words = OCI_TRY(parse_mount(value));
    const std::string options = fmt::format("{}", fmt::join(words.options, ","));
    if (words.type == "tmpfs") {
        Tmpfs one = OCI_TRY(parse_tmpfs(words.target + ':' + options));
        to.options.tmpfs.push_back(std::move(one));
        return {};
    }
    const std::string source = words.source.empty() ? "own" : words.source;
    const std::string text =
        fmt::format("{}:{}:{}", source, words.target, options.empty() ? "rw" : options);
    Volume one = OCI_TRY(parse_volume(text, to.surroundings.directory));
    if (words.source.empty()) one.source.clear();
    to.options.volumes.push_back(std::move(one));
    return {};
}

/// "" takes away the image's, and puts none in its place.
Result<void> entrypoint(const Reading& to, const std::string& value) {
    to.options.entrypoint.emplace();
    if (!value.empty()) to.options.entrypoint->push_back(value);
    return {};
}

Result<void> security(const Reading& to, const std::string& value) {
    const std::size_t at = value.find_first_of("=:");
    const std::string key = value.substr(0, at);
    const std::string what = at == std::string::npos ? "" : value.substr(at + 1);
    if (key == "no-new-privileges" && (what.empty() || what == "true" || what == "false"))
        to.options.no_new_privileges = what != "false";
    else if (key == "seccomp" && !what.empty())
        to.options.seccomp =
            what == "unconfined" ? what : absolute(what, to.surroundings.directory);
    else if (key == "apparmor" && !what.empty())
        to.options.apparmor = what;
    else if (key == "label" && !what.empty())
        to.options.selinux = what == "disable" ? "" : what;
    else
        return wrong(value, "none of no-new-privileges, seccomp=, apparmor=, label=");
    return {};
}

template <bool is_label>
Result<void> annotation(const Reading& to, const std::string& value) {
    const std::size_t at = value.find('=');
    const std::string key = value.substr(0, at);
    if (key.empty()) return wrong(value, "no NAME=VALUE");
    if (is_label && is_reserved_annotation(key))
        return wrong(key, "for the runtime, which a label does not speak to: see --annotation");
    to.options.annotations.emplace_back(key, at == std::string::npos ? "" : value.substr(at + 1));
    return {};
}

Result<void> auth_file(const Reading& to, const std::string& value) {
    to.options.credentials = absolute(value, to.surroundings.directory);
    return {};
}

Result<void> storage(const Reading& to, const std::string& value) {
    to.options.storage = absolute(value, to.surroundings.directory);
    return {};
}

constexpr std::array readers{
    Named<Take>{"interactive", flag<&Options::interactive>},
    Named<Take>{"tty", flag<&Options::terminal>},
    Named<Take>{"detach", flag<&Options::detach>},
    Named<Take>{"name", name},
    Named<Take>{"rm", remove_at_end},
    Named<Take>{"env", variable},
    Named<Take>{"env-file", variables_of_file},
    Named<Take>{"volume", volume},
    Named<Take>{"mount", mount_words},
    Named<Take>{"tmpfs", listed<&Options::tmpfs, parse_tmpfs>},
    Named<Take>{"workdir", parsed<&Options::working_directory, parse_absolute>},
    Named<Take>{"user", text<&Options::user>},
    Named<Take>{"entrypoint", entrypoint},
    Named<Take>{"hostname", parsed<&Options::hostname, parse_hostname>},
    Named<Take>{"network", parsed<&Options::network, parse_network>},
    Named<Take>{"publish", listed<&Options::ports, any_text>},
    Named<Take>{"network-name", text<&Options::network_name>},
    Named<Take>{"network-ip", text<&Options::network_ip>},
    Named<Take>{"container-ip", text<&Options::container_ip>},
    Named<Take>{"read-only", flag<&Options::read_only>},
    Named<Take>{"privileged", flag<&Options::privileged>},
    Named<Take>{"memory", parsed<&Options::memory, parse_amount>},
    Named<Take>{"memory-swap", parsed<&Options::memory_and_swap, parse_amount_or_all>},
    Named<Take>{"cpus", parsed<&Options::processor_quota, parse_processors>},
    Named<Take>{"cpu-shares", parsed<&Options::processor_shares, parse_shares>},
    Named<Take>{"pids-limit", parsed<&Options::processes, parse_count>},
    Named<Take>{"pids", parsed<&Options::processes, parse_count>},
    Named<Take>{"ulimit", listed<&Options::ulimits, parse_ulimit>},
    Named<Take>{"cap-add", listed<&Options::added_capabilities, parse_capability>},
    Named<Take>{"cap-drop", listed<&Options::dropped_capabilities, parse_capability>},
    Named<Take>{"security-opt", security},
    Named<Take>{"device", listed<&Options::devices, parse_device>},
    Named<Take>{"cgroup-parent", text<&Options::cgroup_parent>},
    Named<Take>{"label", annotation<true>},
    Named<Take>{"annotation", annotation<false>},
    Named<Take>{"pull", parsed<&Options::pull, parse_pull>},
    Named<Take>{"platform", text<&Options::platform>},
    Named<Take>{"progress", text<&Options::progress>},
    Named<Take>{"auth-file", auth_file},
    Named<Take>{"insecure", listed<&Options::insecure, any_text>},
    Named<Take>{"rootfs-mode", parsed<&Options::root_mode, parse_root_mode>},
    Named<Take>{"storage", storage},
    Named<Take>{"state-root", text<&Options::state_root>},
    Named<Take>{"runner", parsed<&Options::runner, parse_pid>},
};

Result<void> take(const Reading& to, std::string_view word) {
    const std::size_t at = word.find('=');
    if (!word.starts_with("--") || at == std::string_view::npos)
        return fail(ErrorKind::InvalidConfig, "unknown word {}", word);
    const std::string_view key = word.substr(2, at - 2);
    const auto reader = value_named(readers, key);
    if (!reader) return fail(ErrorKind::InvalidConfig, "unknown option --{}", key);
    return explain((*reader)(to, std::string{word.substr(at + 1)}), "--{}", key);
}

/// Only a network of its own with a way out has ports and addresses.
Result<void> choose_network(Options& options) {
    const std::array of_bridge{std::pair{"publish", options.ports.empty()},
                               std::pair{"network-name", options.network_name.empty()},
                               std::pair{"network-ip", options.network_ip.empty()},
                               std::pair{"container-ip", options.container_ip.empty()}};
    for (const auto& [name, is_empty] : of_bridge) {
        if (is_empty) continue;
        if (options.network.value_or(Network::Bridge) != Network::Bridge)
            return fail(ErrorKind::InvalidConfig, "--{}: goes with --network=bridge", name);
        options.network = Network::Bridge;
    }
    if (!options.network) options.network = Network::None;
    return {};
}

/// What one option says by itself may not go with what another says.
Result<void> check_together(const Options& options) {
    if (options.memory_and_swap && !options.memory)
        return fail(ErrorKind::InvalidConfig, "--memory-swap: goes with --memory");
    if (options.memory_and_swap && *options.memory_and_swap >= 0 &&
        *options.memory_and_swap < *options.memory)
        return fail(ErrorKind::InvalidConfig, "--memory-swap: is less than --memory");
    return {};
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& words,
                              const Surroundings& surroundings) {
    Options options;
    const Reading reading{options, surroundings};
    auto word = words.begin();
    for (; word != words.end() && *word != "--"; ++word) OCI_TRY(take(reading, *word));
    if (word != words.end()) ++word;
    if (word == words.end()) return fail(ErrorKind::InvalidConfig, "missing argument: IMAGE");
    options.image = *word;
    options.command.assign(word + 1, words.end());
    OCI_TRY(check_together(options));
    OCI_TRY(choose_network(options));
    return options;
}

}  // namespace oci::image::run
