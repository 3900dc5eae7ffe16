// SPDX-License-Identifier: Apache-2.0
//
// pull: an image of a registry into the store. What a broken pull has brought stays, and is gone on
// with; what another process fetches at the same time is waited for, not fetched twice.
#pragma once

#include <cstdint>

#include "image/platform.hpp"
#include "image/program/progress.hpp"
#include "image/reference.hpp"
#include "image/registry/settings.hpp"
#include "image/store/store.hpp"

namespace oci::image::program {

struct PullRequest {
    Reference reference{};
    Platform platform{};
    bool is_platform_asked_for = false;  ///< An image for another one is an error then.
    registry::Settings settings{};
};

struct Pulled {
    Digest digest;              ///< What the reference means: of an index or a manifest.
    std::uint64_t layers = 0;   ///< Different ones.
    std::uint64_t fetched = 0;  ///< Of these, not there before.
    std::string warning{};
};

/// The reference is set last: who is killed leaves the store as it was, but for parts that the next
/// pull goes on with, and prune() takes.
[[nodiscard]] Result<Pulled> pull_image(const Store& store, const PullRequest& request,
                                        ProgressView& view);

}  // namespace oci::image::program
