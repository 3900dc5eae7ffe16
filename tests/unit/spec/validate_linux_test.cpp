// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

namespace {

std::string mapping(std::uint64_t container, std::uint64_t host, std::uint64_t size) {
    return "{\"containerID\":" + std::to_string(container) + ",\"hostID\":" + std::to_string(host) +
           ",\"size\":" + std::to_string(size) + "}";
}

/// A new user namespace with these uid mappings.
std::string mapped(const std::string& uids) {
    return refusal(with_linux(R"("namespaces":[{"type":"user"}],"uidMappings":[)" + uids +
                              "],\"gidMappings\":[" + mapping(0, 0, 1) + "]"));
}

std::string device(const std::string& members) {
    return refusal(with_linux("\"devices\":[{\"type\":\"c\"," + members + "}]"));
}

}  // namespace

TEST_CASE("a kind of namespace is given once") {
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"pid"},{"type":"uts"},{"type":"pid"}])")) ==
          "/linux/namespaces/2: pid is given twice");
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"pid"},{"type":"pid","path":"/x"}])")) ==
          "/linux/namespaces/1: pid is given twice");
}

TEST_CASE("the path of a namespace is absolute") {
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"pid","path":"proc/1/ns/pid"}])")) ==
          "/linux/namespaces/0/path: must be an absolute path");
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"pid","path":"/)" + std::string(4096, 'x') +
                             "\"}]")) == "/linux/namespaces/0/path: longer than 4096 bytes");
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"pid","path":""}])")) == "accepted");
}

TEST_CASE("mappings and a user namespace belong together") {
    const std::string one = "[" + mapping(0, 0, 1) + "]";
    CHECK(refusal(with_linux("\"uidMappings\":" + one)) ==
          "/linux/uidMappings: needs a user namespace");
    CHECK(refusal(with_linux("\"gidMappings\":" + one)) ==
          "/linux/gidMappings: needs a user namespace");
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"user"}])")) ==
          "/linux/uidMappings: a new user namespace needs it");
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"user"}],"uidMappings":)" + one)) ==
          "/linux/gidMappings: a new user namespace needs it");
    CHECK(mapped(mapping(0, 0, 1)) == "accepted");
}

TEST_CASE("a joined user namespace may come with mappings or without") {
    const std::string joined = R"("namespaces":[{"type":"user","path":"/proc/1/ns/user"}])";
    CHECK(refusal(with_linux(joined)) == "accepted");
    CHECK(refusal(with_linux(joined + ",\"uidMappings\":[" + mapping(0, 0, 1) + "]")) ==
          "accepted");
}

TEST_CASE("mappings are not empty, do not overlap, and stay in range") {
    CHECK(mapped(mapping(0, 1000, 10) + "," + mapping(10, 2000, 10)) == "accepted");
    CHECK(mapped(mapping(0, 0, 4294967295)) == "accepted");
    CHECK(mapped(mapping(0, 0, 0)) == "/linux/uidMappings/0/size: must be greater than zero");
    CHECK(mapped(mapping(0, 1000, 10) + "," + mapping(9, 2000, 10)) ==
          "/linux/uidMappings/1: overlaps entry 0");
    CHECK(mapped(mapping(0, 1000, 10) + "," + mapping(10, 1009, 1)) ==
          "/linux/uidMappings/1: overlaps entry 0");
    CHECK(mapped(mapping(1, 0, 4294967295)) ==
          "/linux/uidMappings/0: goes beyond the id 4294967294");
    CHECK(mapped(mapping(0, 4294967295, 1)) ==
          "/linux/uidMappings/0: goes beyond the id 4294967294");
}

TEST_CASE("a user namespace has at most 340 mappings") {
    const auto many = [](std::uint64_t count) {
        std::string list;
        for (std::uint64_t i = 0; i < count; ++i)
            list += (i == 0 ? "" : ",") + mapping(i, i + 1000, 1);
        return mapped(list);
    };
    CHECK(many(340) == "accepted");
    CHECK(many(341) == "/linux/uidMappings: more than 340 entries");
}

