// SPDX-License-Identifier: Apache-2.0
#include "image/store/verify.hpp"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "base/explain.hpp"
#include "image/store/blobs.hpp"
#include "image/store/images.hpp"
#include "image/store/locked.hpp"
#include "image/store/references.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::image {
namespace {

class Verifier {
public:
    explicit Verifier(const Store& store) : store_{store} {}

    /// A blob of several images is read once. NotFound is told of the image that wants it.
    void blob(const Digest& digest) {
        if (!seen_.insert(digest.text()).second) return;
        const auto checked = check_blob(store_, digest);
        if (!checked && checked.error().kind == ErrorKind::NotFound) return;
        ++verified_.blobs;
        if (!checked)
            verified_.damages.push_back(
                {fmt::format("blob {}", digest.text()), checked.error().message, digest});
    }

    void image(const NamedImage& named) {
        ++verified_.images;
        std::vector<Digest> blobs;
        std::vector<Digest> layers;
        const std::string& name = named.name.empty() ? named.descriptor.digest.text() : named.name;
        const auto read = add_reachable(store_, named.descriptor, blobs, layers);
        for (const Digest& digest : blobs) blob(digest);
        if (!read) {
            verified_.damages.push_back({name, read.error().message, {}});
            return;
        }
        for (const Digest& digest : blobs) {
            const auto opened = kernel::open_beneath(store_.root(), place::blob(digest).c_str(),
                                                     O_PATH | O_NOFOLLOW);
            if (!opened)
                verified_.damages.push_back(
                    {name, fmt::format("blob {} is not in the store", digest.text()), {}});
        }
    }

    Result<void> stray_blobs() {
        for (const auto algorithm : {DigestAlgorithm::Sha256, DigestAlgorithm::Sha512}) {
            const std::string folder = fmt::format("{}/{}", place::blobs, name_of(algorithm));
            const UniqueFd directory = OCI_TRY(
                explain(kernel::open_beneath(store_.root(), folder.c_str(), O_RDONLY | O_DIRECTORY),
                        "cannot open {} of the store", folder));
            const std::vector<std::string> names = OCI_TRY(
                explain(kernel::read_directory(directory), "cannot list {} of the store", folder));
            for (const std::string& name : names) {
                const auto digest = Digest::parse(fmt::format("{}:{}", name_of(algorithm), name));
                if (digest)
                    blob(digest.value());
                else
                    verified_.damages.push_back(
                        {fmt::format("{}/{}", folder, name), digest.error().message, {}});
            }
        }
        return {};
    }

    [[nodiscard]] Verified take() { return std::move(verified_); }

private:
    const Store& store_;
    std::set<std::string> seen_{};
    Verified verified_{};
};

}  // namespace

Result<Verified> verify(const Store& store, std::string_view word) {
    Verifier verifier{store};
    if (!word.empty()) {
        const NamedImage named = OCI_TRY(find_reference(store, word));
        verifier.image(named);
        return verifier.take();
    }
    const std::vector<NamedImage> all = OCI_TRY(references(store));
    for (const NamedImage& each : all) verifier.image(each);
    OCI_TRY(verifier.stray_blobs());
    return verifier.take();
}

Result<void> remove_damaged(const Store& store, const std::vector<Damage>& damages) {
    const StoreLock lock = OCI_TRY(store.lock());
    for (const Damage& damage : damages) {
        if (!damage.blob) continue;
        // Looked at again, under the lock: it may have been written anew since.
        const auto checked = check_blob(store, *damage.blob);
        if (!checked && checked.error().kind == ErrorKind::InvalidConfig)
            OCI_TRY(remove_tree(store.root(), place::blob(*damage.blob)));
    }
    return {};
}

}  // namespace oci::image
