// SPDX-License-Identifier: Apache-2.0
//
// decompress: the tar stream out of a blob. What the media type says and what the first bytes say
// must be the same.
#pragma once

#include <memory>

#include "image/unpack/budget.hpp"

namespace oci::image::unpack {

/// Both must outlive the source. Members of gzip and frames of zstd follow each other; anything
/// else behind them is an error, as it is to the readers of other runtimes: a blob that means one
/// thing here and another elsewhere is refused. (gzip(1) itself would ignore it.)
[[nodiscard]] Result<std::unique_ptr<ByteSource>> decompress(ByteSource& blob,
                                                             Compression compression,
                                                             Budget& budget);

/// The one decompressor each; decompress() chooses.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> inflate_gzip(std::unique_ptr<ByteSource> packed,
                                                               Budget& budget);
[[nodiscard]] Result<std::unique_ptr<ByteSource>> inflate_zstd(std::unique_ptr<ByteSource> packed,
                                                               Budget& budget);

}  // namespace oci::image::unpack
