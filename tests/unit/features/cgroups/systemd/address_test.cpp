// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/address.hpp"

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

TEST_CASE("the system's manager is reached by the bus, or by itself") {
    CHECK(addresses_of_system() == std::vector<Address>{{"/run/dbus/system_bus_socket", Peer::Bus},
                                                        {"/run/systemd/private", Peer::Manager}});
}

TEST_CASE("the runtime directory is enough to find the user's manager") {
    CHECK(addresses_of_user("", "/run/user/1000") ==
          std::vector<Address>{{"/run/user/1000/bus", Peer::Bus},
                               {"/run/user/1000/systemd/private", Peer::Manager}});
    CHECK(addresses_of_user("", "").empty());
    CHECK(addresses_of_user("", "relative").empty());
}

TEST_CASE("addresses of Unix sockets are understood") {
    CHECK(addresses_of_user("unix:path=/tmp/bus,guid=123", "") ==
          std::vector<Address>{{"/tmp/bus", Peer::Bus}});
    CHECK(addresses_of_user("unix:guid=123,abstract=/tmp/x%20y", "") ==
          std::vector<Address>{{"@/tmp/x y", Peer::Bus}});
    CHECK(addresses_of_user("tcp:host=x;unix:path=/a;unix:path=/b", "/r").size() == 4);
}

TEST_CASE("what is no address is passed over") {
    for (const char* text :
         {"tcp:host=x,port=1", "unix:", "unix:path=", "unix:path=%", "unix:path=%0",
          "unix:path=%zz", "unix:path=%00", "unix:runtime=yes", ";;", "path=/x"}) {
        INFO(text);
        CHECK(addresses_of_user(text, "").empty());
    }
}
