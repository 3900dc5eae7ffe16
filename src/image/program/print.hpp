// SPDX-License-Identifier: Apache-2.0
//
// print: what the verbs of oci-rt-image answer, for people and for programs. Whatever an image says
// of itself is escaped before it gets to a terminal.
#pragma once

#include <string>
#include <vector>

#include "image/store/images.hpp"
#include "image/store/references.hpp"
#include "image/store/verify.hpp"

namespace oci::image::program {

/// A name, and the image if it could be read.
struct Row {
    NamedImage named{};
    Result<Image> image;
};

/// The digest where there is no name.
[[nodiscard]] std::string shown_name(const NamedImage& named);

[[nodiscard]] std::string rows_text(const std::vector<Row>& rows);
[[nodiscard]] std::string rows_json(const std::vector<Row>& rows);

[[nodiscard]] std::string image_text(const NamedImage& named, const Image& image);
[[nodiscard]] std::string image_json(const NamedImage& named, const Image& image);

[[nodiscard]] std::string verified_text(const Verified& verified);
[[nodiscard]] std::string verified_json(const Verified& verified);

}  // namespace oci::image::program
