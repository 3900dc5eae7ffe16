// SPDX-License-Identifier: Apache-2.0
//
// nftables: who carries out the text of rules: the library libnftables, which is loaded when it is
// needed, or the program nft. And what the kernel itself says about tables.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::network {

/// All of it, or nothing. Unsupported: there is neither the library nor the program.
[[nodiscard]] Result<void> carry_out(const std::string& rules);

/// Whether carry_out() can be: here, and in this kernel.
[[nodiscard]] bool has_nftables();

/// Whether our table is there.
[[nodiscard]] bool has_table();

/// A chain that decides about what the host forwards.
struct ForwardChain {
    std::string family{};  ///< "ip", "ip6", "inet"
    std::string table{};
    std::string name{};
    bool drops = false;  ///< What no rule of it has let pass.
};
/// Of all tables but ours; none where the kernel has no nftables.
[[nodiscard]] std::vector<ForwardChain> forward_chains();

/// Whether iptables has a chain of that name for containers.
[[nodiscard]] bool has_chain(const std::string& table, const std::string& name);

}  // namespace oci::network
