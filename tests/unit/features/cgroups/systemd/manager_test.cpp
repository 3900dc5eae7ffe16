// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/manager.hpp"

#include <cstdlib>

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

TEST_CASE("a version is the number that its text begins with") {
    CHECK(version_in("252.22-1~deb12u1") == 252);
    CHECK(version_in("v244-1.fc32") == 244);
    CHECK(version_in("256~rc1") == 256);
    CHECK(version_in("239") == 239);
    CHECK(version_in("") == 0);
    CHECK(version_in("systemd 252") == 0);
    CHECK(version_in("99999999999999") == 0);
}

TEST_CASE("without a bus there is no manager, and the message says what does without") {
    ::setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
    ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
    const auto manager = Manager::reach(Whose::User);
    REQUIRE_FALSE(manager);
    CHECK(manager.error().kind == oci::ErrorKind::Unsupported);
    CHECK(manager.error().message.find("/nowhere/bus") != std::string::npos);
    CHECK(manager.error().hint.find("cgroupfs") != std::string::npos);
    ::unsetenv("XDG_RUNTIME_DIR");
    CHECK(Manager::reach(Whose::User).error().message.find("XDG_RUNTIME_DIR") != std::string::npos);
}
