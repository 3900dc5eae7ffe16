// SPDX-License-Identifier: Apache-2.0
#include "cli/print_remains.hpp"

#include <string_view>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace oci::cli {
namespace {

struct Words {
    std::string_view name;
    std::string_view sentence;
};

Words words_for(RemainsKind kind) noexcept {
    switch (kind) {
        case RemainsKind::Unfinished: return {"unfinished", "it was never completely created"};
        case RemainsKind::Damaged: return {"damaged", "its state cannot be read"};
        case RemainsKind::EarlierBoot: return {"earlier-boot", "it is of an earlier boot"};
    }
    return {};
}

std::string_view act_on(const Remains& remains) noexcept {
    if (remains.is_gone) return "removed";
    return remains.why_not.empty() ? "would remove" : "kept";
}

}  // namespace

std::string remains_text(const std::vector<Remains>& all) {
    std::string text;
    for (const Remains& each : all) {
        const std::string reason =
            each.why_not.empty() ? "" : "; " + escape_for_display(each.why_not);
        text += fmt::format("{} {}: {}{}\n", act_on(each), each.id, words_for(each.kind).sentence,
                            reason);
    }
    return text;
}

std::string remains_json(const std::vector<Remains>& all) {
    std::string text;
    JsonWriter json{text};
    json.begin_array();
    for (const Remains& each : all) {
        json.begin_object();
        json.member("id", each.id);
        json.member("kind", words_for(each.kind).name);
        json.member("removed", each.is_gone);
        json.member("reason", each.why_not);
        json.end_object();
    }
    json.end_array();
    return text + "\n";
}

}  // namespace oci::cli
