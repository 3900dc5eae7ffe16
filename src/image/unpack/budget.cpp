// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/budget.hpp"

#include "base/explain.hpp"

namespace oci::image::unpack {

Result<void> Budget::check_bytes() const {
    // besides_ never exceeds the limit by more than one step: no overflow.
    const std::uint64_t unpacked = unpacked_;
    if (unpacked > limits_.bytes || besides_ > limits_.bytes - unpacked)
        return fail(ErrorKind::InvalidConfig, "layer: unpacks to more than {} bytes",
                    limits_.bytes);
    return {};
}

Result<void> Budget::unpacked(std::uint64_t bytes) {
    const std::uint64_t unpacked = unpacked_ += bytes;
    OCI_TRY(check_bytes());
    if (packed_ != 0 && unpacked > limits_.ratio_from && unpacked / limits_.ratio > packed_)
        return fail(ErrorKind::InvalidConfig,
                    "layer: unpacks to more than {} times its size: {} bytes out of {}",
                    limits_.ratio, unpacked, packed_);
    return {};
}

Result<void> Budget::besides(std::uint64_t bytes) {
    if (bytes > limits_.bytes || besides_ > limits_.bytes)
        return fail(ErrorKind::InvalidConfig, "layer: a file of {} bytes, {} is the limit", bytes,
                    limits_.bytes);
    besides_ += bytes;
    return check_bytes();
}

Result<void> Budget::entry() {
    if (++entries_ > limits_.entries)
        return fail(ErrorKind::InvalidConfig, "layer: more than {} entries", limits_.entries);
    return {};
}

}  // namespace oci::image::unpack
