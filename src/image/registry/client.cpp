// SPDX-License-Identifier: Apache-2.0
#include "image/registry/client.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "image/hasher.hpp"
#include "image/registry/downloads.hpp"
#include "spec/place.hpp"

namespace oci::image::registry {
namespace {

constexpr std::size_t most_nesting = 2;

Failure<Error> mismatch(std::string_view what, const Digest& is, const Digest& should_be) {
    return with(fail(ErrorKind::InvalidConfig, "{} has the digest {}, and not {}", what, is.text(),
                     should_be.text()),
                {.code = "content-mismatch"});
}

/// Some servers of static files do not know what they serve.
bool says_nothing(std::string_view media_type) {
    constexpr std::array<std::string_view, 4> vague{"", "application/json", "text/plain",
                                                    "application/octet-stream"};
    return std::ranges::find(vague, media_type) != vague.end();
}

Result<std::string> media_type_of_text(std::string_view text) {
    const spec::Value document = OCI_TRY(spec::parse_json(text));
    std::string media_type;
    OCI_TRY(spec::required(spec::Place(document), "mediaType", media_type));
    return media_type;
}

Result<std::string> media_type_of_answer(const Answer& answer, std::string_view expected) {
    std::string said = media_type_in(answer.headers.find("Content-Type").value_or(""));
    if (says_nothing(said)) {
        if (!expected.empty()) return std::string{expected};
        return media_type_of_text(answer.body);
    }
    if (expected.empty() || said == expected) return said;
    return fail(ErrorKind::InvalidConfig, "it is called {} by the registry, and {} by the index",
                json_quoted(display_text(said, 100)), json_quoted(display_text(expected, 100)));
}

/// One after the other, until one has it; the last error counts, and tells of those before.
template <typename Act>
auto at_first_of(const std::vector<Endpoint>& endpoints, Act act) -> decltype(act(endpoints[0])) {
    std::string before;
    for (std::size_t i = 0;; ++i) {
        auto result = act(endpoints[i]);
        const bool is_over = result || result.error().code == "cancelled";
        if (is_over || i + 1 == endpoints.size()) {
            if (is_over || before.empty()) return result;
            Error error = std::move(result).error();
            error.message += " (before that: " + before + ")";
            return Failure{std::move(error)};
        }
        log::debug("{}", result.error().message);
        before += (before.empty() ? "" : "; ") + result.error().message;
    }
}

}  // namespace

Result<Document> document_of(const Answer& answer, const std::optional<Digest>& wanted,
                             std::string_view media_type) {
    const std::string where = display_of(answer.url);
    const DigestAlgorithm algorithm = wanted ? wanted->algorithm() : DigestAlgorithm::Sha256;
    const Digest digest = OCI_TRY(digest_of(answer.body, algorithm));
    if (wanted && digest != *wanted) return mismatch(where, digest, *wanted);
    if (const auto field = answer.headers.find("Docker-Content-Digest"); field && !wanted) {
        const auto said = Digest::parse(*field);
        if (said && said.value().algorithm() == algorithm && said.value() != digest)
            return mismatch(where, digest, said.value());
    }
    Document document;
    document.descriptor.digest = digest;
    document.descriptor.size = answer.body.size();
    document.descriptor.media_type =
        OCI_TRY(explain(media_type_of_answer(answer, media_type), "{}", where));
    document.text = answer.body;
    return document;
}

Client::Client(Reference reference, const Settings& settings, Session session)
    : reference_{std::move(reference)},
      configuration_{settings.configuration},
      parallel_{std::max<std::size_t>(settings.parallel, 1)},
      session_{std::move(session)} {}

Result<Client> Client::connect(const Reference& reference, const Settings& settings) {
    Session session = OCI_TRY(Session::open(settings));
    return Client{reference, settings, std::move(session)};
}

Result<Document> Client::document_at(const Endpoint& endpoint, const Wanted& wanted) {
    const Answer answer = OCI_TRY(session_.get(
        endpoint, {.path = "manifests/" + wanted.at,
                   .accept = wanted.media_type.empty() ? std::string{accepted_manifests()}
                                                       : wanted.media_type,
                   .most = spec::largest_document,
                   .what = wanted.what}));
    return document_of(answer, wanted.digest, wanted.media_type);
}

Result<Document> Client::fetch_document(const Wanted& wanted) {
    const auto endpoints =
        OCI_TRY(endpoints_of(configuration_, reference_, wanted.digest.has_value()));
    return at_first_of(endpoints,
                       [&](const Endpoint& endpoint) { return document_at(endpoint, wanted); });
}

Result<Document> Client::manifest() {
    Wanted wanted{.at = reference_.tag, .digest = reference_.digest};
    if (wanted.digest) wanted.at = wanted.digest->text();
    wanted.what = "image " + text_of(reference_);
    return fetch_document(wanted);
}

Result<Document> Client::manifest(const Descriptor& descriptor) {
    Document document = OCI_TRY(fetch_document({.at = descriptor.digest.text(),
                                                .digest = descriptor.digest,
                                                .media_type = descriptor.media_type,
                                                .what = "manifest " + descriptor.digest.text()}));
    if (document.text.size() != descriptor.size)
        return with(fail(ErrorKind::InvalidConfig, "manifest {} has {} bytes, and not {}",
                         descriptor.digest.text(), document.text.size(), descriptor.size),
                    {.code = "content-mismatch"});
    document.descriptor.platform = descriptor.platform;
    document.descriptor.annotations = descriptor.annotations;
    return document;
}

Result<ResolvedImage> Client::resolve(const Platform& platform) {
    const std::string name = text_of(reference_);
    ResolvedImage image;
    Document first = OCI_TRY(manifest());
    image.documents.push_back(std::move(first));
    for (;;) {
        const Document& last = image.documents.back();
        const ManifestOrIndex read =
            OCI_TRY(explain(read_manifest(last.text, last.descriptor.media_type), "{}", name));
        if (const auto* found = std::get_if<Manifest>(&read)) {
            image.manifest = *found;
            break;
        }
        if (image.documents.size() > most_nesting)
            return fail(ErrorKind::Unsupported, "{}: indexes are nested more than {} deep", name,
                        most_nesting);
        const Descriptor chosen =
            OCI_TRY(explain(choose(std::get<Index>(read), platform), "{}", name));
        Document next = OCI_TRY(manifest(chosen));
        image.documents.push_back(std::move(next));
    }
    image.config_text = OCI_TRY(explain(small_blob(image.manifest.config), "{}", name));
    image.config = OCI_TRY(explain(read_config(image.config_text, image.manifest.layers.size()),
                                   "configuration of {}", name));
    return image;
}

Result<std::string> Client::small_blob(const Descriptor& descriptor) {
    if (descriptor.size > spec::largest_document)
        return fail(ErrorKind::InvalidConfig, "blob {} is larger than {} bytes",
                    descriptor.digest.text(), spec::largest_document);
    const auto endpoints = OCI_TRY(endpoints_of(configuration_, reference_, true));
    const std::string digest = descriptor.digest.text();
    return at_first_of(endpoints, [&](const Endpoint& endpoint) -> Result<std::string> {
        Answer answer = OCI_TRY(session_.get(
            endpoint,
            {.path = "blobs/" + digest, .most = descriptor.size, .what = "blob " + digest}));
        const Digest is = OCI_TRY(digest_of(answer.body, descriptor.digest.algorithm()));
        if (is != descriptor.digest) return mismatch(display_of(answer.url), is, descriptor.digest);
        return std::move(answer.body);
    });
}

Result<void> Client::blobs(std::span<const BlobRequest> requests, const Progress& progress) {
    const auto endpoints = OCI_TRY(endpoints_of(configuration_, reference_, true));
    return download(session_, endpoints, requests, parallel_, progress);
}

}  // namespace oci::image::registry
