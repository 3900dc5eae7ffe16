// SPDX-License-Identifier: Apache-2.0
//
// Gives any text to the readers of names: of images, of platforms, of content.
//
#include <cstdlib>

#include "image/digest.hpp"
#include "image/platform.hpp"
#include "image/reference.hpp"

namespace {

using namespace oci::image;

void require(bool truth) {
    if (!truth) std::abort();
}

/// What becomes part of a URL or a path.
void require_harmless(std::string_view text) {
    for (const char c : text) require(c > ' ' && c < 0x7f && c != '%' && c != '?' && c != '#');
    require(text.find("..") == std::string_view::npos);
    require(text.find("//") == std::string_view::npos);
    require(!text.starts_with('/') && !text.ends_with('/'));
}

void read_reference(std::string_view text) {
    const auto reference = parse_reference(text);
    if (!reference) {
        require(!reference.error().message.empty());
        return;
    }
    const auto& read = reference.value();
    require_harmless(read.repository);
    require(read.tag.find('/') == std::string::npos && !read.tag.starts_with('.'));
    require_harmless(read.registry);
    require_harmless(host_of(read));
    const auto again = parse_reference(text_of(read));
    require(again && text_of(again.value()) == text_of(read));
    require(again.value().registry == read.registry && again.value().tag == read.tag);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    read_reference(text);
    if (const auto platform = parse_platform(text)) {
        const auto again = parse_platform(text_of(platform.value()));
        require(again && fits(again.value(), platform.value()));
        require(again.value() == platform.value());
    }
    if (const auto digest = Digest::parse(text)) {
        require_harmless(digest.value().text());
        require(digest.value().text() == text);
    }
    return 0;
}
