// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/unpack.hpp"

#include "base/explain.hpp"
#include "image/unpack/decompress.hpp"
#include "image/unpack/hashing_source.hpp"
#include "image/unpack/layer_writer.hpp"
#include "image/unpack/read_ahead.hpp"

namespace oci::image {
namespace {

Result<void> compare(std::string_view what, const Digest& found,
                     const std::optional<Digest>& wanted) {
    if (!wanted || found == *wanted) return {};
    return fail(ErrorKind::InvalidConfig, "layer: {} is {}, but should be {}", what, found.text(),
                wanted->text());
}

Result<void> write_entries(unpack::TarReader& reader, unpack::LayerWriter& writer) {
    unpack::TarEntry entry;
    for (;;) {
        const bool is_entry = OCI_TRY(reader.next(entry));
        if (!is_entry) return {};
        OCI_TRY(writer.apply(entry, reader));
    }
}

Result<LayerReport> apply_tar(ByteSource& tar, const LayerRequest& request,
                              unpack::Budget& budget) {
    Hasher hasher = OCI_TRY(
        Hasher::start(request.diff_id ? request.diff_id->algorithm() : DigestAlgorithm::Sha256));
    unpack::HashingSource hashed{tar, std::move(hasher)};
    unpack::ReadAhead ahead{hashed};
    unpack::TarReader reader{ahead};
    unpack::Warnings warnings;
    unpack::LayerWriter writer{request, budget, warnings};
    OCI_TRY(writer.start());
    OCI_TRY(write_entries(reader, writer));
    // Docker, Go and gzip leave padding behind the end: it belongs to the digest.
    const bool goes_on = OCI_TRY(reader.drain());
    if (goes_on) warnings.add(unpack::Omission::TrailingData, "");
    OCI_TRY(writer.finish());
    ahead.stop();
    LayerReport report;
    report.diff_id = OCI_TRY(hashed.finish());
    OCI_TRY(compare("the diffID", report.diff_id, request.diff_id));
    report.entries = budget.entries();
    report.bytes = budget.bytes();
    report.warnings = warnings.lines();
    return report;
}

Result<LayerReport> apply_blob(ByteSource& blob, const LayerRequest& request) {
    unpack::Budget budget{request.limits};
    const auto tar = OCI_TRY(unpack::decompress(blob, request.compression, budget));
    return apply_tar(*tar, request, budget);
}

}  // namespace

Result<Compression> compression_of(MediaType type) {
    if (type == MediaType::LayerTar) return Compression::None;
    if (type == MediaType::LayerGzip) return Compression::Gzip;
    if (type == MediaType::LayerZstd) return Compression::Zstd;
    return fail(ErrorKind::Unsupported, "layer: of a type that cannot be unpacked");
}

Result<LayerReport> apply_layer(ByteSource& blob, const LayerRequest& request) {
    if (!request.blob) return apply_blob(blob, request);
    Hasher hasher = OCI_TRY(Hasher::start(request.blob->digest.algorithm()));
    unpack::HashingSource hashed{blob, std::move(hasher), request.blob->size};
    auto report = apply_blob(hashed, request);
    if (!report) return report;
    const Digest digest = OCI_TRY(hashed.finish());
    OCI_TRY(compare("the blob's digest", digest, request.blob->digest));
    return report;
}

}  // namespace oci::image
