// SPDX-License-Identifier: Apache-2.0
#include "image/program/pull.hpp"

#include <memory>
#include <set>
#include <vector>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "image/registry/client.hpp"
#include "image/store/blobs.hpp"
#include "image/store/references.hpp"

namespace oci::image::program {
namespace {

/// From the registry into the store.
class StoreSink final : public registry::BlobSink {
public:
    explicit StoreSink(BlobWriter writer) : writer_{std::move(writer)} {}

    Result<std::uint64_t> resume_offset() override { return writer_.offset(); }
    Result<void> restart() override { return writer_.restart(); }
    Result<void> write(std::span<const char> bytes) override { return writer_.append(bytes); }
    Result<void> finish() override { return writer_.commit(); }

private:
    BlobWriter writer_;
};

/// A document whose bytes have been checked already.
Result<void> keep(const Store& store, Lease& lease, const Digest& digest, std::string_view text) {
    OCI_TRY(lease.hold_blob(digest));
    BlobWriter writer = OCI_TRY(BlobWriter::begin(store, digest, text.size(), Wait::Yes));
    if (writer.state() == BlobWriter::State::There) return {};
    if (writer.offset() > 0) OCI_TRY(writer.restart());
    OCI_TRY(writer.append(text));
    return writer.commit();
}

class Pull {
public:
    Pull(const Store& store, registry::Client& client, Lease& lease, ProgressView& view)
        : store_{store}, client_{client}, lease_{lease}, view_{view} {}

    Result<void> layers(const std::vector<Descriptor>& layers) {
        std::vector<Descriptor> missing;
        std::set<std::string> seen;
        for (const Descriptor& layer : layers)
            if (seen.insert(layer.digest.text()).second) missing.push_back(layer);
        count_ = missing.size();
        std::vector<Descriptor> busy = OCI_TRY(fetch(missing, Wait::No));
        // One at a time: two processes that hold a part each never wait for each other's.
        for (const Descriptor& layer : busy) {
            const std::vector<Descriptor> still = OCI_TRY(fetch({layer}, Wait::Yes));
            if (!still.empty())
                return fail(ErrorKind::System, "blob {} is written by another process",
                            layer.digest.text());
        }
        return {};
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t fetched() const noexcept { return fetched_; }

private:
    /// Yields those that another process fetches right now.
    Result<std::vector<Descriptor>> fetch(const std::vector<Descriptor>& layers, Wait wait) {
        std::vector<Descriptor> busy;
        std::vector<std::unique_ptr<StoreSink>> sinks;
        std::vector<registry::BlobRequest> requests;
        std::vector<std::size_t> rows;
        for (const Descriptor& layer : layers) {
            OCI_TRY(lease_.hold_blob(layer.digest));
            const std::size_t row = view_.add(layer.digest, layer.size);
            BlobWriter writer = OCI_TRY(BlobWriter::begin(store_, layer.digest, layer.size, wait));
            if (writer.state() == BlobWriter::State::There) view_.there(row);
            if (writer.state() == BlobWriter::State::Busy) busy.push_back(layer);
            if (writer.state() != BlobWriter::State::Open) continue;
            sinks.push_back(std::make_unique<StoreSink>(std::move(writer)));
            requests.push_back({layer, sinks.back().get()});
            rows.push_back(row);
        }
        OCI_TRY(client_.blobs(requests, [&](std::size_t index, const registry::BlobProgress& now) {
            view_.update(rows[index], {.done = now.done,
                                       .retries = now.retries,
                                       .is_waiting = now.is_waiting,
                                       .is_complete = now.is_complete});
        }));
        fetched_ += requests.size();
        return busy;
    }

    const Store& store_;
    registry::Client& client_;
    Lease& lease_;
    ProgressView& view_;
    std::uint64_t count_ = 0;
    std::uint64_t fetched_ = 0;
};

/// An image without an index is the only one there is.
Result<std::string> check_platform(const PullRequest& request, const Platform& found) {
    if (fits(found, request.platform)) return std::string{};
    if (request.is_platform_asked_for)
        return with(fail(ErrorKind::NotFound, "{} is for {}, not for {}",
                         text_of(request.reference), text_of(found), text_of(request.platform)),
                    {.code = "platform-missing"});
    return fmt::format("{} is for {}, which this machine is not", text_of(request.reference),
                       text_of(found));
}

}  // namespace

Result<Pulled> pull_image(const Store& store, const PullRequest& request, ProgressView& view) {
    registry::Client client =
        OCI_TRY(registry::Client::connect(request.reference, request.settings));
    // What has no code of its own is of the image, also where it is only one that we cannot read.
    const registry::ResolvedImage image =
        OCI_TRY(with_if(ErrorKind::Unsupported,
                        with_if(ErrorKind::InvalidConfig, client.resolve(request.platform),
                                {.code = "image-invalid"}),
                        {.code = "image-invalid"}));
    std::string warning = OCI_TRY(check_platform(request, image.config.platform));

    Lease lease = OCI_TRY(Lease::begin(store));
    Pull pull{store, client, lease, view};
    OCI_TRY(pull.layers(image.manifest.layers));
    OCI_TRY(keep(store, lease, image.manifest.config.digest, image.config_text));
    // An index that is there already must not find a manifest that lacks its parts: upwards.
    for (auto document = image.documents.rbegin(); document != image.documents.rend(); ++document)
        OCI_TRY(keep(store, lease, document->descriptor.digest, document->text));
    Descriptor top = image.documents.front().descriptor;
    top.platform = image.config.platform;
    OCI_TRY(set_reference(store, request.reference, top));
    return Pulled{.digest = top.digest,
                  .layers = pull.count(),
                  .fetched = pull.fetched(),
                  .warning = std::move(warning)};
}

}  // namespace oci::image::program
