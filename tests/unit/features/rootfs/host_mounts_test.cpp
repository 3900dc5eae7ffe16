// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/host_mounts.hpp"

#include "support/catch.hpp"

TEST_CASE("procfs and sysfs of the host are found, the innermost first") {
    constexpr const char* text =
        "22 1 0:20 / /sys rw shared:7 - sysfs sysfs rw\n"
        "23 1 0:21 / /proc rw - proc proc rw\n"
        "24 1 0:21 / /a\\040b/proc rw - proc proc rw\n"
        "25 1 0:22 / /bundle/rootfs/proc rw - proc proc rw\n"
        "26 1 8:1 / /home rw - ext4 /dev/sda1 rw\n"
        "torn line\n";
    CHECK(oci::rootfs::kernel_filesystems_in(text, "/bundle/rootfs") ==
          std::vector<std::string>{"/a b/proc", "/proc", "/sys"});
}
