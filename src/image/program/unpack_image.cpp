// SPDX-License-Identifier: Apache-2.0
#include "image/program/unpack_image.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "image/convert/convert.hpp"
#include "image/store/blobs.hpp"
#include "image/store/images.hpp"
#include "image/store/layers.hpp"
#include "kernel/files.hpp"
#include "kernel/namespace.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

/// From now on nobody takes away what the image is made of.
Result<Image> hold_image(const Store& store, const NamedImage& named, const Platform& platform,
                         Lease& lease) {
    Image image = OCI_TRY(load_image(store, named.descriptor, platform));
    OCI_TRY(lease.hold_blob(named.descriptor.digest));
    OCI_TRY(lease.hold_blob(image.descriptor.digest));
    OCI_TRY(lease.hold_blob(image.manifest.config.digest));
    for (const Descriptor& layer : image.manifest.layers) OCI_TRY(lease.hold_blob(layer.digest));
    return image;
}

Result<LayerReport> apply(const Store& store, const Image& image, std::size_t index,
                          LayerRequest request) {
    const Descriptor& layer = image.manifest.layers[index];
    request.compression = OCI_TRY(compression_of(media_type_of(layer.media_type)));
    request.blob = BlobIdentity{layer.digest, layer.size};
    request.diff_id = image.config.diff_ids[index];
    const auto blob = OCI_TRY(open_blob(store, layer));
    return with_if(ErrorKind::InvalidConfig,
                   explain(apply_layer(*blob, request), "layer {}", layer.digest.text()),
                   {.code = "image-invalid"});
}

void add_warnings(std::vector<std::string>& all, const LayerReport& report, const Image& image,
                  std::size_t index) {
    for (const std::string& warning : report.warnings)
        all.push_back(
            fmt::format("layer {}: {}", image.manifest.layers[index].digest.text(), warning));
}

Result<UniqueFd> open_new_directory(const std::string& path) {
    const auto made = kernel::make_directory(kernel::here, path.c_str(), 0755);
    if (!made && made.error().code != EEXIST)
        return explain(Result<UniqueFd, kernel::SysError>{Failure{made.error()}}, "cannot make {}",
                       path);
    UniqueFd directory =
        OCI_TRY(explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY),
                        "cannot open {}", path));
    const auto names = OCI_TRY(explain(kernel::read_directory(directory), "cannot list {}", path));
    if (!names.empty()) return fail(ErrorKind::AlreadyExists, "{} is not empty", path);
    return directory;
}

Result<UniqueFd> make_rootfs(FdView bundle) {
    OCI_TRY(explain(kernel::make_directory(bundle, "rootfs", 0755), "cannot make rootfs"));
    OCI_TRY(explain(kernel::change_mode(bundle, "rootfs", 0755), "cannot make rootfs"));
    return explain(kernel::open_beneath(bundle, "rootfs", O_RDONLY | O_DIRECTORY),
                   "cannot open rootfs");
}

/// Where only one id is mapped, nobody else can own anything.
Owners owners_for(const IdMaps& maps) {
    return maps.uids.size() == 1 ? Owners::SquashAndRecord : Owners::Keep;
}

Result<std::vector<std::string>> apply_all(const Store& store, const Image& image, FdView tree,
                                           const UnpackRequest& request) {
    std::vector<std::string> warnings;
    for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
        const LayerReport report =
            OCI_TRY(apply(store, image, i,
                          {.directory = tree,
                           .form = LayerForm::Flat,
                           .in_user_namespace = !kernel::is_in_initial_user_namespace(),
                           .device_nodes = request.devices,
                           .owners = owners_for(request.maps)}));
        add_warnings(warnings, report, image, i);
    }
    return warnings;
}

Result<void> write_config(FdView bundle, FdView rootfs, const Image& image, const IdMaps& maps,
                          std::vector<std::string>& warnings) {
    ConvertRequest request;
    request.processors = static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L));
    if (!maps.uids.empty()) request.rootless = {maps.uids, maps.gids};
    request.command_of_last_resort = {"sh"};
    const Converted converted = OCI_TRY(convert(image.config, rootfs, request));
    warnings.insert(warnings.end(), converted.warnings.begin(), converted.warnings.end());
    OCI_TRY(explain(
        kernel::make_in_root(rootfs, converted.working_directory.c_str(), kernel::Kind::Directory),
        "cannot make the working directory {}", display_text(converted.working_directory, 500)));
    return explain(kernel::replace_text(bundle, "config.json", converted.config, 0644),
                   "cannot write config.json");
}

}  // namespace

Result<std::vector<std::string>> unpack_bundle(const Store& store, const NamedImage& named,
                                               const std::string& directory,
                                               const UnpackRequest& request) {
    Lease lease = OCI_TRY(Lease::begin(store));
    const Image image = OCI_TRY(hold_image(store, named, request.platform, lease));
    const UniqueFd bundle = OCI_TRY(open_new_directory(directory));
    // The error that leads here is what counts.
    ScopeExit undo{[&] { (void)remove_tree(bundle, "rootfs"); }};
    const UniqueFd rootfs = OCI_TRY(explain(make_rootfs(bundle), "{}", directory));
    std::vector<std::string> warnings = OCI_TRY(apply_all(store, image, rootfs, request));
    OCI_TRY(explain(write_config(bundle, rootfs, image, request.maps, warnings), "{}", directory));
    undo.release();
    return warnings;
}

Result<PreparedLayers> prepare_layers(const Store& store, const NamedImage& named,
                                      const UnpackRequest& request) {
    Lease held = OCI_TRY(Lease::begin(store));
    Image held_image = OCI_TRY(hold_image(store, named, request.platform, held));
    PreparedLayers prepared{std::move(held), std::move(held_image)};
    Lease& lease = prepared.lease;
    const Image& image = prepared.image;
    std::vector<UniqueFd> trees;
    std::vector<FdView> lower;  // the top first
    for (std::size_t i = 0; i < image.chain.size(); ++i) {
        OCI_TRY(lease.hold_layer(image.chain[i]));
        LayerWriter writer = OCI_TRY(LayerWriter::begin(store, image.chain[i]));
        if (!writer.is_there()) {
            const LayerReport report =
                OCI_TRY(apply(store, image, i,
                              {.directory = writer.tree(),
                               .form = LayerForm::Overlay,
                               .lower_layers = lower,
                               .in_user_namespace = !kernel::is_in_initial_user_namespace(),
                               .device_nodes = request.devices,
                               .owners = owners_for(request.maps)}));
            LayerFacts facts{image.config.diff_ids[i], {}, report.entries, report.bytes};
            if (i > 0) facts.parent = image.chain[i - 1];
            OCI_TRY(writer.commit(facts));
            add_warnings(prepared.warnings, report, image, i);
        }
        UniqueFd tree = OCI_TRY(open_layer(store, image.chain[i]));
        trees.push_back(std::move(tree));
        lower.insert(lower.begin(), trees.back());
        std::string path = OCI_TRY(short_path(store, image.chain[i]));
        prepared.paths.insert(prepared.paths.begin(), std::move(path));
    }
    return prepared;
}

Result<FlatTree> unpack_flat(const Store& store, const NamedImage& named, FdView directory,
                             const UnpackRequest& request) {
    Lease lease = OCI_TRY(Lease::begin(store));
    Image image = OCI_TRY(hold_image(store, named, request.platform, lease));
    std::vector<std::string> warnings = OCI_TRY(apply_all(store, image, directory, request));
    return FlatTree{std::move(image), std::move(warnings)};
}

}  // namespace oci::image::program
