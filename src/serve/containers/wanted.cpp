// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/wanted.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "serve/containers/sha256.hpp"

namespace oci::serve {
namespace {

constexpr std::uint64_t any_number = std::numeric_limits<std::int64_t>::max();

constexpr std::array<std::string_view, 31> signals{
    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};

void choose(Reader& reader, std::string_view key, std::string& target,
            std::initializer_list<std::string_view> allowed) {
    const auto text = reader.text(key);
    if (!text) return;
    target = *text;
    if (std::ranges::find(allowed, *text) == allowed.end())
        reader.mistake(key, fmt::format("is not one of {}", fmt::join(allowed, ", ")));
}

template <typename Value>
void take(const std::optional<Value>& given, Value& target) {
    if (given) target = *given;
}

void require_absolute(Reader& reader, std::string_view key, std::string_view path) {
    if (!path.empty() && (!path.starts_with('/') || path.find(':') != std::string_view::npos))
        reader.mistake(key, "has to be an absolute path without a colon");
}

void read_image(Reader& reader, const Name& name, Wanted& wanted) {
    wanted.image = reader.text("image").value_or(image_of(name));
    if (!is_image_reference(wanted.image)) reader.mistake("image", "is no reference of an image");
    choose(reader, "pull", wanted.pull, {"missing", "always", "never"});
    take(reader.text("platform"), wanted.platform);
    const auto fits = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '/' ||
               each == '_';
    };
    if (!std::ranges::all_of(wanted.platform, fits))
        reader.mistake("platform", "is not like linux/amd64");
}

void read_process(Reader& reader, Wanted& wanted) {
    take(reader.flag("start"), wanted.start);
    const auto entrypoint = reader.texts("entrypoint");
    wanted.has_entrypoint = entrypoint.has_value();
    take(entrypoint, wanted.entrypoint);
    take(reader.texts("args"), wanted.args);
    take(reader.texts("env"), wanted.env);
    for (const std::string& each : wanted.env)
        if (each.find('=') == std::string::npos || each.starts_with('='))
            reader.mistake("env", "has to have texts like NAME=value");
    take(reader.text("user"), wanted.user);
    take(reader.text("cwd"), wanted.cwd);
    require_absolute(reader, "cwd", wanted.cwd);
    take(reader.text("hostname"), wanted.hostname);
    take(reader.flag("stdin"), wanted.keeps_input);
    take(reader.flag("tty"), wanted.terminal);
    take(reader.words("labels"), wanted.labels);
    take(reader.text("stopSignal"), wanted.stop_signal);
    if (signal_word(wanted.stop_signal).empty()) reader.mistake("stopSignal", "is no signal");
    constexpr std::uint64_t hour = 3600;
    take(reader.number("stopTimeoutSeconds", hour), wanted.stop_seconds);
}

WantedMount read_mount(Reader reader, bool is_strict) {
    WantedMount mount;
    choose(reader, "type", mount.type, {"bind", "volume", "tmpfs"});
    take(reader.text("source"), mount.source);
    take(reader.text("destination"), mount.destination);
    take(reader.texts("options"), mount.options);
    if (mount.type.empty()) mount.type = mount.source.starts_with('/') ? "bind" : "volume";
    if (mount.destination.empty()) reader.mistake("destination", "is missing");
    require_absolute(reader, "destination", mount.destination);
    if (mount.type == "bind" && mount.source.empty()) reader.mistake("source", "is missing");
    if (mount.type == "bind") require_absolute(reader, "source", mount.source);
    const auto fits = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
               (each >= '0' && each <= '9') || each == '_' || each == '-' || each == '.';
    };
    if (mount.type == "volume" && !std::ranges::all_of(mount.source, fits))
        reader.mistake("source", "is no name of a volume");
    for (const std::string& each : mount.options)
        if (each.find_first_of(":,") != std::string::npos)
            reader.mistake("options", "has to have one option in each text");
    if (is_strict) reader.finish();
    return mount;
}

