// SPDX-License-Identifier: Apache-2.0
//
// Gives any bytes to the readers of what registries say, and of what users keep for them.
//
// The first byte chooses the reader.
#include <cstdlib>

#include "base/base64.hpp"
#include "image/registry/authentication.hpp"
#include "image/registry/configuration.hpp"
#include "image/registry/credential_helper.hpp"
#include "image/registry/headers.hpp"
#include "image/registry/judgement.hpp"
#include "image/registry/url.hpp"

namespace {

using namespace oci::image::registry;

void require(bool truth) {
    if (!truth) std::abort();
}

void read_urls(std::string_view text) {
    if (const auto url = parse_url(text)) {
        const auto again = parse_url(text_of(url.value()));
        require(again && again.value() == url.value());
        require(text_of(url.value()).find_first_of(std::string_view{"\r\n\0 ", 4}) ==
                std::string::npos);
    }
    static const Url secure = parse_url("https://a.example/v2/x?y").value();
    if (const auto next = follow(secure, text)) require(next.value().scheme == "https");
    (void)is_loopback(text);
    const auto encoded = percent_encoded(text);
    require(parse_url("https://a/?x=" + encoded).value().path == "/?x=" + encoded);
}

void read_fields(std::string_view text) {
    if (const auto challenges = parse_challenges(text))
        for (const Challenge& challenge : *challenges) {
            require(!challenge.scheme.empty());
            (void)realm_of(challenge, parse_url("https://a.example/").value());
        }
    if (const auto range = parse_content_range(text))
        require(range->first <= range->last && (!range->size || *range->size > range->last));
    if (const auto after = parse_retry_after(text, 784111777)) require(after->count() >= 0);
    (void)media_type_in(text);
    Headers headers;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (!headers.add(text.substr(at, end - at))) break;
        at = end + 1;
    }
    (void)challenges_in(headers);
}

void read_documents(std::string_view text) {
    if (const auto token = read_token(text))
        require(token.value().text.find_first_of(std::string_view{"\r\n\0 ", 4}) ==
                std::string::npos);
    require(words_of(text).size() <= 300);
    (void)read_helper_answer(text);
    (void)read_credentials(text, "docker.io/library/x", false);
    (void)read_credentials(text, "docker.io/library/x", true);
    const auto reference = oci::image::parse_reference("docker.io/library/x").value();
    if (const auto configuration = read_configuration(text))
        if (const auto endpoints = endpoints_of(configuration.value(), reference, true))
            for (const Endpoint& endpoint : endpoints.value())
                require(static_cast<bool>(
                    parse_url("https://" + endpoint.host + "/v2/" + endpoint.repository)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 4) {
        case 0: read_urls(text); break;
        case 1: read_fields(text); break;
        case 2: read_documents(text); break;
        default: require(oci::from_base64(oci::base64_of(text)) == text);
    }
    (void)oci::from_base64(text);
    return 0;
}
