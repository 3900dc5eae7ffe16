// SPDX-License-Identifier: Apache-2.0
#include "cli/environment.hpp"

#include "support/catch.hpp"

using oci::cli::default_root;
using oci::cli::listen_descriptors;

TEST_CASE("root of the machine keeps containers in one place, whatever the environment says") {
    CHECK(default_root(true, "/run/user/0") == "/run/oci-rt");
    CHECK(default_root(true, "") == "/run/oci-rt");
}

TEST_CASE("anyone else keeps containers below XDG_RUNTIME_DIR, if it is a path") {
    CHECK(default_root(false, "/run/user/1000") == "/run/user/1000/oci-rt");
    CHECK(default_root(false, "") == "/run/oci-rt");
    CHECK(default_root(false, "relative") == "/run/oci-rt");
}

TEST_CASE("descriptors of systemd count only if they are meant for this process") {
    CHECK(listen_descriptors("7", "2", 7) == 2);
    CHECK(listen_descriptors("8", "2", 7) == 0);
    CHECK(listen_descriptors("", "2", 7) == 0);
    CHECK(listen_descriptors("7", "", 7) == 0);
    CHECK(listen_descriptors("7", "-1", 7) == 0);
    CHECK(listen_descriptors("7", "2000000000", 7) == 0);
}

TEST_CASE("the cgroup driver is the one named, else systemd if asked for") {
    oci::cli::Globals globals;
    globals.root = "/r";
    CHECK(oci::cli::settings_of(globals).cgroup_driver == oci::CgroupDriver::Cgroupfs);
    globals.systemd_cgroup = true;
    CHECK(oci::cli::settings_of(globals).cgroup_driver == oci::CgroupDriver::Systemd);
    globals.cgroup_manager = "disabled";
    CHECK(oci::cli::settings_of(globals).cgroup_driver == oci::CgroupDriver::Disabled);
}

TEST_CASE("a root is made absolute") {
    oci::cli::Globals globals;
    globals.root = "/a/../b/";
    CHECK(oci::cli::settings_of(globals).root == "/b");
    globals.root = "relative";
    CHECK(oci::cli::settings_of(globals).root.starts_with('/'));
    CHECK(oci::cli::settings_of(globals).root.ends_with("/relative"));
}