void read_resources(Reader& reader, bool is_strict, Mistakes& mistakes, Wanted& wanted) {
    const spec::Value* value = reader.find("resources");
    if (value == nullptr) return;
    Reader resources{*value, reader.pointer_to("resources"), mistakes};
    const auto group = [&](std::string_view key, auto read) {
        const spec::Value* inner = resources.find(key);
        if (inner == nullptr) return;
        Reader one{*inner, resources.pointer_to(key), mistakes};
        read(one);
        if (is_strict) one.finish();
    };
    group("memory", [&](Reader& one) { take(one.number("limit", any_number), wanted.memory); });
    group("pids", [&](Reader& one) { take(one.number("limit", any_number), wanted.pids); });
    group("cpu", [&](Reader& one) {
        take(one.number("quota", any_number), wanted.cpu_quota);
        take(one.number("period", any_number), wanted.cpu_period);
        take(one.number("shares", any_number), wanted.cpu_shares);
        if (wanted.cpu_period == 0) one.mistake("period", "has to be more than 0");
    });
    if (is_strict) resources.finish();
}

void read_policies(Reader& reader, bool is_strict, Mistakes& mistakes, Wanted& wanted) {
    if (const spec::Value* value = reader.find("restart")) {
        Reader restart{*value, reader.pointer_to("restart"), mistakes};
        choose(restart, "policy", wanted.restart, {"no", "on-failure", "always", "unless-stopped"});
        constexpr std::uint64_t many = 1'000'000;
        take(restart.number("maxRetries", many), wanted.most_restarts);
        if (is_strict) restart.finish();
    }
    if (const spec::Value* value = reader.find("network")) {
        Reader network{*value, reader.pointer_to("network"), mistakes};
        choose(network, "mode", wanted.network, {"none", "host"});
        if (is_strict) network.finish();
    }
}

}  // namespace

Wanted read_wanted(const spec::Value& body, const Name& name, bool is_strict, Mistakes& mistakes) {
    Wanted wanted;
    Reader reader{body, "", mistakes};
    read_image(reader, name, wanted);
    read_process(reader, wanted);
    std::size_t index = 0;
    for (const spec::Value* each : reader.elements("mounts"))
        wanted.mounts.push_back(
            read_mount(Reader{*each, fmt::format("/mounts/{}", index++), mistakes}, is_strict));
    take(reader.texts("tmpfs"), wanted.tmpfs);
    for (const std::string& each : wanted.tmpfs)
        if (!each.starts_with('/')) reader.mistake("tmpfs", "has to have absolute paths");
    read_resources(reader, is_strict, mistakes, wanted);
    read_policies(reader, is_strict, mistakes, wanted);
    take(reader.flag("readonlyRootfs"), wanted.readonly_root);
    if (is_strict) reader.finish();
    return wanted;
}

namespace {

void write_mounts(JsonWriter& json, const Wanted& wanted) {
    json.key("mounts").begin_array();
    for (const WantedMount& each : wanted.mounts)
        json.begin_object()
            .member("type", each.type)
            .member("source", each.source)
            .member("destination", each.destination)
            .list("options", each.options)
            .end_object();
    json.end_array().list("tmpfs", wanted.tmpfs);
}

void write_resources(JsonWriter& json, const Wanted& wanted) {
    json.key("resources").begin_object();
    json.key("memory").begin_object().member("limit", wanted.memory).end_object();
    json.key("pids").begin_object().member("limit", wanted.pids).end_object();
    json.key("cpu").begin_object().member("quota", wanted.cpu_quota);
    json.member("period", wanted.cpu_period).member("shares", wanted.cpu_shares).end_object();
    json.end_object();
}

}  // namespace

