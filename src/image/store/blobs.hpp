// SPDX-License-Identifier: Apache-2.0
//
// blobs: content by its digest. It gets its name only when its bytes have been seen to be what
// the name says; and it is hashed again whenever it is read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "image/byte_source.hpp"
#include "image/documents.hpp"
#include "image/hasher.hpp"
#include "image/store/lease.hpp"
#include "image/store/locked.hpp"
#include "image/store/store.hpp"

namespace oci::image {

[[nodiscard]] Result<bool> has_blob(const Store& store, const Digest& digest, std::uint64_t size);

/// At most largest_document bytes, verified: manifests and configurations. NotFound if it is not
/// there; InvalidConfig if it is not what it should be.
[[nodiscard]] Result<std::string> read_blob(const Store& store, const Descriptor& descriptor);

/// A blob as a stream. Its end is an error unless size and digest are right, so what is made from
/// it may be kept only after the end was read.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_blob(const Store& store,
                                                            const Descriptor& descriptor);

/// Reads all of it. InvalidConfig if it is not what its name says.
[[nodiscard]] Result<void> check_blob(const Store& store, const Digest& digest);

/// Writes what is known by its digest (and held by a lease), in parts: what a killed process left
/// is gone on with.
class BlobWriter {
public:
    enum class State : std::uint8_t {
        Open,   ///< To be written, from offset() on.
        There,  ///< Nothing is to be done.
        Busy,   ///< Another process writes it: with Wait::No, to be asked again later.
    };

    /// Wait::Yes waits for another process that writes it. Who writes several at a time takes
    /// Wait::No: two such processes would wait for each other.
    [[nodiscard]] static Result<BlobWriter> begin(const Store& store, const Digest& digest,
                                                  std::uint64_t size, Wait wait = Wait::Yes);

    [[nodiscard]] State state() const noexcept { return state_; }
    /// How many bytes are there already.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

    /// InvalidConfig if it were more than the size.
    [[nodiscard]] Result<void> append(std::span<const char> bytes);

    /// From 0 again: the other side cannot go on in the middle.
    [[nodiscard]] Result<void> restart();

    /// Gives it its name. InvalidConfig if size or digest are wrong: then nothing of it is kept.
    [[nodiscard]] Result<void> commit();

private:
    BlobWriter(const Store& store, Digest digest, std::uint64_t size, Hasher hasher)
        : store_{&store}, digest_{std::move(digest)}, size_{size}, hasher_{std::move(hasher)} {}
    Result<void> take_up();

    const Store* store_;
    Digest digest_;
    std::uint64_t size_;
    Hasher hasher_;
    State state_ = State::Open;
    UniqueFd part_{};
    std::uint64_t offset_ = 0;
};

/// Writes what gets known by its digest only at its end.
class NewBlob {
public:
    [[nodiscard]] static Result<NewBlob> begin(const Store& store);

    [[nodiscard]] Result<void> append(std::span<const char> bytes);

    struct Written {
        Digest digest;
        std::uint64_t size = 0;
    };
    /// Of what was appended; it is not in the store yet.
    [[nodiscard]] Result<Written> finish();

    /// Gives it its name, and holds it for the lease.
    [[nodiscard]] Result<void> keep(const Written& written, Lease& lease);

    NewBlob(NewBlob&&) = default;
    NewBlob& operator=(NewBlob&&) = delete;
    NewBlob(const NewBlob&) = delete;
    NewBlob& operator=(const NewBlob&) = delete;
    ~NewBlob();

private:
    NewBlob(const Store& store, Temporary file, Hasher hasher)
        : store_{&store}, file_{std::move(file)}, hasher_{std::move(hasher)} {}

    const Store* store_;
    Temporary file_;
    Hasher hasher_;
    std::uint64_t size_ = 0;
};

/// A text as a blob.
[[nodiscard]] Result<NewBlob::Written> put_blob(const Store& store, std::string_view text,
                                                Lease& lease);

}  // namespace oci::image
