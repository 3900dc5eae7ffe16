// SPDX-License-Identifier: Apache-2.0
#include "client/reading.hpp"

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/document.hpp"

namespace oci::client {
namespace {

constexpr std::size_t longest_text = 400;

ErrorKind kind_of(unsigned status) {
    constexpr std::array kinds{
        std::pair{400U, ErrorKind::InvalidConfig}, std::pair{404U, ErrorKind::NotFound},
        std::pair{409U, ErrorKind::WrongStatus},   std::pair{422U, ErrorKind::InvalidConfig},
        std::pair{501U, ErrorKind::Unsupported},
    };
    for (const auto& [number, kind] : kinds)
        if (number == status) return kind;
    return ErrorKind::System;
}

/// What a problem says about the members of what was sent.
std::string mistakes_in(const spec::Value& problem) {
    std::string text;
    for (const spec::Value& each : list_at(problem, {"errors"}))
        text += fmt::format("; {} {}", display_text(text_at(each, {"pointer"}), longest_text),
                            display_text(text_at(each, {"detail"}), longest_text));
    return display_text(text, 5 * longest_text);
}

/// The last line of what the runtime said: the error itself.
std::string complaint_in(const spec::Value& problem) {
    const std::string all = text_at(problem, {"runtime", "stderrTail"});
    // It came escaped once, as "\x0a".
    std::string_view last = trim(all);
    constexpr std::string_view line_feed = "\\x0a";
    const std::size_t before = last.rfind(line_feed);
    if (before != std::string_view::npos) last = last.substr(before + line_feed.size());
    return last.empty() ? std::string{} : ": " + display_text(trim(last), 3 * longest_text);
}

Failure<Error> refusal_of(const Reply& reply) {
    const auto problem = spec::parse_json(reply.body);
    const std::string code = problem ? text_at(problem.value(), {"code"}) : std::string{};
    if (!problem || code.empty())
        return fail(kind_of(reply.status), "the service answers {}: {}", reply.status,
                    display_text(trim(reply.body), longest_text));
    const std::string detail = text_at(problem.value(), {"detail"});
    return fail(kind_of(reply.status), "{}{}{} ({}, {})", display_text(detail, longest_text),
                mistakes_in(problem.value()), complaint_in(problem.value()),
                display_text(code, longest_text), reply.status);
}

bool is_good(unsigned status) { return status >= 200 && status < 300; }

}  // namespace

Result<spec::Value> document_of(const Reply& reply) {
    if (!is_good(reply.status)) return refusal_of(reply);
    return explain(parse_output(reply.body), "the service answers with what is no JSON");
}

Result<void> succeeded(const Reply& reply) {
    if (!is_good(reply.status)) return refusal_of(reply);
    return {};
}

Result<spec::Value> parse_output(std::string_view json) {
    constexpr std::string_view zero = "\\u0000";
    std::string text;
    text.reserve(json.size());
    for (std::size_t at = 0; at < json.size(); ++at) {
        if (json[at] != '\\') {
            text += json[at];
            continue;
        }
        const bool is_zero = json.substr(at, zero.size()) == zero;
        text += is_zero ? "\\ufffd" : json.substr(at, 2);
        at += is_zero ? zero.size() - 1 : 1;
    }
    return spec::parse_value(text);
}

std::string text_at(const spec::Value& document, const Keys& keys) {
    const spec::Value* found = spec::find_below(document, keys);
    const auto* text = found == nullptr ? nullptr : std::get_if<std::string>(&found->content);
    return text == nullptr ? std::string{} : *text;
}

std::uint64_t number_at(const spec::Value& document, const Keys& keys) {
    const spec::Value* found = spec::find_below(document, keys);
    const auto* number = found == nullptr ? nullptr : std::get_if<std::uint64_t>(&found->content);
    return number == nullptr ? 0 : *number;
}

const spec::Value::Array& list_at(const spec::Value& document, const Keys& keys) {
    static const spec::Value::Array none;
    const spec::Value* found = spec::find_below(document, keys);
    const auto* list =
        found == nullptr ? nullptr : std::get_if<spec::Value::Array>(&found->content);
    return list == nullptr ? none : *list;
}

std::string shown(std::string_view text) { return display_text(text, longest_text); }

std::string shown_json(std::string_view json) {
    std::string out;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const auto byte = static_cast<unsigned char>(json[at]);
        const auto next = at + 1 < json.size() ? static_cast<unsigned char>(json[at + 1]) : 0U;
        // U+0080 to U+009F are control characters, too.
        const bool is_second = byte == 0xc2 && next >= 0x80 && next < 0xa0;
        const bool is_layout = byte == '\n' || byte == '\t';
        if (is_second)
            out += fmt::format("\\u{:04x}", next);
        else if ((byte < 0x20 && !is_layout) || byte == 0x7f)
            out += fmt::format("\\u{:04x}", byte);
        else
            out += json[at];
        at += is_second ? 1 : 0;
    }
    return out;
}

std::string document_text(const spec::Value& document) {
    return shown_json(spec::document_text(document));
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
    // As `oci-rt list` has it.
    constexpr std::size_t narrowest = 12;
    constexpr std::size_t padding = 3;
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (widths.size() <= column) widths.push_back(narrowest);
            widths[column] = std::max(widths[column], row[column].size() + padding);
        }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t column = 0; column + 1 < row.size(); ++column)
            out.append(row[column]).append(widths[column] - row[column].size(), ' ');
        out += row.back() + '\n';
    }
    return out;
}

}  // namespace oci::client
