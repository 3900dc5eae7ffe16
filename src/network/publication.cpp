// SPDX-License-Identifier: Apache-2.0
#include "network/publication.hpp"

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::network {
namespace {

struct Ports {
    std::uint16_t first = 0;
    std::uint16_t count = 1;
};

Failure<Error> wrong(std::string_view text, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "\"{}\" {}", escape_for_display(text), why);
}

/// "80" or "80-89"
std::optional<Ports> parse_ports(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = parse_number<std::uint16_t>(text.substr(0, dash));
    if (!first || *first == 0) return std::nullopt;
    if (dash == std::string_view::npos) return Ports{*first, 1};
    const auto last = parse_number<std::uint16_t>(text.substr(dash + 1));
    if (!last || *last < *first) return std::nullopt;
    return Ports{*first, static_cast<std::uint16_t>(*last - *first + 1)};
}

std::string ports_text(std::uint16_t first, std::uint16_t count) {
    if (count == 1) return fmt::format("{}", first);
    return fmt::format("{}-{}", first, first + count - 1);
}

/// Takes "IP:" or "[IP]:" off the front; nothing if there is none.
Result<std::optional<Address>> take_address(std::string_view whole, std::string_view& rest) {
    std::string_view text;
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find("]:");
        if (end == std::string_view::npos) return wrong(whole, "has a [ without ]:");
        text = rest.substr(1, end - 1);
        rest.remove_prefix(end + 2);
    } else {
        const std::size_t colon = rest.find(':');
        if (colon == rest.rfind(':')) return std::optional<Address>{};
        text = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
    }
    const auto address = parse_address(text);
    if (!address) return wrong(text, "is no address: one of IPv6 stands in [ ]");
    return address;
}

Result<Protocol> take_protocol(std::string_view& rest) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return Protocol::Tcp;
    const std::string_view name = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    if (name == "tcp") return Protocol::Tcp;
    if (name == "udp") return Protocol::Udp;
    return wrong(name, "is neither tcp nor udp");
}

}  // namespace

std::string_view name_of(Protocol protocol) noexcept {
    return protocol == Protocol::Tcp ? "tcp" : "udp";
}

std::string Publication::text() const {
    std::string where;
    if (address && address->family == Family::V6) where = '[' + address->text() + "]:";
    if (address && address->family == Family::V4) where = address->text() + ':';
    return fmt::format("{}{}:{}/{}", where, host == 0 ? "" : ports_text(host, count),
                       ports_text(container, count), name_of(protocol));
}

std::vector<std::string> texts_of(const std::vector<Publication>& ports) {
    std::vector<std::string> texts;
    for (const Publication& each : ports) texts.push_back(each.text());
    return texts;
}

Result<std::vector<Publication>> parse_publication(std::string_view text) {
    std::string_view rest = text;
    Publication publication;
    publication.protocol = OCI_TRY(take_protocol(rest));
    publication.address = OCI_TRY(take_address(text, rest));
    const std::size_t colon = rest.find(':');
    const std::string_view host =
        colon == std::string_view::npos ? std::string_view{} : rest.substr(0, colon);
    if (colon != std::string_view::npos) rest.remove_prefix(colon + 1);
    const auto container = parse_ports(rest);
    if (!container) return wrong(rest, "is no port of a container: 1 to 65535, or FIRST-LAST");
    publication.container = container->first;
    if (host.empty()) {
        std::vector<Publication> all(container->count, publication);
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i].container = static_cast<std::uint16_t>(container->first + i);
        return all;
    }
    const auto ports = parse_ports(host);
    if (!ports) return wrong(host, "is no port of the host: 1 to 65535, or FIRST-LAST");
    if (ports->count != container->count) return wrong(text, "has two ranges of different size");
    publication.host = ports->first;
    publication.count = ports->count;
    return std::vector<Publication>{publication};
}

bool collide(const Publication& a, const Publication& b) noexcept {
    if (a.protocol != b.protocol) return false;
    if (a.host + a.count <= b.host || b.host + b.count <= a.host) return false;
    if (!a.address || !b.address) return true;
    if (a.address->family != b.address->family) return false;
    return *a.address == *b.address || a.address->is_unspecified() || b.address->is_unspecified();
}

}  // namespace oci::network
