// SPDX-License-Identifier: Apache-2.0
//
// OCI image layouts (image-spec, image-layout.md).
#include <algorithm>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "image/hasher.hpp"
#include "image/sources/parts.hpp"
#include "image/store/references.hpp"
#include "spec/place.hpp"

namespace oci::image::sources {
namespace {

constexpr int deepest_index = 3;
constexpr std::string_view containerd_name = "io.containerd.image.name";

std::string path_of(const Digest& digest) {
    return fmt::format("blobs/{}/{}", name_of(digest.algorithm()), digest.hex());
}

std::string_view annotation(const Descriptor& entry, std::string_view wanted) {
    for (const auto& [key, value] : entry.annotations)
        if (key == wanted) return value;
    return {};
}

/// A mere tag, as skopeo writes it, says nothing about the repository.
std::optional<Reference> name_of_entry(const Descriptor& entry) {
    for (const std::string_view key : {containerd_name, name_annotation}) {
        const std::string_view text = annotation(entry, key);
        if (text.find_first_of("/:@") == std::string_view::npos) continue;
        if (auto reference = parse_reference(text)) return std::move(reference).value();
    }
    return std::nullopt;
}

struct Chosen {
    Reference name{};
    Index entries{};  ///< One for each platform.
};

Failure<Error> needs_name(const Index& index) {
    std::string there;
    for (const Descriptor& entry : index.manifests) {
        const std::string_view name = annotation(entry, name_annotation);
        if (name.empty()) continue;
        there += (there.empty() ? "" : ", ") + display_text(name, 100);
    }
    return fail(ErrorKind::InvalidConfig,
                "the layout does not say which repository it is of ({}): give the image a name",
                there.empty() ? "it has no names" : there);
}

Result<std::vector<Chosen>> chosen_of(const Index& index, const ImportRequest& request) {
    std::vector<Chosen> chosen;
    if (request.name) {
        Chosen one{*request.name, {}};
        // Where the layout has the name that is asked for, it is that one.
        for (const Descriptor& entry : index.manifests) {
            const auto name = name_of_entry(entry);
            const std::string_view tag = annotation(entry, name_annotation);
            if ((name && *name == *request.name) || (!tag.empty() && tag == request.name->tag))
                one.entries.manifests.push_back(entry);
        }
        if (one.entries.manifests.empty()) one.entries = index;
        const std::string_view first = annotation(one.entries.manifests.front(), name_annotation);
        if (std::ranges::any_of(one.entries.manifests, [&](const Descriptor& entry) {
                return annotation(entry, name_annotation) != first;
            }))
            return fail(ErrorKind::InvalidConfig,
                        "the layout has several images: one name is not enough for them");
        chosen.push_back(std::move(one));
        return chosen;
    }
    for (const Descriptor& entry : index.manifests) {
        const auto name = name_of_entry(entry);
        if (!name) continue;
        auto found = std::ranges::find(chosen, *name, &Chosen::name);
        if (found == chosen.end()) found = chosen.insert(chosen.end(), Chosen{*name, {}});
        found->entries.manifests.push_back(entry);
    }
    if (chosen.empty()) return needs_name(index);
    return chosen;
}

Result<std::string> document(Members& members, const Descriptor& entry) {
    const std::string path = path_of(entry.digest);
    std::string text = OCI_TRY(members.text(path, spec::largest_document));
    const Digest found = OCI_TRY(digest_of(text, entry.digest.algorithm()));
    if (found != entry.digest || text.size() != entry.size)
        return fail(ErrorKind::InvalidConfig, "{}: its content is another one", path);
    return text;
}

struct Resolved {
    Descriptor descriptor{};
    Manifest manifest{};
    std::string text{};
};

/// Down to the manifest for the platform.
Result<Resolved> resolve(const Target& target, Members& members, Index index) {
    for (int depth = 0; depth <= deepest_index; ++depth) {
        Descriptor entry = OCI_TRY(choose(index, target.request.platform));
        std::string text = OCI_TRY(document(members, entry));
        ManifestOrIndex read =
            OCI_TRY(explain(read_manifest(text, entry.media_type), "{}", path_of(entry.digest)));
        if (auto* manifest = std::get_if<Manifest>(&read))
            return Resolved{std::move(entry), std::move(*manifest), std::move(text)};
        index = std::move(*std::get_if<Index>(&read));
    }
    return fail(ErrorKind::Unsupported, "indexes are nested too deeply");
}

class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string_view text) : text_{text} {}

    Result<std::size_t> read(std::span<char> buffer) override {
        const std::size_t count = text_.copy(buffer.data(), buffer.size());
        text_.remove_prefix(count);
        return count;
    }

private:
    std::string_view text_;
};

Result<void> copy_blobs(const Target& target, Members& members, const Manifest& manifest) {
    std::map<std::string, Descriptor> wanted;
    std::vector<std::string> paths;
    std::vector<Descriptor> blobs = manifest.layers;
    blobs.push_back(manifest.config);
    for (const Descriptor& blob : blobs) {
        const std::string path = OCI_TRY(members.resolve(path_of(blob.digest)));
        wanted.insert_or_assign(path, blob);
        paths.push_back(path);
    }
    return members.visit(paths, [&](const std::string& path, ByteSource& content) {
        return copy_blob(target, wanted.at(path), content);
    });
}

Result<Imported> import_one(const Target& target, Members& members, const Chosen& chosen) {
    Resolved image = OCI_TRY(resolve(target, members, chosen.entries));
    OCI_TRY(copy_blobs(target, members, image.manifest));
    TextSource text{image.text};
    OCI_TRY(copy_blob(target, image.descriptor, text));
    Descriptor descriptor{.media_type = std::move(image.descriptor.media_type),
                          .digest = std::move(image.descriptor.digest),
                          .size = image.descriptor.size,
                          .platform = std::move(image.descriptor.platform)};
    return Imported{chosen.name, std::move(descriptor)};
}

Result<void> check_layout(std::string_view text) {
    const spec::Value value = OCI_TRY(spec::parse_json(text));
    const spec::Place place(value);
    std::string version;
    OCI_TRY(spec::required(place, "imageLayoutVersion", version));
    if (!version.starts_with("1."))
        return fail(ErrorKind::Unsupported, "/imageLayoutVersion: {} is not read, but 1.0.0",
                    json_quoted(display_text(version, 40)));
    return {};
}

}  // namespace

Result<std::vector<Imported>> import_layout(const Target& target, Members& members) {
    constexpr std::size_t largest_mark = 4096;
    const std::string layout = OCI_TRY(members.text("oci-layout", largest_mark));
    OCI_TRY(explain(check_layout(layout), "oci-layout"));
    const std::string text = OCI_TRY(members.text("index.json", spec::largest_document));
    const Index index = OCI_TRY(explain(read_layout_index(text), "index.json"));
    if (index.manifests.empty())
        return fail(ErrorKind::InvalidConfig, "index.json: there is no image in it");
    const std::vector<Chosen> chosen = OCI_TRY(chosen_of(index, target.request));
    std::vector<Imported> imported;
    for (const Chosen& each : chosen) {
        Imported one = OCI_TRY(import_one(target, members, each));
        imported.push_back(std::move(one));
    }
    return imported;
}

}  // namespace oci::image::sources
