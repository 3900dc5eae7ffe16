// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/network.hpp"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include <net/if.h>

#include "oci-rt/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

bool is_loopback_up() {
    const oci::UniqueFd socket{::socket(AF_INET, SOCK_DGRAM, 0)};
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    return ::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
}

}  // namespace

TEST_CASE("only a new network namespace is the runtime's to set up") {
    oci::Spec spec;
    CHECK_FALSE(oci::network::plan(spec).value().is_new);
    spec.linux_section.namespaces = {{oci::NamespaceKind::Network, ""}};
    CHECK(oci::network::plan(spec).value().is_new);
    spec.linux_section.namespaces[0].path = "/proc/1/ns/net";
    CHECK_FALSE(oci::network::plan(spec).value().is_new);
}

TEST_CASE("the loopback device of a new network namespace is up") {
    if (!test::is_root()) return;
    const auto result = [](bool is_new) {
        return test::in_child([is_new] {
            if (::unshare(CLONE_NEWNET) != 0) return 2;
            oci::Progress progress;
            if (!oci::network::enter({is_new}, progress)) return 3;
            return is_loopback_up() ? 1 : 0;
        });
    };
    CHECK(result(true) == 1);
    CHECK(result(false) == 0);
}
