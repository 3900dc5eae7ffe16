// SPDX-License-Identifier: Apache-2.0
#include "config_text.hpp"

namespace {

using oci::test::refusal;
using oci::test::with_linux;

std::string policy(const std::string& members) {
    return refusal(with_linux(R"("memoryPolicy":{)" + members + "}"));
}

TEST_CASE("a memory policy has the nodes that its mode takes") {
    CHECK(policy(R"("mode":"MPOL_BIND","nodes":"0")") == "accepted");
    CHECK(policy(R"("mode":"MPOL_DEFAULT")") == "accepted");
    CHECK(policy(R"("mode":"MPOL_PREFERRED")") == "accepted");
    CHECK(policy(R"("mode":"MPOL_BIND")") ==
          "/linux/memoryPolicy/nodes: MPOL_BIND mode requires at least 1 node but got 0");
    CHECK(policy(R"("mode":"MPOL_LOCAL","nodes":"0-1")") ==
          "/linux/memoryPolicy/nodes: MPOL_LOCAL mode requires 0 nodes but got 2");
    CHECK(policy(R"("mode":"MPOL_BIND","nodes":"x")")
              .starts_with("/linux/memoryPolicy/nodes: invalid memory policy node list \"x\""));
    CHECK(policy(R"("mode":"bind","nodes":"0")")
              .starts_with("/linux/memoryPolicy/mode: invalid memory policy mode: unknown value "
                           "\"bind\""));
    CHECK(policy(R"("nodes":"0")") ==
          "/linux/memoryPolicy/mode: invalid memory policy mode: is required");
}

TEST_CASE("the flags of a memory policy fit its mode") {
    const std::string bind = R"("mode":"MPOL_BIND","nodes":"0","flags":)";
    CHECK(policy(bind + R"(["MPOL_F_NUMA_BALANCING","MPOL_F_STATIC_NODES"])") == "accepted");
    CHECK(policy(bind + R"(["MPOL_F_RELATIVE_NODES","MPOL_F_STATIC_NODES"])") ==
          "/linux/memoryPolicy/flags: invalid memory policy flag: MPOL_F_RELATIVE_NODES and "
          "MPOL_F_STATIC_NODES exclude each other");
    CHECK(policy(R"("mode":"MPOL_INTERLEAVE","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"])") ==
          "/linux/memoryPolicy/flags: invalid memory policy flag: MPOL_F_NUMA_BALANCING is for "
          "MPOL_BIND and MPOL_PREFERRED_MANY only");
    CHECK(policy(R"("mode":"MPOL_PREFERRED_MANY","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"])") ==
          "accepted");
    CHECK(policy(bind + R"(["MPOL_F_NONE"])")
              .starts_with("/linux/memoryPolicy/flags/0: invalid memory policy flag: "));
    CHECK(policy(R"("mode":"MPOL_DEFAULT","flags":["MPOL_F_STATIC_NODES"])") ==
          "/linux/memoryPolicy/flags: invalid memory policy flag: MPOL_DEFAULT without nodes takes "
          "none");
    CHECK(policy(R"("mode":"MPOL_PREFERRED","flags":["MPOL_F_STATIC_NODES"])")
              .starts_with("/linux/memoryPolicy/flags: invalid memory policy flag: "));
}

std::string devices(const std::string& members) {
    return refusal(
        with_linux(R"("namespaces":[{"type":"network"}],"netDevices":{)" + members + "}"));
}

TEST_CASE("a network device has a name that the kernel takes") {
    CHECK(devices(R"("eth0":{"name":"lan%d"},"eth1":{"name":"lan%d"},"a.b":{})") == "accepted");
    for (const char* name : {"sixteen-letters1", "..", "a/b", "a:b", "a b", "%s", "%d%d", "100%"}) {
        INFO(name);
        CHECK(devices(std::string(R"("eth0":{"name":")") + name + "\"}")
                  .starts_with("/linux/netDevices/eth0/name: \""));
    }
    CHECK(devices(R"("a b":{})") == "/linux/netDevices/a b: is no name of a network device");
    CHECK(devices(R"("eth0":{"name":"a"},"a":{})") ==
          "/linux/netDevices/a/name: \"a\" is given twice");
}

TEST_CASE("network devices need a network namespace") {
    CHECK(refusal(with_linux(R"("netDevices":{"eth0":{}})")) ==
          "/linux/netDevices: needs a network namespace, and /linux/namespaces has none");
}

TEST_CASE("a class of service is a directory of resctrl") {
    const auto clos = [](const std::string& id) {
        return refusal(with_linux(R"("intelRdt":{"closID":")" + id + "\"}"));
    };
    CHECK(clos("/") == "accepted");
    CHECK(clos("gold") == "accepted");
    CHECK(clos("") == "accepted");
    for (const char* id : {"a/b", "..", ".", "info", "mon_groups", "/gold", "a\\n"}) {
        INFO(id);
        CHECK(clos(id).starts_with("/linux/intelRdt/closID: must be"));
    }
    CHECK(refusal(with_linux(R"("intelRdt":{"schemata":["L3:0=f\nMB:0=1"]})")) ==
          "/linux/intelRdt/schemata/0: must be one line that is not empty");
    CHECK(refusal(with_linux(R"("intelRdt":{"l3CacheSchema":"L3CODE:0=f\nL3DATA:0=f"})")) ==
          "accepted");
    CHECK(refusal(with_linux(R"("intelRdt":{"memBwSchema":"MB:0=1\t"})")) ==
          "/linux/intelRdt/memBwSchema: contains a control character");
}

}  // namespace
