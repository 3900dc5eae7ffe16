// SPDX-License-Identifier: Apache-2.0
//
// verbs: one act for each verb of oci-rt-image.
#pragma once

#include <string>

#include "image/program/call.hpp"
#include "image/store/store.hpp"

namespace oci::image::program {

struct Outcome {
    int status = 0;
    std::string output{};
    std::vector<std::string> warnings{};
};

[[nodiscard]] Result<Outcome> perform(const Store& store, const Call& call);

}  // namespace oci::image::program
