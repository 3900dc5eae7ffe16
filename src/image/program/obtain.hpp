// SPDX-License-Identifier: Apache-2.0
//
// obtain: an image by what people call it: from the store, or from its registry first.
#pragma once

#include <string>
#include <vector>

#include "image/platform.hpp"
#include "image/program/progress.hpp"
#include "image/registry/settings.hpp"
#include "image/run/options.hpp"
#include "image/store/references.hpp"
#include "image/store/store.hpp"

namespace oci::image::program {

struct Obtained {
    NamedImage named{};
    std::vector<std::string> warnings{};
};

/// Progress goes to standard error.
[[nodiscard]] Result<Obtained> obtain(const Store& store, const run::Options& options,
                                      const Platform& platform);

/// Empty: this machine's.
[[nodiscard]] Result<Platform> platform_for(const std::string& word);

/// What registries.json, the environment and options say. cancel_fd is the caller's to set.
[[nodiscard]] Result<registry::Settings> registry_settings(
    const std::string& credentials, const std::vector<std::string>& insecure);

/// Readable when somebody wants the program to end; such signals are blocked from then on.
[[nodiscard]] Result<UniqueFd> open_end_signals();

}  // namespace oci::image::program