std::string wanted_json(const Wanted& wanted) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("image", wanted.image).member("pull", wanted.pull);
    json.member("platform", wanted.platform).member("start", wanted.start);
    if (wanted.has_entrypoint) json.list("entrypoint", wanted.entrypoint);
    json.list("args", wanted.args).list("env", wanted.env).member("user", wanted.user);
    json.member("cwd", wanted.cwd).member("hostname", wanted.hostname);
    json.key("labels").begin_object();
    for (const auto& [name, value] : wanted.labels) json.member(name, value);
    json.end_object();
    write_mounts(json, wanted);
    if (!wanted.network.empty())
        json.key("network").begin_object().member("mode", wanted.network).end_object();
    write_resources(json, wanted);
    json.key("restart").begin_object().member("policy", wanted.restart);
    json.member("maxRetries", wanted.most_restarts).end_object();
    if (wanted.keeps_input) json.member("stdin", true);
    if (wanted.terminal) json.member("tty", true);
    json.member("readonlyRootfs", wanted.readonly_root);
    json.member("stopSignal", wanted.stop_signal);
    json.member("stopTimeoutSeconds", wanted.stop_seconds).end_object();
    return text;
}

std::string digest_of(const Wanted& wanted) { return "sha256:" + sha256_hex(wanted_json(wanted)); }

std::vector<std::string> run_words(const Wanted& wanted, const std::string& id,
                                   const std::vector<std::string>& options) {
    std::vector<std::string> words{"run", "--detach", "--name=" + id};
    words.insert(words.end(), options.begin(), options.end());
    // "--name=value" in one word: no value can be taken for an option.
    const auto add = [&](std::string_view option, const std::string& value) {
        if (!value.empty()) words.push_back(fmt::format("--{}={}", option, value));
    };
    const auto add_number = [&](std::string_view option, std::uint64_t value) {
        if (value != 0) words.push_back(fmt::format("--{}={}", option, value));
    };
    for (const std::string& each : wanted.env) add("env", each);
    for (const WantedMount& each : wanted.mounts) {
        const std::string joined = fmt::format("{}", fmt::join(each.options, ","));
        const std::string tail = joined.empty() ? "" : ":" + joined;
        if (each.type == "tmpfs")
            add("tmpfs", each.destination + tail);
        else
            add("volume", each.source + (each.source.empty() ? "" : ":") + each.destination + tail);
    }
    for (const std::string& each : wanted.tmpfs) add("tmpfs", each);
    add("user", wanted.user);
    add("workdir", wanted.cwd);
    add("hostname", wanted.hostname);
    add("network", wanted.network);
    add_number("memory", wanted.memory);
    add_number("cpu-shares", wanted.cpu_shares);
    add_number("pids-limit", wanted.pids);
    if (wanted.cpu_quota != 0)
        add("cpus", fmt::format("{:.4f}", static_cast<double>(wanted.cpu_quota) /
                                              static_cast<double>(wanted.cpu_period)));
    if (wanted.keeps_input) words.emplace_back("--interactive");
    if (wanted.terminal) words.emplace_back("--tty");
    if (wanted.readonly_root) words.emplace_back("--read-only");
    if (wanted.has_entrypoint)
        words.push_back("--entrypoint=" +
                        (wanted.entrypoint.empty() ? std::string{} : wanted.entrypoint.front()));
    words.push_back(wanted.image);
    if (wanted.entrypoint.size() > 1)
        words.insert(words.end(), wanted.entrypoint.begin() + 1, wanted.entrypoint.end());
    words.insert(words.end(), wanted.args.begin(), wanted.args.end());
    return words;
}

std::string signal_word(std::string_view text) {
    if (const auto number = parse_number<unsigned>(text))
        return *number >= 1 && *number <= signals.size() ? std::string{signals.at(*number - 1)}
                                                         : std::string{};
    if (text.starts_with("SIG")) text.remove_prefix(3);
    const bool is_known = std::ranges::find(signals, text) != signals.end();
    return is_known ? std::string{text} : std::string{};
}

}  // namespace oci::serve
