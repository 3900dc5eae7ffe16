// SPDX-License-Identifier: Apache-2.0
#include "image/store/blobs.hpp"

#include <fcntl.h>

#include <array>
#include <optional>

#include "base/explain.hpp"
#include "kernel/durable.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "spec/json.hpp"

namespace oci::image {
namespace {

constexpr std::size_t portion = std::size_t{1} << 18U;

Failure<Error> is_damaged(const Digest& digest, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "blob {}: {}", digest.text(), why);
}

Result<UniqueFd> open_file(const Store& store, const Digest& digest) {
    auto opened = kernel::open_beneath(store.root(), place::blob(digest).c_str(),
                                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!opened && opened.error().code == ENOENT)
        return fail(ErrorKind::NotFound, "blob {} is not in the store", digest.text());
    return explain(std::move(opened), "cannot open blob {}", digest.text());
}

/// Hashes what passes; the end is an error unless all was as it should be.
class VerifiedSource final : public ByteSource {
public:
    VerifiedSource(UniqueFd file, Digest digest, std::optional<std::uint64_t> size, Hasher hasher)
        : file_{std::move(file)},
          digest_{std::move(digest)},
          size_{size},
          hasher_{std::move(hasher)} {}

    Result<std::size_t> read(std::span<char> buffer) override {
        if (is_done_) return std::size_t{0};
        const std::size_t count = OCI_TRY(
            explain(kernel::read_some(file_, buffer), "cannot read blob {}", digest_.text()));
        if (count == 0) {
            OCI_TRY(finish());
            return std::size_t{0};
        }
        seen_ += count;
        if (size_ && seen_ > *size_) return is_damaged(digest_, "has more bytes than it should");
        OCI_TRY(hasher_.update(buffer.first(count)));
        return count;
    }

private:
    Result<void> finish() {
        if (size_ && seen_ != *size_) return is_damaged(digest_, "has fewer bytes than it should");
        const Digest found = OCI_TRY(hasher_.finish());
        if (found != digest_) return is_damaged(digest_, "its content has another digest");
        is_done_ = true;
        return {};
    }

    UniqueFd file_;
    Digest digest_;
    std::optional<std::uint64_t> size_;
    Hasher hasher_;
    std::uint64_t seen_ = 0;
    bool is_done_ = false;
};

Result<std::unique_ptr<ByteSource>> verified(const Store& store, const Digest& digest,
                                             std::optional<std::uint64_t> size) {
    UniqueFd file = OCI_TRY(open_file(store, digest));
    Hasher hasher = OCI_TRY(Hasher::start(digest.algorithm()));
    return std::unique_ptr<ByteSource>{
        std::make_unique<VerifiedSource>(std::move(file), digest, size, std::move(hasher))};
}

}  // namespace

Result<bool> has_blob(const Store& store, const Digest& digest, std::uint64_t size) {
    const auto status = kernel::status_of(store.root(), place::blob(digest).c_str());
    if (!status && status.error().code == ENOENT) return false;
    const struct stat found = OCI_TRY(
        explain(kernel::SysResult<struct stat>{status}, "cannot look at blob {}", digest.text()));
    // Of another size it is damaged, and may be written anew.
    return S_ISREG(found.st_mode) && static_cast<std::uint64_t>(found.st_size) == size;
}

Result<std::string> read_blob(const Store& store, const Descriptor& descriptor) {
    if (descriptor.size > spec::largest_document)
        return fail(ErrorKind::InvalidConfig, "blob {}: {} bytes are more than {}",
                    descriptor.digest.text(), descriptor.size, spec::largest_document);
    const auto source = OCI_TRY(open_blob(store, descriptor));
    std::string text(descriptor.size + 1, '\0');
    std::size_t filled = 0;
    for (;;) {
        const std::size_t count = OCI_TRY(source->read(std::span{text}.subspan(filled)));
        filled += count;
        if (count == 0) break;
    }
    text.resize(filled);
    return text;
}

Result<std::unique_ptr<ByteSource>> open_blob(const Store& store, const Descriptor& descriptor) {
    return verified(store, descriptor.digest, descriptor.size);
}

Result<void> check_blob(const Store& store, const Digest& digest) {
    const auto source = OCI_TRY(verified(store, digest, std::nullopt));
    std::string buffer(portion, '\0');
    for (;;) {
        const std::size_t count = OCI_TRY(source->read(buffer));
        if (count == 0) return {};
    }
}

// ---- of a known digest ------------------------------------------------------------

