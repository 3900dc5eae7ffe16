// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/merge_patch.hpp"

#include <algorithm>

namespace oci::serve {

void apply_merge_patch(spec::Value& target, const spec::Value& patch) {
    using spec::Value;
    const auto* changes = std::get_if<Value::Object>(&patch.content);
    if (changes == nullptr) {
        target = patch;
        return;
    }
    if (!std::holds_alternative<Value::Object>(target.content)) target.content = Value::Object{};
    for (const spec::Member& change : *changes) {
        auto& members = std::get<Value::Object>(target.content);
        auto found = std::ranges::find(members, change.key, &spec::Member::key);
        if (std::holds_alternative<std::monostate>(change.value.content)) {
            if (found != members.end()) members.erase(found);
            continue;
        }
        if (found == members.end()) found = members.insert(found, {change.key, Value{}});
        apply_merge_patch(found->value, change.value);
    }
}

}  // namespace oci::serve
