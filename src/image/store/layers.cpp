// SPDX-License-Identifier: Apache-2.0
#include "image/store/layers.hpp"

#include <fcntl.h>

#include <array>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "kernel/durable.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::image {
namespace {

constexpr std::size_t link_length = 8;

std::string tree_path(const Digest& chain_id) { return place::layer(chain_id) + "/fs"; }

std::string link_target(const Digest& chain_id) { return "../" + tree_path(chain_id); }

/// Where the digits of the digest that begin here are not another layer's name.
std::string link_name(const Digest& chain_id, std::size_t begin) {
    return fmt::format("{}/{}", place::links,
                       std::string_view{chain_id.hex()}.substr(begin, link_length));
}

/// The text of a link; empty if there is none.
Result<std::string> target_of(const Store& store, const std::string& link) {
    std::array<char, 256> buffer{};
    const auto target = kernel::read_link(store.root(), link.c_str(), buffer);
    if (!target && target.error().code == ENOENT) return std::string{};
    const std::string_view text = OCI_TRY(
        explain(kernel::SysResult<std::string_view>{target}, "cannot read the link {}", link));
    return std::string{text};
}

/// Made if missing. A name that leads to another layer is passed over.
Result<std::string> make_link(const Store& store, const Digest& chain_id) {
    const std::string wanted = link_target(chain_id);
    for (std::size_t begin = 0; begin + link_length <= chain_id.hex().size(); ++begin) {
        const std::string link = link_name(chain_id, begin);
        const auto made = kernel::make_symlink(wanted.c_str(), store.root(), link.c_str());
        if (made) return link;
        if (made.error().code != EEXIST)
            return explain(Result<std::string, kernel::SysError>{Failure{made.error()}},
                           "cannot make the link {}", link);
        const std::string target = OCI_TRY(target_of(store, link));
        if (target == wanted) return link;
    }
    return fail(ErrorKind::System, "no short name is left for layer {}", chain_id.text());
}

std::string meta_text(const Digest& chain_id, const LayerFacts& facts) {
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    json.member("chainID", chain_id.text());
    json.member("diffID", facts.diff_id.text());
    if (facts.parent) json.member("parent", facts.parent->text());
    json.member("entries", facts.entries);
    json.member("size", facts.size);
    json.end_object();
    text += '\n';
    return text;
}

}  // namespace

Result<bool> has_layer(const Store& store, const Digest& chain_id) {
    const auto status = kernel::status_of(store.root(), place::layer(chain_id).c_str());
    if (status) return true;
    if (status.error().code == ENOENT) return false;
    return explain(kernel::SysResult<bool>{Failure{status.error()}}, "cannot look at layer {}",
                   chain_id.text());
}

Result<UniqueFd> open_layer(const Store& store, const Digest& chain_id) {
    auto opened = kernel::open_beneath(store.root(), tree_path(chain_id).c_str(),
                                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!opened && opened.error().code == ENOENT)
        return fail(ErrorKind::NotFound, "layer {} is not in the store", chain_id.text());
    return explain(std::move(opened), "cannot open layer {}", chain_id.text());
}

Result<std::string> short_path(const Store& store, const Digest& chain_id) {
    const bool is_there = OCI_TRY(has_layer(store, chain_id));
    if (!is_there)
        return fail(ErrorKind::NotFound, "layer {} is not in the store", chain_id.text());
    return make_link(store, chain_id);
}

Result<LayerWriter> LayerWriter::begin(const Store& store, const Digest& chain_id) {
    LayerWriter writer{store, chain_id};
    const bool is_there = OCI_TRY(has_layer(store, chain_id));
    if (is_there) return writer;
    const std::string path = place::unfinished_layer(chain_id);
    auto locked = OCI_TRY(lock_at(store.root(), path, {.of = Of::Directory}));
    writer.directory_ = std::move(*locked);
    // Whoever was waited for has made it.
    const bool is_made = OCI_TRY(has_layer(store, chain_id));
    if (is_made) {
        OCI_TRY(remove_tree(store.root(), path));
        writer.directory_.reset();
        return writer;
    }
    OCI_TRY(remove_tree(writer.directory_, "fs"));  // of a process that was killed
    OCI_TRY(
        explain(kernel::make_directory(writer.directory_, "fs", 0755), "cannot make {}/fs", path));
    OCI_TRY(explain(kernel::change_mode(writer.directory_, "fs", 0755), "cannot make {}/fs", path));
    writer.tree_ =
        OCI_TRY(explain(kernel::open_beneath(writer.directory_, "fs", O_RDONLY | O_DIRECTORY),
                        "cannot open {}/fs", path));
    return writer;
}

Result<void> LayerWriter::commit(const LayerFacts& facts) {
    if (is_there()) return {};
    OCI_TRY(
        explain(kernel::replace_text(directory_, "meta.json", meta_text(chain_id_, facts), 0600),
                "cannot write meta.json of layer {}", chain_id_.text()));
    OCI_TRY(explain(kernel::synchronize_filesystem(directory_), "cannot write layer {}",
                    chain_id_.text()));
    OCI_TRY(explain(kernel::rename(store_->root(), place::unfinished_layer(chain_id_).c_str(),
                                   place::layer(chain_id_).c_str()),
                    "cannot put layer {} in its place", chain_id_.text()));
    tree_.reset();
    directory_.reset();
    return {};
}

LayerWriter::~LayerWriter() {
    // prune() removes what cannot be removed now.
    if (directory_) (void)remove_tree(store_->root(), place::unfinished_layer(chain_id_));
}

}  // namespace oci::image