Result<BlobWriter> BlobWriter::begin(const Store& store, const Digest& digest, std::uint64_t size,
                                     Wait wait) {
    Hasher hasher = OCI_TRY(Hasher::start(digest.algorithm()));
    BlobWriter writer{store, digest, size, std::move(hasher)};
    const bool is_there = OCI_TRY(has_blob(store, digest, size));
    if (is_there) {
        writer.state_ = State::There;
        return writer;
    }
    auto part = OCI_TRY(lock_at(store.root(), place::part(digest), {.wait = wait}));
    if (!part) {
        writer.state_ = State::Busy;
        return writer;
    }
    writer.part_ = std::move(*part);
    // Whoever was waited for has finished it, and this part is a new one.
    const bool is_done = OCI_TRY(has_blob(store, digest, size));
    if (is_done) {
        OCI_TRY(remove_tree(store.root(), place::part(digest)));
        writer.part_.reset();
        writer.state_ = State::There;
        return writer;
    }
    OCI_TRY(writer.take_up());
    return writer;
}

/// The part itself is all that is remembered of an earlier try: it is hashed again.
Result<void> BlobWriter::take_up() {
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(part_), "cannot look at the part of {}", digest_.text()));
    if (static_cast<std::uint64_t>(status.st_size) > size_) return restart();
    std::string buffer(portion, '\0');
    for (;;) {
        const std::size_t count = OCI_TRY(explain(kernel::read_some(part_, buffer),
                                                  "cannot read the part of {}", digest_.text()));
        if (count == 0) return {};
        OCI_TRY(hasher_.update(std::span{buffer}.first(count)));
        offset_ += count;
    }
}

Result<void> BlobWriter::append(std::span<const char> bytes) {
    if (bytes.size() > size_ - offset_)
        return is_damaged(digest_, fmt::format("more than the {} bytes that were promised", size_));
    if (bytes.empty()) return {};
    OCI_TRY(explain(kernel::write_all(part_, {bytes.data(), bytes.size()}),
                    "cannot write the part of {}", digest_.text()));
    OCI_TRY(hasher_.update(bytes));
    offset_ += bytes.size();
    return {};
}

Result<void> BlobWriter::restart() {
    OCI_TRY(explain(kernel::set_size(part_, 0), "cannot empty the part of {}", digest_.text()));
    OCI_TRY(explain(kernel::set_offset(part_, 0), "cannot empty the part of {}", digest_.text()));
    hasher_ = OCI_TRY(Hasher::start(digest_.algorithm()));
    offset_ = 0;
    return {};
}

Result<void> BlobWriter::commit() {
    if (state_ == State::There) return {};
    const std::string part = place::part(digest_);
    if (offset_ != size_)
        return is_damaged(digest_, fmt::format("only {} of {} bytes came", offset_, size_));
    const Digest found = OCI_TRY(hasher_.finish());
    if (found != digest_) {
        OCI_TRY(remove_tree(store_->root(), part));
        return is_damaged(digest_, fmt::format("what came has the digest {}", found.text()));
    }
    OCI_TRY(explain(kernel::synchronize(part_), "cannot write blob {}", digest_.text()));
    OCI_TRY(explain(kernel::rename(store_->root(), part.c_str(), place::blob(digest_).c_str()),
                    "cannot put blob {} in its place", digest_.text()));
    part_.reset();
    state_ = State::There;
    return {};
}

// ---- of a digest to be found out --------------------------------------------------

Result<NewBlob> NewBlob::begin(const Store& store) {
    Hasher hasher = OCI_TRY(Hasher::start(DigestAlgorithm::Sha256));
    Temporary file = OCI_TRY(make_temporary(store.root()));
    return NewBlob{store, std::move(file), std::move(hasher)};
}

NewBlob::~NewBlob() {
    if (file_.file) (void)remove_tree(store_->root(), file_.path);  // else prune() does
}

Result<void> NewBlob::append(std::span<const char> bytes) {
    if (bytes.empty()) return {};
    OCI_TRY(explain(kernel::write_all(file_.file, {bytes.data(), bytes.size()}), "cannot write {}",
                    file_.path));
    size_ += bytes.size();
    return hasher_.update(bytes);
}

Result<NewBlob::Written> NewBlob::finish() {
    Digest digest = OCI_TRY(hasher_.finish());
    return Written{std::move(digest), size_};
}

Result<void> NewBlob::keep(const Written& written, Lease& lease) {
    OCI_TRY(lease.hold_blob(written.digest));
    OCI_TRY(explain(kernel::synchronize(file_.file), "cannot write {}", file_.path));
    OCI_TRY(explain(
        kernel::rename(store_->root(), file_.path.c_str(), place::blob(written.digest).c_str()),
        "cannot put blob {} in its place", written.digest.text()));
    file_.file.reset();
    return {};
}

Result<NewBlob::Written> put_blob(const Store& store, std::string_view text, Lease& lease) {
    NewBlob blob = OCI_TRY(NewBlob::begin(store));
    OCI_TRY(blob.append(text));
    NewBlob::Written written = OCI_TRY(blob.finish());
    OCI_TRY(blob.keep(written, lease));
    return written;
}

}  // namespace oci::image
