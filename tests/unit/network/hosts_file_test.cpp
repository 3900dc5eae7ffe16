// SPDX-License-Identifier: Apache-2.0
#include "network/hosts_file.hpp"

#include "support/catch.hpp"

using namespace oci::network;

TEST_CASE("a container's name stands with its addresses, once") {
    const Address v4 = *parse_address("172.19.0.2");
    const std::string first = with_addresses("127.0.0.1\tlocalhost\n", "box", v4, std::nullopt);
    CHECK(first == "127.0.0.1\tlocalhost\n172.19.0.2\tbox\t# its own\n");
    CHECK(with_addresses(first, "box", *parse_address("172.19.0.3"), parse_address("fd00::3")) ==
          "127.0.0.1\tlocalhost\n172.19.0.3\tbox\t# its own\nfd00::3\tbox\t# its own\n");
    CHECK_FALSE(write_hosts("/no/such/file", "box", v4, std::nullopt));
}