TEST_CASE("time offsets need a new time namespace") {
    const std::string offsets = R"("timeOffsets":{"boottime":{"secs":1,"nanosecs":0}})";
    const std::string refused = "/linux/timeOffsets: needs a new time namespace";
    CHECK(refusal(with_linux(offsets)) == refused);
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"time","path":"/x"}],)" + offsets)) ==
          refused);
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"time"}],)" + offsets)) == "accepted");
    CHECK(refusal(with_linux(R"("namespaces":[{"type":"time"}],
        "timeOffsets":{"monotonic":{"secs":1,"nanosecs":1000000000}})")) ==
          "/linux/timeOffsets/monotonic/nanosecs: must be less than 1000000000");
}

TEST_CASE("a device has an absolute path and numbers the kernel can hold") {
    CHECK(device(R"("path":"/dev/x","major":4095,"minor":1048575)") == "accepted");
    CHECK(device(R"("path":"dev/x","major":1,"minor":1)") ==
          "/linux/devices/0/path: must be an absolute path");
    CHECK(device(R"("path":"","major":1,"minor":1)") ==
          "/linux/devices/0/path: must be an absolute path");
    CHECK(device(R"("path":"/dev/x","major":4096,"minor":1)") ==
          "/linux/devices/0/major: must be at most 4095");
    CHECK(device(R"("path":"/dev/x","major":1,"minor":1048576)") ==
          "/linux/devices/0/minor: must be at most 1048575");
    CHECK(device(R"("path":"/dev/x","major":1,"minor":1,"fileMode":1000000)")
              .starts_with("/linux/devices/0/fileMode: "));
    CHECK(device(R"("path":"/dev/x","major":1,"minor":1,"uid":4294967295)") ==
          "/linux/devices/0/uid: must be at most 4294967294");
}

TEST_CASE("masked and readonly paths are absolute") {
    CHECK(refusal(with_linux(R"("maskedPaths":["/a","b"])"))
              .starts_with("/linux/maskedPaths/1: must be an absolute path"));
    CHECK(refusal(with_linux(R"("readonlyPaths":[""])"))
              .starts_with("/linux/readonlyPaths/0: must be an absolute path"));
}

TEST_CASE("a cgroups path does not climb") {
    for (const char* path : {"", "/a/b", "a/b", "a..b/c", "slice:prefix:name", "/a//b"}) {
        INFO(path);
        CHECK(refusal(with_linux("\"cgroupsPath\":\"" + std::string(path) + "\"")) == "accepted");
    }
    for (const char* path : {"..", "/..", "../a", "/a/../b", "a/..", "x:..:y", "a:b/../c:d"}) {
        INFO(path);
        CHECK(refusal(with_linux("\"cgroupsPath\":\"" + std::string(path) + "\"")) ==
              "/linux/cgroupsPath: must not contain \"..\"");
    }
    CHECK(refusal(with_linux(R"("cgroupsPath":"/a\nb")")) ==
          "/linux/cgroupsPath: contains a control character");
}

TEST_CASE("a sysctl has a key and a value of one line") {
    CHECK(refusal(with_linux(R"("sysctl":{"net.a":"1 2\t3"})")) == "accepted");
    CHECK(refusal(with_linux(R"("sysctl":{"":"1"})")) == "/linux/sysctl: a key must not be empty");
    CHECK(refusal(with_linux(R"("sysctl":{"net.a\nb":"1"})")) ==
          "/linux/sysctl/net.a\\x0ab: the key contains a control character");
    CHECK(refusal(with_linux(R"("sysctl":{"net.a":"1\n"})")) ==
          "/linux/sysctl/net.a: must be a single line");
}

TEST_CASE("a mount label is a single line") {
    CHECK(refusal(with_linux(R"("mountLabel":"a\nb")")) ==
          "/linux/mountLabel: contains a control character");
}
