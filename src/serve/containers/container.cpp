// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/container.hpp"

#include <algorithm>
#include <limits>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "oci-rt/version.hpp"
#include "spec/document.hpp"

namespace oci::serve {
namespace {

constexpr std::uint64_t largest_pid = 1U << 22U;
constexpr std::uint64_t any_number = std::numeric_limits<std::int64_t>::max();

void add_text(JsonWriter& json, std::string_view key, const std::string& text) {
    json.key(key);
    if (text.empty())
        json.null();
    else
        json.value(escape_for_display(text));
}

void add_ending(JsonWriter& json, const Container& container) {
    json.key("exitCode");
    if (container.exit_code)
        json.value(*container.exit_code);
    else
        json.null();
    add_text(json, "exitReason", container.exit_reason);
    json.member("oomKilled", container.oom_killed);
}

std::string_view phase_of(State state) {
    if (state == State::Fetching || state == State::Unpacking || state == State::Creating)
        return word_of(state);
    return is_settled(state) ? "done" : "waiting";
}

void add_progress(JsonWriter& json, const Container& container) {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::uint64_t retries = 0;
    std::uint64_t whole = 0;
    for (const LayerProgress& each : container.layers) {
        done += each.done;
        total += each.total;
        retries += each.retries;
        if (each.state == "done" || each.state == "there") ++whole;
    }
    json.key("progress").begin_object().member("phase", phase_of(container.state));
    json.member("bytesDone", done).member("bytesTotal", total);
    json.member("layersDone", whole).member("layersTotal", container.layers.size());
    json.key("layers").begin_array();
    for (const LayerProgress& each : container.layers)
        json.begin_object()
            .member("digest", each.digest)
            .member("bytesDone", each.done)
            .member("bytesTotal", each.total)
            .member("state", each.state)
            .end_object();
    json.end_array().member("retries", retries).end_object();
}

void add_error(JsonWriter& json, const std::optional<Refusal>& error) {
    json.key("error");
    if (!error) {
        json.null();
        return;
    }
    json.begin_object().member("code", error->code);
    json.member("detail", escape_for_display(error->detail));
    if (error->runtime_status != 0 || !error->runtime_errors.empty())
        json.key("runtime")
            .begin_object()
            .member("exitCode", error->runtime_status)
            .member("stderrTail", escape_for_display(error->runtime_errors))
            .end_object();
    json.end_object();
}

}  // namespace

Failure<Refusal> refusal_of(Act act, State state) {
    const char* code = act == Act::NotReady       ? "not-ready"
                       : act == Act::BeingDeleted ? "deleting"
                                                  : "invalid-transition";
    return Failure{
        Refusal{.code = code, .detail = fmt::format("the container is {}", word_of(state))}};
}

std::string status_json(const Container& container) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("name", container.name.name).member("tag", container.name.tag);
    json.member("id", container.id).member("ociVersion", spec_version);
    json.member("bundle", escape_for_display(container.bundle));
    const State state = container.is_removing ? State::Deleting : container.state;
    json.member("state", word_of(state));
    json.member("status", oci_status_of(state)).member("pid", container.pid);
    add_text(json, "createdAt", container.created_at);
    add_text(json, "startedAt", container.started_at);
    add_text(json, "finishedAt", container.finished_at);
    add_ending(json, container);
    json.member("restartCount", container.restarts);
    json.key("image").begin_object().member("reference", container.wanted.image);
    add_text(json, "digest", container.image_digest);
    add_text(json, "platform", container.wanted.platform);
    json.end_object();
    add_progress(json, container);
    json.key("network").begin_object();
    json.member("mode", container.wanted.network.empty() ? "none" : container.wanted.network);
    json.end_object().key("labels").begin_object();
    for (const auto& [name, value] : container.wanted.labels)
        json.member(escape_for_display(name), escape_for_display(value));
    json.end_object().member("specDigest", container.digest);
    add_error(json, container.error);
    json.end_object();
    return text;
}

std::string state_json(const Container& container) {
    std::string text;
    JsonWriter json{text};
    const State state = container.is_removing ? State::Deleting : container.state;
    json.begin_object().member("state", word_of(state));
    json.member("status", oci_status_of(state)).member("pid", container.pid);
    add_text(json, "startedAt", container.started_at);
    add_text(json, "finishedAt", container.finished_at);
    add_ending(json, container);
    json.end_object();
    return text;
}

