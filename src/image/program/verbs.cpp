// SPDX-License-Identifier: Apache-2.0
#include "image/program/verbs.hpp"

#include <unistd.h>

#include <array>
#include <iterator>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "image/program/obtain.hpp"
#include "image/program/prepare.hpp"
#include "image/program/print.hpp"
#include "image/program/progress.hpp"
#include "image/program/pull.hpp"
#include "image/program/unpack_image.hpp"
#include "image/sources/import.hpp"
#include "image/store/containers.hpp"
#include "image/store/images.hpp"
#include "image/store/prune.hpp"
#include "image/store/references.hpp"
#include "image/store/verify.hpp"

namespace oci::image::program {
namespace {

using Act = Result<Outcome> (*)(const Store& store, const Call& call);

Result<Outcome> import(const Store& store, const Call& call) {
    ImportRequest request;
    request.path = call.path;
    request.platform = OCI_TRY(platform_for(call.platform));
    if (!call.name.empty()) request.name = OCI_TRY(explain(parse_reference(call.name), "--name"));
    const std::vector<Imported> imported = OCI_TRY(import_image(store, request));
    Outcome outcome;
    for (const Imported& each : imported)
        fmt::format_to(std::back_inserter(outcome.output), "{} {}\n", text_of(each.name),
                       each.descriptor.digest.text());
    return outcome;
}

Result<Outcome> pull(const Store& store, const Call& call) {
    PullRequest request;
    request.reference = OCI_TRY(parse_reference(call.name));
    request.platform = OCI_TRY(platform_for(call.platform));
    request.is_platform_asked_for = !call.platform.empty();
    request.settings = OCI_TRY(registry_settings(call.credentials, call.insecure));
    if (call.public_only) request.settings.reach = registry::Reach::Public;
    request.settings.allowed = call.allowed;
    const UniqueFd signals = OCI_TRY(open_end_signals());
    request.settings.cancel_fd = signals.get();
    const FdView output{STDERR_FILENO};
    const ProgressStyle style = OCI_TRY(parse_progress_style(call.progress, output));
    ProgressView view{call.quiet ? ProgressStyle::None : style, output};
    const Result<Pulled> pulled = pull_image(store, request, view);
    view.end();
    if (!pulled) return Failure{pulled.error()};
    Outcome outcome;
    const std::string digest = pulled.value().digest.text();
    outcome.output =
        call.quiet ? digest + '\n' : fmt::format("{} {}\n", text_of(request.reference), digest);
    if (!pulled.value().warning.empty()) outcome.warnings.push_back(pulled.value().warning);
    return outcome;
}

Result<Outcome> list(const Store& store, const Call& call) {
    const std::vector<NamedImage> names = OCI_TRY(references(store));
    if (call.quiet) {
        Outcome outcome;
        for (const NamedImage& each : names) outcome.output += shown_name(each) + '\n';
        return outcome;
    }
    std::vector<Row> rows;
    for (const NamedImage& each : names)
        rows.push_back({each, load_image(store, each.descriptor,
                                         each.descriptor.platform.value_or(host_platform()))});
    return Outcome{.output = call.json ? rows_json(rows) : rows_text(rows)};
}

Result<Outcome> inspect(const Store& store, const Call& call) {
    const Platform platform = OCI_TRY(platform_for(call.platform));
    const NamedImage named = OCI_TRY(find_reference(store, call.references.front()));
    const Image image = OCI_TRY(load_image(store, named.descriptor, platform));
    if (call.raw == "manifest") return Outcome{.output = image.manifest_text};
    if (call.raw == "config") return Outcome{.output = image.config_text};
    return Outcome{.output = call.json ? image_json(named, image) : image_text(named, image)};
}

Result<Outcome> remove(const Store& store, const Call& call) {
    Outcome outcome;
    for (const std::string& word : call.references) {
        const std::vector<std::string> removed = OCI_TRY(remove_reference(store, word));
        for (const std::string& name : removed) outcome.output += escape_for_display(name) + '\n';
    }
    return outcome;
}

Result<Outcome> prune_store(const Store& store, const Call& call) {
    const Pruned pruned = OCI_TRY(prune(store));
    if (!call.json)
        return Outcome{.output = fmt::format("{} blobs, {} layers, {} leftovers: {} bytes\n",
                                             pruned.blobs, pruned.layers, pruned.leftovers,
                                             pruned.bytes)};
    Outcome outcome;
    JsonWriter json{outcome.output};
    json.begin_object();
    json.member("blobs", pruned.blobs).member("layers", pruned.layers);
    json.member("leftovers", pruned.leftovers).member("bytes", pruned.bytes);
    json.end_object();
    outcome.output += '\n';
    return outcome;
}

Result<Outcome> verify_store(const Store& store, const Call& call) {
    const std::string word = call.references.empty() ? "" : call.references.front();
    const Verified verified = OCI_TRY(verify(store, word));
    if (call.remove_damaged) OCI_TRY(remove_damaged(store, verified.damages));
    return Outcome{.status = verified.damages.empty() ? 0 : 1,
                   .output = call.json ? verified_json(verified) : verified_text(verified)};
}

Result<Outcome> unpack(const Store& store, const Call& call) {
    UnpackRequest request;
    request.platform = OCI_TRY(platform_for(call.platform));
    request.devices = call.devices ? DeviceNodes::Make : DeviceNodes::Skip;
    request.maps = call.maps;
    const NamedImage named = OCI_TRY(find_reference(store, call.name));
    Outcome outcome;
    if (!call.path.empty()) {
        outcome.warnings = OCI_TRY(unpack_bundle(store, named, call.path, request));
        return outcome;
    }
    const PreparedLayers prepared = OCI_TRY(prepare_layers(store, named, request));
    for (const std::string& path : prepared.paths)
        outcome.output += fmt::format("{}/{}\n", store.path(), path);
    outcome.warnings = prepared.warnings;
    return outcome;
}

/// Answers the runtime.
Result<Outcome> prepare_container(const Store& store, const Call& call) {
    Prepared prepared = OCI_TRY(prepare(store, call.run, call.maps));
    return Outcome{.output = spec::prepared_container_text(prepared.container),
                   .warnings = std::move(prepared.warnings)};
}

Result<Outcome> release_container(const Store& store, const Call& call) {
    if (!run::is_name(call.name))
        return fail(ErrorKind::InvalidConfig, "\"{}\" is no container", call.name);
    OCI_TRY(remove_container(store, call.name));
    return Outcome{};
}

constexpr std::array acts{
    Named<Act>{"pull", pull},
    Named<Act>{"import", import},
    Named<Act>{"ls", list},
    Named<Act>{"inspect", inspect},
    Named<Act>{"rm", remove},
    Named<Act>{"prune", prune_store},
    Named<Act>{"verify", verify_store},
    Named<Act>{"unpack", unpack},
    Named<Act>{"prepare", prepare_container},
    Named<Act>{"release", release_container},
};

}  // namespace

Result<Outcome> perform(const Store& store, const Call& call) {
    const auto act = value_named(acts, call.verb);
    if (!act) return fail(ErrorKind::Unsupported, "{} is not built in", call.verb);
    return (*act)(store, call);
}

}  // namespace oci::image::program
