// SPDX-License-Identifier: Apache-2.0
//
// byte source: bytes in their order, from wherever they come: a blob, a member of an archive, a
// decompressor on top of another source.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image {

class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    /// Some bytes, at least one; 0 only at the end.
    [[nodiscard]] virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

/// From the descriptor's offset to the end of the file.
class FileSource final : public ByteSource {
public:
    explicit FileSource(UniqueFd file) : file_{std::move(file)} {}

    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer) override;

private:
    UniqueFd file_;
};

}  // namespace oci::image