std::string record_json(const Container& container) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("version", 1).member("name", container.name.text());
    json.member("state", word_of(container.state)).key("wanted");
    json.json(wanted_json(container.wanted));
    add_text(json, "createdAt", container.created_at);
    add_text(json, "startedAt", container.started_at);
    add_text(json, "finishedAt", container.finished_at);
    if (container.exit_code)
        json.member("exitCode", static_cast<unsigned>(std::max(*container.exit_code, 0)));
    add_text(json, "exitReason", container.exit_reason);
    json.member("oomKilled", container.oom_killed).member("restarts", container.restarts);
    add_text(json, "imageDigest", container.image_digest);
    json.member("inRuntime", container.in_runtime).member("stopWished", container.stop_wished);
    json.member("removing", container.is_removing);
    json.member("pid", container.pid);
    if (!container.resources.empty()) json.key("resources").json(container.resources);
    if (container.error) {
        json.member("errorCode", container.error->code);
        json.member("errorDetail", escape_for_display(container.error->detail));
    }
    json.end_object();
    return text;
}

Result<ContainerRef> read_record(std::string_view text) {
    const spec::Value document = OCI_TRY(spec::parse_json(text));
    Mistakes mistakes;
    Reader reader{document, "", mistakes};
    auto container = std::make_shared<Container>();
    const auto name = parse_name(reader.text("name").value_or(""));
    const auto state = state_named(reader.text("state").value_or(""));
    const spec::Value* wanted = reader.find("wanted");
    if (!name || !state || wanted == nullptr)
        return fail(ErrorKind::InvalidConfig, "the record of a container is damaged");
    container->name = *name;
    container->id = runtime_id(*name);
    container->wanted = read_wanted(*wanted, *name, true, mistakes);
    container->digest = digest_of(container->wanted);
    container->state = *state;
    container->created_at = reader.text("createdAt").value_or("");
    container->started_at = reader.text("startedAt").value_or("");
    container->finished_at = reader.text("finishedAt").value_or("");
    constexpr std::uint64_t largest_status = 255;
    if (const auto code = reader.number("exitCode", largest_status))
        container->exit_code = static_cast<int>(*code);
    container->exit_reason = reader.text("exitReason").value_or("");
    container->oom_killed = reader.flag("oomKilled").value_or(false);
    container->restarts = reader.number("restarts", any_number).value_or(0);
    container->image_digest = reader.text("imageDigest").value_or("");
    container->in_runtime = reader.flag("inRuntime").value_or(true);
    container->stop_wished = reader.flag("stopWished").value_or(false);
    container->is_removing = reader.flag("removing").value_or(false);
    container->pid = static_cast<int>(reader.number("pid", largest_pid).value_or(0));
    if (const spec::Value* resources = reader.find("resources"))
        container->resources = spec::document_text(*resources);
    if (const auto code = reader.text("errorCode"))
        container->error = Refusal{*code, reader.text("errorDetail").value_or("")};
    if (!mistakes.empty())
        return fail(ErrorKind::InvalidConfig, "the record of a container: {} {}",
                    mistakes.front().first, mistakes.front().second);
    return container;
}

std::optional<RuntimeState> read_runtime_state(std::string_view text) {
    const auto document = spec::parse_json(text);
    if (!document) return std::nullopt;
    Mistakes ignored;
    Reader reader{document.value(), "", ignored};
    RuntimeState state;
    state.status = reader.text("status").value_or("");
    state.pid = static_cast<int>(reader.number("pid", largest_pid).value_or(0));
    state.bundle = reader.text("bundle").value_or("");
    constexpr std::uint64_t largest_status = 255;
    if (const auto code = reader.number("exitCode", largest_status))
        state.exit_code = static_cast<int>(*code);
    state.signal = static_cast<int>(reader.number("signal", largest_status).value_or(0));
    state.oom_killed = reader.flag("oomKilled").value_or(false);
    state.finished_at = reader.text("finishedAt").value_or("");
    if (state.status.empty()) return std::nullopt;
    return state;
}

std::optional<LayerProgress> read_progress(std::string_view line) {
    if (!line.starts_with('{')) return std::nullopt;
    const auto document = spec::parse_json(line);
    if (!document) return std::nullopt;
    Mistakes ignored;
    Reader reader{document.value(), "", ignored};
    LayerProgress layer{.digest = reader.text("layer").value_or("")};
    layer.done = reader.number("done", any_number).value_or(0);
    layer.total = reader.number("total", any_number).value_or(0);
    layer.retries = reader.number("retries", any_number).value_or(0);
    layer.state = reader.text("state").value_or("");
    if (layer.digest.empty()) return std::nullopt;
    return layer;
}

}  // namespace oci::serve
