// SPDX-License-Identifier: Apache-2.0
#include "host/survey/mends.hpp"

#include "support/catch.hpp"
#include "unit/host/survey/healthy_host.hpp"

using namespace oci;

TEST_CASE("a parameter with another value is replaced") {
    HostInfo host = test::healthy_host();
    host.kernel.command_line = "quiet systemd.unified_cgroup_hierarchy=0";
    CHECK(host::boot_with(host, "systemd.unified_cgroup_hierarchy=1") ==
          "sed -i 's/systemd.unified_cgroup_hierarchy=0/systemd.unified_cgroup_hierarchy=1/' "
          "/etc/default/grub && update-grub && reboot");
}

TEST_CASE("each distribution has its own words for the boot loader") {
    HostInfo host = test::healthy_host();
    host.distribution.family = DistributionFamily::Fedora;
    CHECK(host::boot_with(host, "a=1") == "grubby --update-kernel=ALL --args=\"a=1\" && reboot");
    host.distribution.family = DistributionFamily::Suse;
    CHECK(host::boot_with(host, "a=1").find("grub2-mkconfig") != std::string::npos);
    host.distribution.family = DistributionFamily::Unknown;
    CHECK(host::boot_with(host, "a=1") == "boot with a=1 on the kernel's command line");
}

TEST_CASE("without GRUB its file is not changed") {
    HostInfo host = test::healthy_host();
    host.distribution.has_grub = false;
    host.kernel.command_line = "a=0";
    CHECK(host::boot_with(host, "a=1") ==
          "boot with a=1 on the kernel's command line instead of a=0");
}
