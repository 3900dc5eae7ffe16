// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/config_patch.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/explain.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "serve/containers/merge_patch.hpp"
#include "spec/document.hpp"
#include "spec/read.hpp"

namespace oci::serve {
namespace {

using spec::Value;

std::vector<Value> hooks_after_end(const Value& config) {
    const Value* hooks = spec::find_below(config, {"hooks", "poststop"});
    const auto* array = hooks == nullptr ? nullptr : std::get_if<Value::Array>(&hooks->content);
    return array == nullptr ? std::vector<Value>{} : *array;
}

bool has(const std::vector<Value>& hooks, const Value& wanted) {
    const std::string text = spec::document_text(wanted);
    return std::ranges::any_of(
        hooks, [&](const Value& each) { return spec::document_text(each) == text; });
}

}  // namespace

Mistakes mistakes_in_patch(const Value& patch, const std::string& at) {
    if (!std::holds_alternative<Value::Object>(patch.content)) return {{at, "has to be an object"}};
    Mistakes mistakes;
    Value alone;
    apply_merge_patch(alone, patch);
    for (const spec::UnknownProperty& each : spec::examine(spec::document_text(alone)).unknown)
        mistakes.emplace_back(at + each.pointer,
                              each.nearest.empty()
                                  ? "is not known"
                                  : fmt::format("is not known; {} is", each.nearest));
    return mistakes;
}

Result<std::string> patched_config(std::string_view config, std::string_view patch) {
    Value document = OCI_TRY(spec::parse_json(config));
    const Value changes = OCI_TRY(spec::parse_json(patch));
    const std::vector<Value> needed = hooks_after_end(document);
    apply_merge_patch(document, changes);
    const std::vector<Value> there = hooks_after_end(document);
    for (const Value& each : needed)
        if (!has(there, each)) OCI_TRY(spec::assign(document, {"/hooks/poststop/-", each}));
    std::string text = spec::document_text(document);
    OCI_TRY(spec::read(text));
    return text;
}

Result<void> patch_config(const std::string& bundle, const std::string& patch) {
    constexpr mode_t readable = 0644;
    const UniqueFd directory =
        OCI_TRY(explain(kernel::open_at(kernel::here, bundle.c_str(), O_RDONLY | O_DIRECTORY),
                        "cannot open the bundle"));
    const std::string before =
        OCI_TRY(explain(kernel::read_text(directory, "config.json", spec::largest_document),
                        "cannot read config.json"));
    const std::string after = OCI_TRY(patched_config(before, patch));
    return explain(kernel::replace_text(directory, "config.json", after, readable),
                   "cannot write config.json");
}

}  // namespace oci::serve
