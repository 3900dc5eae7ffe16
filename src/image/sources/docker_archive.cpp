// SPDX-License-Identifier: Apache-2.0
//
// What `docker save`, and `skopeo copy docker-archive:`, write: layers as tars, described by
// manifest.json.
#include <set>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "image/sources/parts.hpp"
#include "image/store/blobs.hpp"
#include "spec/place.hpp"

namespace oci::image::sources {
namespace {

constexpr std::size_t portion = std::size_t{1} << 18U;

struct SavedImage {
    std::string config{};  ///< Names of members.
    std::vector<std::string> layers{};
    std::vector<std::string> names{};
};

Result<void> read_saved(const spec::Place& place, SavedImage& image) {
    OCI_TRY(spec::required(place, "Config", image.config));
    OCI_TRY(spec::field(place, "RepoTags", image.names));
    return spec::field(place, "Layers", image.layers);
}

Result<std::vector<SavedImage>> read_list(std::string_view text) {
    const spec::Value document = OCI_TRY(spec::parse_value(text));
    const spec::Place place(document);
    const auto* values = OCI_TRY(place.elements("objects"));
    std::vector<SavedImage> images;
    for (const spec::Value& value : *values) {
        const spec::Place entry(place, images.size(), value);
        OCI_TRY(entry.be_object());
        OCI_TRY(read_saved(entry, images.emplace_back()));
    }
    if (images.empty()) return fail(ErrorKind::InvalidConfig, "there is no image in it");
    return images;
}

/// A layer that was saved as a plain tar: its diffID is its digest.
bool is_plain(const Descriptor& layer) {
    return media_type_of(layer.media_type) == MediaType::LayerTar;
}

Result<Descriptor> write_layer(const Target& target, ByteSource& content) {
    NewBlob blob = OCI_TRY(NewBlob::begin(target.store));
    std::string buffer(portion, '\0');
    std::string first;
    for (;;) {
        const std::size_t count = OCI_TRY(content.read(buffer));
        if (count == 0) break;
        if (first.size() < 8) first.append(buffer, 0, std::min<std::size_t>(count, 8));
        OCI_TRY(blob.append(std::span{buffer}.first(count)));
    }
    const std::string_view type = layer_type(first);
    if (type.empty())
        return fail(ErrorKind::Unsupported, "it is compressed, but neither by gzip nor by zstd");
    NewBlob::Written written = OCI_TRY(blob.finish());
    OCI_TRY(blob.keep(written, target.lease));
    return Descriptor{
        .media_type = std::string{type}, .digest = std::move(written.digest), .size = written.size};
}

class Saved {
public:
    Saved(const Target& target, Members& members) : target_{target}, members_{members} {}

    Result<Descriptor> import(const SavedImage& image) {
        const std::string config = OCI_TRY(members_.text(image.config, spec::largest_document));
        const ImageConfig described =
            OCI_TRY(explain(read_config(config, image.layers.size()), "{}", image.config));
        std::vector<std::string> files;
        for (const std::string& layer : image.layers) {
            std::string file = OCI_TRY(members_.resolve(layer));
            files.push_back(std::move(file));
        }
        OCI_TRY(take_what_is_there(files, described.diff_ids));
        OCI_TRY(copy_rest(files));
        std::vector<Descriptor> layers;
        for (std::size_t i = 0; i < files.size(); ++i) {
            const Descriptor& layer = done_.at(files[i]);
            if (is_plain(layer) && layer.digest != described.diff_ids[i])
                return fail(ErrorKind::InvalidConfig,
                            "{}: /rootfs/diff_ids/{}: {} has the digest {}",
                            display_text(image.config, 200), i, display_text(files[i], 200),
                            layer.digest.text());
            layers.push_back(layer);
        }
        return put_manifest(target_, config, layers);
    }

private:
    /// Another image of the archive, or of the store, may have the layer.
    Result<void> take_what_is_there(const std::vector<std::string>& files,
                                    const std::vector<Digest>& diff_ids) {
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (done_.contains(files[i])) continue;
            const std::uint64_t size = OCI_TRY(members_.size(files[i]));
            OCI_TRY(target_.lease.hold_blob(diff_ids[i]));
            const bool is_there = OCI_TRY(has_blob(target_.store, diff_ids[i], size));
            if (!is_there) continue;
            done_.insert_or_assign(files[i], Descriptor{.media_type = std::string{layer_type("")},
                                                        .digest = diff_ids[i],
                                                        .size = size});
        }
        return {};
    }

    Result<void> copy_rest(const std::vector<std::string>& files) {
        std::vector<std::string> wanted;
        for (const std::string& file : files)
            if (!done_.contains(file)) wanted.push_back(file);
        return members_.visit(
            wanted, [&](const std::string& file, ByteSource& content) -> Result<void> {
                Descriptor layer =
                    OCI_TRY(explain(write_layer(target_, content), "{}", display_text(file, 200)));
                done_.insert_or_assign(file, std::move(layer));
                return {};
            });
    }

    const Target& target_;
    Members& members_;
    std::map<std::string, Descriptor> done_{};
};

Result<std::vector<Reference>> names_of(const SavedImage& image, const ImportRequest& request) {
    std::vector<Reference> names;
    if (request.name) {
        names.push_back(*request.name);
        return names;
    }
    for (const std::string& text : image.names) {
        Reference name = OCI_TRY(explain(parse_reference(text), "/RepoTags"));
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace

Result<std::vector<Imported>> import_docker_archive(const Target& target, Members& members) {
    const std::string text = OCI_TRY(members.text("manifest.json", spec::largest_document));
    const std::vector<SavedImage> images = OCI_TRY(explain(read_list(text), "manifest.json"));
    if (target.request.name && images.size() > 1)
        return fail(ErrorKind::InvalidConfig,
                    "the archive has {} images: one name is not enough for them", images.size());
    Saved saved{target, members};
    std::vector<Imported> imported;
    for (const SavedImage& image : images) {
        const std::vector<Reference> names = OCI_TRY(names_of(image, target.request));
        if (names.empty()) continue;
        const Descriptor descriptor = OCI_TRY(saved.import(image));
        for (const Reference& name : names) imported.push_back({name, descriptor});
    }
    if (imported.empty())
        return fail(ErrorKind::InvalidConfig,
                    "the archive does not name its images: give the image a name");
    return imported;
}

}  // namespace oci::image::sources
