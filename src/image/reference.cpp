// SPDX-License-Identifier: Apache-2.0
#include "image/reference.hpp"

#include <algorithm>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image {
namespace {

constexpr std::string_view default_registry = "docker.io";
constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_tag = 128;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

// ---- registry -------------------------------------------------------------------

bool is_port(std::string_view text) {
    const auto port = parse_number<unsigned>(text);
    return port && *port > 0 && *port < 65536 && text.size() <= 5;
}

/// Letters and digits, with hyphens inside.
bool is_host_label(std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
        return false;
    return std::ranges::all_of(label,
                               [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_bracketed_address(std::string_view text) {
    if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
    return std::ranges::all_of(text.substr(1, text.size() - 2), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
    });
}

bool is_registry(std::string_view text) {
    std::string_view host = text;
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        if (!is_port(text.substr(colon + 1))) return false;
        host = text.substr(0, colon);
    }
    return is_bracketed_address(host) || std::ranges::all_of(split(host, '.'), is_host_label);
}

bool names_a_registry(std::string_view first_part) {
    return first_part == "localhost" || first_part.find_first_of(".:") != std::string_view::npos;
}

// ---- repository and tag -----------------------------------------------------------

/// Words of lower case and digits; between them ".", "_", "__" or hyphens.
bool is_path_part(std::string_view part) {
    const auto is_word = [](char c) { return is_lower(c) || is_digit(c); };
    if (part.empty() || !is_word(part.front()) || !is_word(part.back())) return false;
    for (std::size_t i = 0; i < part.size();) {
        if (is_word(part[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < part.size() && part[end] == part[i]) ++end;
        const std::size_t most = part[i] == '.' ? 1 : part[i] == '_' ? 2 : part.size();
        const bool is_separator = part[i] == '.' || part[i] == '_' || part[i] == '-';
        if (!is_separator || end - i > most || !is_word(part[end])) return false;
        i = end;
    }
    return true;
}

bool is_tag(std::string_view tag) {
    const auto may_begin = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
    if (tag.empty() || tag.size() > longest_tag || !may_begin(tag.front())) return false;
    return std::ranges::all_of(tag, [&](char c) { return may_begin(c) || c == '.' || c == '-'; });
}

Failure<Error> refuse(std::string_view text, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "{} is no reference of an image: {}",
                json_quoted(display_text(text, 300)), why);
}

Result<void> read_name(std::string_view text, std::string_view name, Reference& out) {
    if (name.find("://") != std::string_view::npos)
        return refuse(text, "it goes without a scheme such as https://");
    if (name.find('@') != std::string_view::npos) return refuse(text, "it names no user");
    const std::size_t slash = name.find('/');
    const std::string_view first = name.substr(0, slash);
    if (slash != std::string_view::npos && names_a_registry(first)) {
        if (!is_registry(first)) return refuse(text, "what stands before the first / is no host");
        out.registry = first;
        out.repository = name.substr(slash + 1);
    } else {
        out.registry = default_registry;
        out.repository =
            slash == std::string_view::npos ? "library/" + std::string{name} : std::string{name};
    }
    // In full: what is stored and shown has to be read again.
    if (out.registry.size() + 1 + out.repository.size() > longest_name)
        return refuse(text, "a name has at most 255 bytes, with its registry");
    if (!std::ranges::all_of(split(out.repository, '/'), is_path_part))
        return refuse(
            text,
            "a repository has parts of a-z and 0-9 between slashes, with one \".\", one or "
            "two \"_\" or hyphens inside");
    return {};
}

}  // namespace

Result<Reference> parse_reference(std::string_view text) {
    Reference reference;
    std::string_view name = text;
    if (const std::size_t at = name.rfind('@'); at != std::string_view::npos) {
        auto digest = Digest::parse(name.substr(at + 1));
        if (!digest) return refuse(text, digest.error().message);
        reference.digest = std::move(digest).value();
        name = name.substr(0, at);
    }
    const std::size_t last_slash = name.rfind('/');
    const std::size_t colon = name.find(':', last_slash == std::string_view::npos ? 0 : last_slash);
    if (colon != std::string_view::npos) {
        reference.tag = name.substr(colon + 1);
        if (!is_tag(reference.tag))
            return refuse(text,
                          "a tag has at most 128 letters, digits, \"_\", \".\" and \"-\", and does "
                          "not begin with the last two");
        name = name.substr(0, colon);
    }
    OCI_TRY(read_name(text, name, reference));
    if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
    return reference;
}

std::string text_of(const Reference& reference) {
    std::string text = reference.registry + '/' + reference.repository;
    if (!reference.tag.empty()) text += ':' + reference.tag;
    if (reference.digest) text += '@' + reference.digest->text();
    return text;
}

std::string host_of(const Reference& reference) {
    return reference.registry == default_registry ? "registry-1.docker.io" : reference.registry;
}

}  // namespace oci::image
