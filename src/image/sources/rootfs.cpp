// SPDX-License-Identifier: Apache-2.0
//
// The tar of a root file system, compressed in whatever way: an image of one layer.
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "image/sources/parts.hpp"
#include "image/store/blobs.hpp"
#include "kernel/durable.hpp"
#include "kernel/files.hpp"

namespace oci::image::sources {
namespace {

constexpr std::size_t portion = std::size_t{1} << 18U;
constexpr std::uint64_t most_unpacked = std::uint64_t{20} << 30U;  ///< bytes

/// Writes what passes into the store, as it is.
class Tee final : public ByteSource {
public:
    Tee(FdView file, NewBlob* copy) : file_{file}, copy_{copy} {}

    Result<std::size_t> read(std::span<char> buffer) override {
        const std::size_t count =
            OCI_TRY(explain(kernel::read_some(file_, buffer), "cannot read the file"));
        if (copy_ != nullptr) OCI_TRY(copy_->append(buffer.first(count)));
        return count;
    }

private:
    FdView file_;
    NewBlob* copy_;
};

struct Layer {
    Descriptor descriptor{};
    Digest diff_id;
};

/// gzip and zstd stay as they are; what the specification has no name for is stored unpacked.
Result<Layer> write_layer(const Target& target, FdView file, std::string_view type) {
    NewBlob blob = OCI_TRY(NewBlob::begin(target.store));
    Tee packed{file, type.empty() ? nullptr : &blob};
    const auto plain = OCI_TRY(Decompressed::open(packed));
    Hasher hasher = OCI_TRY(Hasher::start(DigestAlgorithm::Sha256));
    std::string buffer(portion, '\0');
    std::uint64_t size = 0;
    for (;;) {
        const std::size_t count = OCI_TRY(plain->read(buffer));
        if (count == 0) break;
        size += count;
        if (size > most_unpacked)
            return fail(ErrorKind::InvalidConfig, "it unpacks to more than {} bytes",
                        most_unpacked);
        const auto bytes = std::span{buffer}.first(count);
        OCI_TRY(hasher.update(bytes));
        if (type.empty()) OCI_TRY(blob.append(bytes));
    }
    Digest diff_id = OCI_TRY(hasher.finish());
    const NewBlob::Written written = OCI_TRY(blob.finish());
    OCI_TRY(blob.keep(written, target.lease));
    const std::string_view stored = type.empty() ? layer_type("") : type;
    return Layer{
        {.media_type = std::string{stored}, .digest = written.digest, .size = written.size},
        std::move(diff_id)};
}

/// Without a time, so that the same tar is the same image.
std::string config_of(const Platform& platform, const Digest& diff_id) {
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    json.member("architecture", platform.architecture);
    if (!platform.variant.empty()) json.member("variant", platform.variant);
    json.member("os", platform.os);
    json.key("config").begin_object().end_object();
    json.key("rootfs").begin_object();
    json.member("type", "layers");
    json.list("diff_ids", std::vector<std::string>{diff_id.text()});
    json.end_object();
    json.end_object();
    return text;
}

}  // namespace

Result<std::vector<Imported>> import_rootfs(const Target& target, FdView file) {
    if (!target.request.name)
        return fail(ErrorKind::InvalidConfig,
                    "the tar of a root file system has no name of its own: give the image one");
    std::array<char, 8> first{};
    const std::size_t count =
        OCI_TRY(explain(kernel::read_at(file, first, 0), "cannot read the file"));
    OCI_TRY(explain(kernel::set_offset(file, 0), "cannot read the file"));
    const Layer layer = OCI_TRY(write_layer(target, file, layer_type({first.data(), count})));
    Descriptor descriptor = OCI_TRY(put_manifest(
        target, config_of(target.request.platform, layer.diff_id), {layer.descriptor}));
    return std::vector<Imported>{{*target.request.name, std::move(descriptor)}};
}

}  // namespace oci::image::sources
