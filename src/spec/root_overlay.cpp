// SPDX-License-Identifier: Apache-2.0
#include "spec/root_overlay.hpp"

#include <algorithm>
#include <initializer_list>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "spec/place.hpp"

namespace oci::spec {
namespace {

Result<void> know_members(const Place& place, std::initializer_list<std::string_view> known) {
    const Value::Object* members = OCI_TRY(place.members());
    for (const Member& member : *members)
        if (std::ranges::count(known, member.key) == 0)
            return Place(place, member.key, member.value).refuse("is unknown");
    return {};
}

}  // namespace

Result<RootOverlay> read_root_overlay(std::string_view text) {
    const Value document = OCI_TRY(parse_json(text));
    const Place place{document};
    OCI_TRY(know_members(place, {"directory", "lower", "upper", "work", "volatile"}));
    RootOverlay overlay;
    OCI_TRY(required(place, "directory", overlay.directory));
    OCI_TRY(required(place, "lower", overlay.lower));
    OCI_TRY(required(place, "upper", overlay.upper));
    OCI_TRY(required(place, "work", overlay.work));
    OCI_TRY(field(place, "volatile", overlay.is_volatile));
    return overlay;
}

std::string root_overlay_text(const RootOverlay& overlay) {
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    json.member("directory", overlay.directory).list("lower", overlay.lower);
    json.member("upper", overlay.upper).member("work", overlay.work);
    json.member("volatile", overlay.is_volatile);
    json.end_object();
    text += '\n';
    return text;
}

Result<PreparedContainer> read_prepared_container(std::string_view text) {
    const Value document = OCI_TRY(parse_json(text));
    const Place place{document};
    OCI_TRY(know_members(place, {"id", "bundle", "overlay", "directory", "storage", "terminal",
                                 "interactive", "detach", "remove"}));
    PreparedContainer container;
    OCI_TRY(required(place, "id", container.id));
    OCI_TRY(required(place, "bundle", container.bundle));
    OCI_TRY(required(place, "overlay", container.overlay));
    OCI_TRY(required(place, "directory", container.directory));
    OCI_TRY(required(place, "storage", container.storage));
    OCI_TRY(required(place, "terminal", container.terminal));
    OCI_TRY(required(place, "interactive", container.interactive));
    OCI_TRY(required(place, "detach", container.detach));
    OCI_TRY(required(place, "remove", container.remove));
    return container;
}

std::string prepared_container_text(const PreparedContainer& container) {
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    json.member("id", container.id).member("bundle", container.bundle);
    json.member("overlay", container.overlay).member("directory", container.directory);
    json.member("storage", container.storage).member("terminal", container.terminal);
    json.member("interactive", container.interactive).member("detach", container.detach);
    json.member("remove", container.remove);
    json.end_object();
    text += '\n';
    return text;
}

}  // namespace oci::spec
