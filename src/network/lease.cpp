// SPDX-License-Identifier: Apache-2.0
#include "network/lease.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <net/if.h>

#include "base/explain.hpp"
#include "base/flat_json.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::network {
namespace {

constexpr const char* network_file = ".network";
constexpr std::size_t largest_file = FlatJson::largest;
constexpr mode_t for_root = 0700;

std::optional<std::vector<Publication>> read_ports(std::string_view text) {
    std::vector<Publication> ports;
    if (text.empty()) return ports;
    for (const std::string_view word : split(text, ',')) {
        auto each = parse_publication(word);
        if (!each) return std::nullopt;
        ports.insert(ports.end(), each.value().begin(), each.value().end());
    }
    return ports;
}

Result<UniqueFd> open_directory(FdView parent, const std::string& name) {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return explain(kernel::open_at(parent, name.c_str(), flags), "cannot open {}", name);
}

/// With all that lead to it.
Result<UniqueFd> make_directories(const std::string& path) {
    for (const std::string& part : leading_paths(path)) {
        const auto made = kernel::make_directory(kernel::here, part.c_str(), for_root);
        if (!made && made.error().code != EEXIST)
            return explain(Result<UniqueFd, kernel::SysError>{Failure{made.error()}},
                           "cannot make {}", part);
    }
    return open_directory(kernel::here, path);
}

}  // namespace

std::string Lease::device() const { return fmt::format("oci-{:08x}", number_of(address)); }

std::optional<Address> second_address(const Network& network, const Lease& lease) {
    if (!network.v6) return std::nullopt;
    return embedded(*network.v6, lease.address);
}

std::string text_of(const Lease& lease) {
    std::array<char, largest_file> buffer;
    FlatJsonWriter json{buffer};
    json.text("id", lease.owner.id).text("root", lease.owner.root);
    json.text("ports", fmt::format("{}", fmt::join(texts_of(lease.ports), ",")));
    return std::string{json.finish()};
}

std::optional<Lease> read_lease(std::string_view network, std::string_view name,
                                std::string_view text) {
    FlatJson json;
    const auto address = parse_address(name);
    if (!address || address->family != Family::V4 || !json.read(text)) return std::nullopt;
    const auto id = json.text("id");
    const auto root = json.text("root");
    auto ports = read_ports(json.text("ports").value_or(""));
    if (!id || !root || !ports) return std::nullopt;
    return Lease{
        std::string{network}, *address, {std::string{*root}, std::string{*id}}, *std::move(ports)};
}

std::string text_of(const Network& network) {
    std::array<char, largest_file> buffer;
    FlatJsonWriter json{buffer};
    json.text("v4", network.v4.text()).truth("ours", network.is_ours);
    json.text("last", network.last.text());
    if (network.v6) json.text("v6", network.v6->text());
    return std::string{json.finish()};
}

std::optional<Network> read_network(std::string_view name, std::string_view text) {
    FlatJson json;
    if (!json.read(text)) return std::nullopt;
    const auto v4 = parse_subnet(json.text("v4").value_or(""));
    const auto last = parse_address(json.text("last").value_or(""));
    if (!v4 || v4->address.family != Family::V4 || !last) return std::nullopt;
    Network network;
    network.name = name;
    network.v4 = *v4;
    network.v6 = parse_subnet(json.text("v6").value_or(""));
    network.is_ours = json.truth("ours").value_or(false);
    network.last = *last;
    return network;
}

bool is_network_name(std::string_view text) noexcept {
    const auto is_good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() < IFNAMSIZ && text.front() != '.' && text.front() != '-' &&
           std::ranges::all_of(text, is_good);
}

std::optional<Address> next_free(const Network& network, const std::vector<Lease>& leases) {
    const std::uint32_t first = number_of(first_of(network.v4)) + 1;
    const std::uint32_t end = number_of(broadcast_of(network.v4));
    std::vector<std::uint32_t> taken{number_of(network.v4.address)};
    for (const Lease& each : leases) taken.push_back(number_of(each.address));
    std::ranges::sort(taken);
    std::uint32_t number = number_of(network.last);
    for (std::uint32_t tried = first; tried < end; ++tried) {
        ++number;
        if (number < first || number >= end) number = first;
        if (!std::ranges::binary_search(taken, number)) return address_of(number);
    }
    return std::nullopt;
}

Result<Leases> Leases::open(const std::string& path) {
    UniqueFd directory = OCI_TRY(make_directories(clean_path(path)));
    OCI_TRY(explain(kernel::lock(directory, LOCK_EX), "cannot lock {}", path));
    return Leases{std::move(directory)};
}

Result<std::vector<Network>> Leases::networks() const {
    std::vector<std::string> names = OCI_TRY(
        explain(kernel::read_directory(directory_), "cannot list the networks of containers"));
    std::ranges::sort(names);
    std::vector<Network> networks;
    for (const std::string& name : names) {
        const std::string path = join_path(name, network_file);
        const auto text = kernel::read_text(directory_, path.c_str(), largest_file);
        if (!text) continue;
        auto network = read_network(name, text.value());
        if (network) networks.push_back(*std::move(network));
    }
    return networks;
}

Result<std::vector<Lease>> Leases::all() const {
    std::vector<Lease> leases;
    const std::vector<std::string> networks = OCI_TRY(
        explain(kernel::read_directory(directory_), "cannot list the networks of containers"));
    for (const std::string& network : networks) {
        const UniqueFd directory = OCI_TRY(open_directory(directory_, network));
        const std::vector<std::string> names =
            OCI_TRY(explain(kernel::read_directory(directory), "cannot list the leases"));
        for (const std::string& name : names) {
            const auto address = parse_address(name);
            if (!address || address->family != Family::V4) continue;
            const auto text = kernel::read_text(directory, name.c_str(), largest_file);
            auto lease = read_lease(network, name, text ? text.value() : std::string{});
            leases.push_back(lease ? *std::move(lease) : Lease{network, *address, {}, {}});
        }
    }
    return leases;
}

Result<void> Leases::add(const Lease& lease) const {
    const std::string text = text_of(lease);
    if (text.empty())
        return fail(ErrorKind::InvalidConfig, "so many published ports cannot be remembered");
    const std::string path = join_path(lease.network, lease.address.text());
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL;
    const UniqueFd file = OCI_TRY(explain(kernel::open_at(directory_, path.c_str(), flags, 0600),
                                          "cannot lease {}", lease.address.text()));
    return explain(kernel::write_all(file, text), "cannot lease {}", lease.address.text());
}

Result<void> Leases::remove(const Lease& lease) const {
    const std::string path = join_path(lease.network, lease.address.text());
    const auto removed = kernel::remove(directory_, path.c_str());
    if (!removed && removed.error().code == ENOENT) return {};
    return explain(removed, "cannot give {} back", lease.address.text());
}

Result<void> Leases::write(const Network& network) const {
    const auto made = kernel::make_directory(directory_, network.name.c_str(), for_root);
    if (!made && made.error().code != EEXIST)
        return explain(made, "cannot make the directory of network {}", network.name);
    const UniqueFd directory = OCI_TRY(open_directory(directory_, network.name));
    return explain(kernel::replace_text(directory, network_file, text_of(network), 0600),
                   "cannot remember network {}", network.name);
}

Result<void> Leases::remove(const Network& network) const {
    const std::string path = join_path(network.name, network_file);
    (void)kernel::remove(directory_, path.c_str());  // what is left says the next line
    return explain(kernel::remove(directory_, network.name.c_str(), AT_REMOVEDIR),
                   "cannot forget network {}", network.name);
}

}  // namespace oci::network
