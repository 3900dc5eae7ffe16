// SPDX-License-Identifier: Apache-2.0
//
// client: an image of a registry (distribution-spec): which manifest its name means, and its blobs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/documents.hpp"
#include "image/platform.hpp"
#include "image/reference.hpp"
#include "image/registry/session.hpp"
#include "image/registry/settings.hpp"

namespace oci::image::registry {

/// A manifest or index, its bytes being those of the descriptor.
struct Document {
    Descriptor descriptor{};
    std::string text{};
};

struct ResolvedImage {
    /// From what the name means down to the manifest: indexes first, if there are any.
    std::vector<Document> documents{};
    Manifest manifest{};
    std::string config_text{};
    ImageConfig config{};

    [[nodiscard]] const Document& manifest_document() const { return documents.back(); }
};

/// Where the bytes of one blob go, and who knows whether they are the right ones.
class BlobSink {
public:
    BlobSink() = default;
    BlobSink(const BlobSink&) = delete;
    BlobSink& operator=(const BlobSink&) = delete;
    virtual ~BlobSink() = default;

    /// How many bytes it has already: what is written goes on behind them. Asked once.
    [[nodiscard]] virtual Result<std::uint64_t> resume_offset() = 0;
    /// Forgets all bytes.
    [[nodiscard]] virtual Result<void> restart() = 0;
    [[nodiscard]] virtual Result<void> write(std::span<const char> bytes) = 0;
    /// All bytes are there: never more than the descriptor's size. Of the kind InvalidConfig is the
    /// error if they are the wrong ones; they are fetched once more then, or from elsewhere. Any
    /// other error ends it all. restart() may come after.
    [[nodiscard]] virtual Result<void> finish() = 0;
};

struct BlobRequest {
    Descriptor descriptor{};
    BlobSink* sink = nullptr;
};

struct BlobProgress {
    std::uint64_t done = 0;   ///< bytes, with those that were there before
    std::uint64_t total = 0;  ///< bytes
    unsigned retries = 0;
    bool is_waiting = false;  ///< For the next try.
    bool is_complete = false;
};

/// With the index of the request; called as often as bytes arrive. It must not call the client.
using Progress = std::function<void(std::size_t index, const BlobProgress& progress)>;

class Client {
public:
    [[nodiscard]] static Result<Client> connect(const Reference& reference,
                                                const Settings& settings);

    /// What the reference means, or another document of its repository. A digest is checked.
    [[nodiscard]] Result<Document> manifest();
    [[nodiscard]] Result<Document> manifest(const Descriptor& descriptor);

    /// Down to manifest and configuration for a platform, over at most two indexes.
    [[nodiscard]] Result<ResolvedImage> resolve(const Platform& platform);

    /// A small blob, checked. InvalidConfig with the code content-mismatch if it is another.
    [[nodiscard]] Result<std::string> small_blob(const Descriptor& descriptor);

    /// Several at a time, no digest twice. The first that fails for good ends all; what sinks have
    /// by then can be gone on with.
    [[nodiscard]] Result<void> blobs(std::span<const BlobRequest> requests,
                                     const Progress& progress);

private:
    Client(Reference reference, const Settings& settings, Session session);

    struct Wanted {
        std::string at;                  ///< Tag or digest.
        std::optional<Digest> digest{};  ///< What its bytes must have.
        std::string media_type{};        ///< As a descriptor says; empty: nobody does.
        std::string what{};
    };
    [[nodiscard]] Result<Document> fetch_document(const Wanted& wanted);
    [[nodiscard]] Result<Document> document_at(const Endpoint& endpoint, const Wanted& wanted);

    Reference reference_;
    Configuration configuration_;
    std::size_t parallel_ = 1;
    Session session_;
};

/// The descriptor of an answer's body. wanted: the digest it was asked by, if any.
[[nodiscard]] Result<Document> document_of(const Answer& answer,
                                           const std::optional<Digest>& wanted,
                                           std::string_view media_type);

}  // namespace oci::image::registry
