// SPDX-License-Identifier: Apache-2.0
#include "image/store/references.hpp"

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "image/store/locked.hpp"
#include "kernel/text_file.hpp"
#include "spec/document.hpp"

namespace oci::image {
namespace {

using spec::Value;

Result<std::string> index_text(const Store& store) {
    return explain(kernel::read_text(store.root(), place::index, spec::largest_document),
                   "cannot read {}/{}", store.path(), place::index);
}

std::string name_of(const Descriptor& descriptor) {
    for (const auto& [key, value] : descriptor.annotations)
        if (key == name_annotation) return value;
    return {};
}

/// What a word on the command line may mean.
class Wanted {
public:
    static Result<Wanted> parse(std::string_view word) {
        Wanted wanted;
        if (auto digest = Digest::parse(word)) {
            wanted.digest_ = std::move(digest).value();
            return wanted;
        }
        const Reference reference = OCI_TRY(parse_reference(word));
        wanted.name_ = text_of(reference);
        wanted.digest_ = reference.digest;
        if (reference.digest) wanted.repository_ = reference;
        return wanted;
    }

    [[nodiscard]] bool is(const NamedImage& named) const {
        if (!name_.empty() && named.name == name_) return true;
        if (!digest_ || named.descriptor.digest != *digest_) return false;
        if (!repository_) return true;
        const auto other = parse_reference(named.name);
        return other && other.value().registry == repository_->registry &&
               other.value().repository == repository_->repository;
    }

private:
    std::string name_{};
    std::optional<Digest> digest_{};
    std::optional<Reference> repository_{};
};

Failure<Error> not_there(std::string_view word) {
    return with(fail(ErrorKind::NotFound, "there is no image {} in the store",
                     json_quoted(display_text(word, 300))),
                {.code = "image-missing"});
}

Value descriptor_value(const std::string& name, const Descriptor& descriptor) {
    Value::Object annotations;
    spec::add(annotations, name_annotation, spec::text_value(name));
    for (const auto& [key, value] : descriptor.annotations)
        if (key != name_annotation) spec::add(annotations, key, spec::text_value(value));
    Value::Object object;
    spec::add(object, "mediaType", spec::text_value(descriptor.media_type));
    spec::add(object, "digest", spec::text_value(descriptor.digest.text()));
    spec::add(object, "size", spec::number_value(descriptor.size));
    if (descriptor.platform) {
        Value::Object platform;
        spec::add(platform, "architecture", spec::text_value(descriptor.platform->architecture));
        spec::add(platform, "os", spec::text_value(descriptor.platform->os));
        if (!descriptor.platform->variant.empty())
            spec::add(platform, "variant", spec::text_value(descriptor.platform->variant));
        if (!descriptor.platform->os_version.empty())
            spec::add(platform, "os.version", spec::text_value(descriptor.platform->os_version));
        Value::Array features;
        for (const std::string& feature : descriptor.platform->os_features)
            features.push_back(spec::text_value(feature));
        if (!features.empty()) spec::add(platform, "os.features", {std::move(features)});
        spec::add(object, "platform", {std::move(platform)});
    }
    spec::add(object, "annotations", {std::move(annotations)});
    return {std::move(object)};
}

/// The index as a tree, so that what others wrote into it stays; under the lock of the store.
class IndexEditor {
public:
    static Result<IndexEditor> open(const Store& store) {
        StoreLock lock = OCI_TRY(store.lock());
        const std::string text = OCI_TRY(index_text(store));
        const Index index =
            OCI_TRY(explain(read_layout_index(text), "{}/{}", store.path(), place::index));
        Value document = OCI_TRY(spec::parse_json(text));
        IndexEditor editor{store, std::move(lock), std::move(document)};
        for (const Descriptor& each : index.manifests)
            editor.names_.push_back({name_of(each), each});
        return editor;
    }

    [[nodiscard]] const std::vector<NamedImage>& names() const noexcept { return names_; }

    template <typename Condition>
    void remove_if(Condition condition) {
        Value::Array& entries = array();
        for (std::size_t i = names_.size(); i-- > 0;) {
            if (!condition(names_[i])) continue;
            names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(i));
            entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    void add(const std::string& name, const Descriptor& descriptor) {
        array().push_back(descriptor_value(name, descriptor));
    }

    Result<void> save() {
        return write_durably(store_->root(), place::index, spec::document_text(document_));
    }

private:
    IndexEditor(const Store& store, StoreLock lock, Value document)
        : store_{&store}, lock_{std::move(lock)}, document_{std::move(document)} {}

    Value::Array& array() {
        auto& members = *std::get_if<Value::Object>(&document_.content);
        auto found = std::ranges::find(members, "manifests", &spec::Member::key);
        if (found == members.end()) {
            spec::add(members, "manifests", {Value::Array{}});
            found = members.end() - 1;
        }
        // read_layout_index() has seen that it is an array, or null.
        if (!std::holds_alternative<Value::Array>(found->value.content))
            found->value.content = Value::Array{};
        return *std::get_if<Value::Array>(&found->value.content);
    }

    const Store* store_;
    StoreLock lock_;
    Value document_;
    std::vector<NamedImage> names_{};
};

}  // namespace

Result<std::vector<NamedImage>> references(const Store& store) {
    const std::string text = OCI_TRY(index_text(store));
    Index index = OCI_TRY(explain(read_layout_index(text), "{}/{}", store.path(), place::index));
    std::vector<NamedImage> all;
    for (Descriptor& each : index.manifests) {
        std::string name = name_of(each);
        all.push_back({std::move(name), std::move(each)});
    }
    return all;
}

Result<NamedImage> find_reference(const Store& store, std::string_view word) {
    const Wanted wanted = OCI_TRY(Wanted::parse(word));
    const std::vector<NamedImage> all = OCI_TRY(references(store));
    const auto found =
        std::ranges::find_if(all, [&](const NamedImage& each) { return wanted.is(each); });
    if (found == all.end()) return not_there(word);
    return *found;
}

Result<void> set_reference(const Store& store, const Reference& reference,
                           const Descriptor& descriptor) {
    const std::string name = text_of(reference);
    IndexEditor editor = OCI_TRY(IndexEditor::open(store));
    editor.remove_if([&](const NamedImage& each) { return each.name == name; });
    editor.add(name, descriptor);
    return editor.save();
}

Result<std::vector<std::string>> remove_reference(const Store& store, std::string_view word) {
    const Wanted wanted = OCI_TRY(Wanted::parse(word));
    IndexEditor editor = OCI_TRY(IndexEditor::open(store));
    std::vector<std::string> removed;
    for (const NamedImage& each : editor.names())
        if (wanted.is(each)) removed.push_back(each.name);
    if (removed.empty()) return not_there(word);
    editor.remove_if([&](const NamedImage& each) { return wanted.is(each); });
    OCI_TRY(editor.save());
    return removed;
}

}  // namespace oci::image
