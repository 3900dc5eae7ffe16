// SPDX-License-Identifier: Apache-2.0
#include "host/survey/system.hpp"

#include "host/survey/program_version.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;

TEST_CASE("a distribution is known by its id, or by what it is like") {
    const auto debian = host::distribution_in("PRETTY_NAME=\"Debian 12\"\nID=debian\n");
    CHECK(debian.name == "Debian 12");
    CHECK(debian.family == DistributionFamily::Debian);
    const auto alma = host::distribution_in("ID='almalinux'\nID_LIKE=\"rhel centos fedora\"\n");
    CHECK(alma.family == DistributionFamily::Fedora);
    CHECK(host::distribution_in("ID=arch").family == DistributionFamily::Arch);
    CHECK(host::distribution_in("ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n").family ==
          DistributionFamily::Suse);
    CHECK(host::distribution_in("NAME=x").family == DistributionFamily::Unknown);
    CHECK(host::distribution_in("PRETTY_NAME=\"a\x1b[2Jb\"").name == "a\\x1b[2Jb");
}

TEST_CASE("resctrl is where it is mounted") {
    CHECK(host::resctrl_in("31 1 0:9 / /sys/fs/resctrl rw - resctrl resctrl rw\n") ==
          "/sys/fs/resctrl");
    CHECK(host::resctrl_in("31 1 0:9 / /resctrl rw - tmpfs resctrl rw\n").empty());
}

TEST_CASE("a version is the first word with a dot that begins with a digit") {
    CHECK(host::version_in("Version: 3.17.1\nGitID: v3.17.1\n") == "3.17.1");
    CHECK(host::version_in("criu 4.0").compare("4.0") == 0);
    CHECK(host::version_in("no version, 5 words at all").empty());
    CHECK(host::version_in("").empty());
}

TEST_CASE("systemd tells its version by the name of its library") {
    const test::TemporaryDirectory tree;
    tree.write("run/systemd/system/x", "");
    tree.write("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so", "");
    const UniqueFd root = tree.open();
    const SystemdInfo systemd = host::survey_systemd(root, {.uid = 1000}, "x86_64");
    CHECK(systemd.running);
    CHECK(systemd.version == "252");
    CHECK(systemd.user_bus.empty());
}

TEST_CASE("a host without anything has nothing") {
    const test::TemporaryDirectory tree;
    const UniqueFd root = tree.open();
    CHECK_FALSE(host::survey_systemd(root, {}, "x86_64").running);
    CHECK_FALSE(host::survey_seccomp(root).available);
    CHECK_FALSE(host::survey_security(root).selinux);
    CHECK_FALSE(host::survey_resctrl(root).supported);
    CHECK_FALSE(host::survey_distribution(root).has_grub);
    CHECK(host::survey_program(root, "criu").path.empty());
}

TEST_CASE("seccomp and the security modules are as the kernel says") {
    const test::TemporaryDirectory tree;
    tree.write("proc/self/status", "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n");
    tree.write("proc/sys/kernel/seccomp/actions_avail", "kill_process allow\n");
    tree.write("sys/kernel/security/lsm", "lockdown,capability,selinux");
    tree.write("sys/fs/selinux/enforce", "1");
    tree.write("sys/module/apparmor/parameters/enabled", "N\n");
    const UniqueFd root = tree.open();
    const SeccompInfo seccomp = host::survey_seccomp(root);
    CHECK(seccomp.available);
    CHECK(seccomp.confined);
    CHECK(seccomp.actions == std::vector<std::string>{"kill_process", "allow"});
    const SecurityInfo security = host::survey_security(root);
    CHECK(security.modules == std::vector<std::string>{"lockdown", "capability", "selinux"});
    CHECK(security.selinux_enforcing);
    CHECK_FALSE(security.apparmor);
}

TEST_CASE("a state directory that is not there is judged by where it would be made") {
    const test::TemporaryDirectory tree;
    tree.write("run/x", "");
    const UniqueFd root = tree.open();
    const StateRootInfo state = host::survey_state_root(root, "/run/oci-rt/deep");
    CHECK(state.writable);
    CHECK(state.path == "/run/oci-rt/deep");
    const StateRootInfo below_a_file = host::survey_state_root(root, "/run/x/below");
    CHECK_FALSE(below_a_file.writable);
    CHECK(below_a_file.detail == "/run/x: permission denied");
}
