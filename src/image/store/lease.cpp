// SPDX-License-Identifier: Apache-2.0
#include "image/store/lease.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "image/store/locked.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/text_file.hpp"

namespace oci::image {
namespace {

constexpr std::string_view blob_word = "blob ";
constexpr std::string_view layer_word = "layer ";
constexpr std::size_t largest_lease = std::size_t{1} << 20U;

std::string line_of(std::string_view word, const Digest& digest) {
    return fmt::format("{}{}\n", word, digest.text());
}

/// The last line may have been cut by a crash; then nothing was done yet with what it names.
void add_line(std::string_view line, Held& held) {
    const bool is_blob = line.starts_with(blob_word);
    if (!is_blob && !line.starts_with(layer_word)) return;
    auto digest = Digest::parse(line.substr(is_blob ? blob_word.size() : layer_word.size()));
    if (digest) (is_blob ? held.blobs : held.layers).push_back(std::move(digest).value());
}

/// Whether no process has it any more; if so, it is gone.
Result<bool> removed_if_dead(const Store& store, const std::string& path) {
    const auto locked =
        OCI_TRY(lock_at(store.root(), path, {.missing = Missing::Leave, .wait = Wait::No}));
    if (!locked) return false;
    OCI_TRY(remove_tree(store.root(), path));
    return true;
}

}  // namespace

Result<Lease> Lease::begin(const Store& store) {
    const auto status =
        OCI_TRY(explain(kernel::process_status(::getpid()), "cannot look at this process"));
    for (unsigned count = 0;; ++count) {
        std::string path =
            fmt::format("{}/{}-{}-{}", place::leases, ::getpid(), status.start_time, count);
        auto file = OCI_TRY(lock_at(store.root(), path, {.wait = Wait::No}));
        if (file) return Lease{store, std::move(path), std::move(*file)};
    }
}

Lease::~Lease() {
    if (file_) (void)remove_tree(store_->root(), path_);  // else prune() does
}

Result<void> Lease::hold(const std::string& line) {
    const StoreLock lock = OCI_TRY(store_->lock());
    return explain(kernel::write_all(file_, line), "cannot write the lease {}", path_);
}

Result<void> Lease::hold_blob(const Digest& digest) { return hold(line_of(blob_word, digest)); }

Result<void> Lease::hold_layer(const Digest& chain_id) {
    return hold(line_of(layer_word, chain_id));
}

std::string text_of(const Held& held) {
    std::string text;
    for (const Digest& blob : held.blobs) text += line_of(blob_word, blob);
    for (const Digest& layer : held.layers) text += line_of(layer_word, layer);
    return text;
}

Held held_in(std::string_view text) {
    Held held;
    for (const std::string_view line : split(text, '\n')) add_line(line, held);
    return held;
}

Result<Held> all_held(const Store& store, const StoreLock& /*lock*/) {
    Held held;
    const UniqueFd directory =
        OCI_TRY(explain(kernel::open_beneath(store.root(), place::leases, O_RDONLY | O_DIRECTORY),
                        "cannot open the leases of {}", store.path()));
    const std::vector<std::string> names = OCI_TRY(
        explain(kernel::read_directory(directory), "cannot list the leases of {}", store.path()));
    for (const std::string& name : names) {
        const std::string path = fmt::format("{}/{}", place::leases, name);
        const bool is_gone = OCI_TRY(removed_if_dead(store, path));
        if (is_gone) continue;
        auto text = kernel::read_text(directory, name.c_str(), largest_lease);
        if (!text && text.error().code == ENOENT) continue;  // it has just ended
        const std::string lines =
            OCI_TRY(explain(std::move(text), "cannot read the lease {}", path));
        for (const std::string_view line : split(lines, '\n')) add_line(line, held);
    }
    return held;
}

}  // namespace oci::image
