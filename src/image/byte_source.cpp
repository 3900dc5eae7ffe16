// SPDX-License-Identifier: Apache-2.0
#include "image/byte_source.hpp"

#include "base/explain.hpp"
#include "kernel/files.hpp"

namespace oci::image {

Result<std::size_t> FileSource::read(std::span<char> buffer) {
    return explain(kernel::read_some(file_, buffer), "cannot read a file of an image");
}

}  // namespace oci::image
