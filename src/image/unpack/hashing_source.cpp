// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/hashing_source.hpp"

#include <vector>

#include "base/explain.hpp"

namespace oci::image::unpack {

Result<std::size_t> HashingSource::read(std::span<char> buffer) {
    const std::size_t count = OCI_TRY(below_.read(buffer));
    if (count > size_ - seen_)
        return fail(ErrorKind::InvalidConfig, "layer: the blob goes on behind its {} bytes", size_);
    if (count == 0 && size_ != any_size && seen_ != size_)
        return fail(ErrorKind::InvalidConfig, "layer: the blob ends after {} of {} bytes", seen_,
                    size_);
    seen_ += count;
    OCI_TRY(hasher_.update(buffer.first(count)));
    return count;
}

Result<Digest> HashingSource::finish() {
    constexpr std::size_t piece = 65536;
    std::vector<char> rest(piece);
    for (;;) {
        const std::size_t count = OCI_TRY(read(rest));
        if (count == 0) return hasher_.finish();
    }
}

}  // namespace oci::image::unpack
