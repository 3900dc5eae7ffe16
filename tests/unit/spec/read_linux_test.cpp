// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;
using oci::NamespaceKind;
using oci::Propagation;

TEST_CASE("all eight kinds of namespaces are known") {
    const oci::Spec spec = accepted(with_linux(R"("namespaces":[{"type":"pid"},{"type":"network",
        "path":"/run/netns/x"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"user",
        "path":"/proc/1/ns/user"},{"type":"cgroup"},{"type":"time"}])"));
    CHECK(spec.linux_section.namespaces.size() == 8);
    CHECK(oci::find_namespace(spec, NamespaceKind::Network)->path == "/run/netns/x");
    CHECK(oci::find_namespace(spec, NamespaceKind::Pid)->path.empty());
}

TEST_CASE("an unknown kind of namespace is refused with a hint") {
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"netwrk"}])")) ==
          "/linux/namespaces/0/type: unknown value \"netwrk\" (did you mean \"network\"?)");
    CHECK(refusal(with_linux(R"("namespaces":[{"path":"/x"}])")) ==
          "/linux/namespaces/0/type: is required");
}

TEST_CASE("time offsets are read clock by clock") {
    const oci::Linux section = accepted(with_linux(R"("namespaces":[{"type":"time"}],
        "timeOffsets":{"monotonic":{"secs":-5,"nanosecs":7},"boottime":{"secs":9}})"))
                                   .linux_section;
    CHECK(section.monotonic_offset->seconds == -5);
    CHECK(section.monotonic_offset->nanoseconds == 7);
    CHECK(section.boottime_offset->seconds == 9);
    CHECK(refusal(with_linux(R"("timeOffsets":{"realtime":{"secs":1}})")) ==
          "/linux/timeOffsets/realtime: unknown clock (known: monotonic boottime)");
    CHECK(refusal(with_linux(R"("timeOffsets":{})")) == "accepted");
}

TEST_CASE("devices are read with their numbers and modes") {
    const auto devices = accepted(with_linux(R"("devices":[
        {"type":"c","path":"/dev/fuse","major":10,"minor":229,"fileMode":438,"uid":1,"gid":2},
        {"type":"u","path":"/dev/u","major":1,"minor":3},
        {"type":"b","path":"/dev/b","major":8,"minor":0,"fileMode":25008},
        {"type":"p","path":"/dev/p","major":-1,"minor":-1}])"))
                             .linux_section.devices;
    REQUIRE(devices.size() == 4);
    CHECK(devices[0].major == 10);
    CHECK(devices[0].minor == 229);
    CHECK(devices[0].file_mode == 0666);
    CHECK(devices[0].gid == 2);
    CHECK(devices[1].type == 'c');
    CHECK(devices[1].file_mode == 0666);
    CHECK(devices[2].file_mode == 0660);  // 060660 without the type of the file
    CHECK(devices[3].type == 'p');
    CHECK(devices[3].major == 0);
}

TEST_CASE("a device that is no FIFO needs its numbers") {
    CHECK(refusal(with_linux(R"("devices":[{"type":"c","path":"/dev/x","minor":0}])")) ==
          "/linux/devices/0/major: is required");
    CHECK(refusal(with_linux(R"("devices":[{"type":"b","path":"/dev/x","major":1}])")) ==
          "/linux/devices/0/minor: is required");
    CHECK(refusal(with_linux(R"("devices":[{"type":"x","path":"/dev/x"}])"))
              .starts_with("/linux/devices/0/type: unknown value \"x\""));
    CHECK(refusal(with_linux(R"("devices":[{"type":"p"}])")) ==
          "/linux/devices/0/path: is required");
}

TEST_CASE("the propagation of the rootfs may be recursive") {
    const auto read = [](const std::string& word) {
        return accepted(with_linux(R"("rootfsPropagation":")" + word + "\"")).linux_section;
    };
    CHECK(read("").rootfs_propagation == Propagation::Unset);
    CHECK(read("shared").rootfs_propagation == Propagation::Shared);
    CHECK_FALSE(read("shared").rootfs_propagation_recursive);
    CHECK(read("rslave").rootfs_propagation == Propagation::Slave);
    CHECK(read("rslave").rootfs_propagation_recursive);
    CHECK(read("private").rootfs_propagation == Propagation::Private);
    CHECK(read("runbindable").rootfs_propagation == Propagation::Unbindable);
    CHECK(refusal(with_linux(R"("rootfsPropagation":"sharde")")) ==
          "/linux/rootfsPropagation: unknown value \"sharde\" (did you mean \"shared\"?)");
}

TEST_CASE("paths, labels and sysctls are read") {
    const oci::Linux section = accepted(with_linux(R"("maskedPaths":["/proc/kcore"],
        "readonlyPaths":["/proc/sys"],"mountLabel":"label","cgroupsPath":"/a/b",
        "sysctl":{"net.core.somaxconn":"1024","kernel.msgmax":"1"})"))
                                   .linux_section;
    CHECK(section.masked_paths == std::vector<std::string>{"/proc/kcore"});
    CHECK(section.readonly_paths == std::vector<std::string>{"/proc/sys"});
    CHECK(section.mount_label == "label");
    CHECK(section.cgroups_path == "/a/b");
    CHECK(section.sysctl.at(0).first == "net.core.somaxconn");
    CHECK(section.sysctl.at(1).second == "1");
    CHECK(refusal(with_linux(R"("sysctl":{"a.b":1})")) ==
          "/linux/sysctl/a.b: must be a string (is 1)");
}

TEST_CASE("a personality is a domain without flags") {
    const auto domain = [](const char* name) {
        return with_linux(std::string(R"("personality":{"domain":")") + name + "\"}");
    };
    CHECK(accepted(domain("LINUX32")).linux_section.personality == oci::PersonalityDomain::Linux32);
    CHECK(accepted(with_linux(R"("personality":null)")).linux_section.personality == std::nullopt);
    CHECK(refusal(domain("LINUX64")).starts_with("/linux/personality/domain: unknown value"));
    CHECK(refusal(with_linux(R"("personality":{})")) == "/linux/personality/domain: is required");
    CHECK(refusal(with_linux(R"("personality":{"domain":"LINUX","flags":["X"]})")) ==
          "/linux/personality/flags: the specification defines no flags");
}

TEST_CASE("network devices are read by their names") {
    const auto section = accepted(with_linux(R"("namespaces":[{"type":"network"}],)"
                                             R"("netDevices":{"eth0":{"name":"lan%d"},"eth1":{}})"))
                             .linux_section;
    REQUIRE(section.net_devices.size() == 2);
    CHECK(section.net_devices[0].host_name == "eth0");
    CHECK(section.net_devices[0].name == "lan%d");
    CHECK(section.net_devices[1].name.empty());
    CHECK(refusal(with_linux(R"("netDevices":{})")) == "accepted");
    CHECK(refusal(with_linux(R"("netDevices":{"eth0":1})")) ==
          "/linux/netDevices/eth0: must be an object (is 1)");
}

TEST_CASE("cache and bandwidth are read") {
    const auto section = accepted(with_linux(R"("intelRdt":{"closID":"gold","schemata":["L3:0=f"],
        "l3CacheSchema":"L3:0=f","memBwSchema":"MB:0=50","enableMonitoring":true})"))
                             .linux_section;
    REQUIRE(section.intel_rdt);
    CHECK(section.intel_rdt->clos_id == "gold");
    CHECK(section.intel_rdt->schemata == std::vector<std::string>{"L3:0=f"});
    CHECK(section.intel_rdt->enable_monitoring);
}
