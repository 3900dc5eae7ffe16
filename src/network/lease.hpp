// SPDX-License-Identifier: Apache-2.0
//
// lease: which container has which address and which ports, in files: <state>/<network>/<address>.
// One lock for all of them; whoever holds it may believe what it reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/publication.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::network {

/// Who has a lease. Two runtimes may each have a container of one name.
struct Owner {
    std::string root{};  ///< Where its runtime remembers it.
    std::string id{};
    friend bool operator==(const Owner&, const Owner&) = default;
};

struct Lease {
    std::string network{};
    Address address{};
    Owner owner{};
    std::vector<Publication> ports{};

    /// The host's end of the container's device: "oci-ac130002".
    [[nodiscard]] std::string device() const;
};

/// A network as it was made, or found.
struct Network {
    std::string name{};  ///< Of its bridge.
    Subnet v4{};         ///< With the address of the bridge.
    std::optional<Subnet> v6{};
    bool is_ours = true;  ///< Nobody else had made the bridge.
    Address last{};       ///< That was given away.
};

/// Of IPv6: that of IPv4, in the network's own. Nothing where the network has none.
[[nodiscard]] std::optional<Address> second_address(const Network& network, const Lease& lease);

[[nodiscard]] std::string text_of(const Lease& lease);
/// Nothing if it is none: a process was killed before it had written it.
[[nodiscard]] std::optional<Lease> read_lease(std::string_view network, std::string_view name,
                                              std::string_view text);
[[nodiscard]] std::string text_of(const Network& network);
[[nodiscard]] std::optional<Network> read_network(std::string_view name, std::string_view text);

/// What may be the name of a network: that of a device.
[[nodiscard]] bool is_network_name(std::string_view text) noexcept;

/// The next address after the last one that nobody has. Nothing: all are given away.
[[nodiscard]] std::optional<Address> next_free(const Network& network,
                                               const std::vector<Lease>& leases);

/// The directory of all networks, locked.
class Leases {
public:
    static Result<Leases> open(const std::string& path);

    /// Sorted by name.
    [[nodiscard]] Result<std::vector<Network>> networks() const;
    /// Of all networks. What is no lease has its address and nobody's name.
    [[nodiscard]] Result<std::vector<Lease>> all() const;

    [[nodiscard]] Result<void> add(const Lease& lease) const;
    [[nodiscard]] Result<void> remove(const Lease& lease) const;
    [[nodiscard]] Result<void> write(const Network& network) const;
    /// Fails unless nobody has a lease in it any more.
    [[nodiscard]] Result<void> remove(const Network& network) const;

private:
    explicit Leases(UniqueFd directory) : directory_{std::move(directory)} {}

    UniqueFd directory_;
};

}  // namespace oci::network
