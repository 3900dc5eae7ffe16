// SPDX-License-Identifier: Apache-2.0
#include "spec/validate.hpp"

#include "unit/spec/config_text.hpp"

using namespace oci::test;

namespace {

std::string version(const std::string& text) {
    return refusal(R"({"ociVersion":")" + text + R"(","root":{"path":"rootfs"}})");
}
std::string root(const std::string& path) {
    return refusal(R"({"ociVersion":"1.0.0","root":{"path":")" + path + R"("}})");
}
std::string mount(const std::string& members) {
    return refusal(config("\"mounts\":[{" + members + "}]"));
}
std::string hook(const std::string& members) {
    return refusal(config("\"hooks\":{\"createContainer\":[{" + members + "}]}"));
}

}  // namespace

TEST_CASE("the version is semantic, of major 1") {
    for (const char* text : {"1.0.0", "1.0.2-dev", "1.3.0", "1.99.0", "1.0.0-rc.1+build.5"}) {
        INFO(text);
        CHECK(version(text) == "accepted");
    }
    for (const char* text :
         {"invalid", "", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-a..b",
          "1.0.0+", "1.0.x", " 1.0.0", "2.0.0", "0.9.0", "-1.0.0", "1.0.0-\\u00e4"}) {
        INFO(text);
        CHECK(version(text).starts_with("/ociVersion: "));
    }
    CHECK(version("2.0.0") ==
          "/ociVersion: only version 1 of the specification is known (is \"2.0.0\")");
}

TEST_CASE("the root is neither the host's root nor above the bundle") {
    for (const char* path : {"rootfs", "/var/rootfs", "../other/rootfs", ".", "./rootfs"}) {
        INFO(path);
        CHECK(root(path) == "accepted");
    }
    for (const char* path : {"", "/", "//", "/.", "/..", "/a/..", "..", "../..", "./../"}) {
        INFO(path);
        CHECK(root(path).starts_with("/root/path: "));
    }
    CHECK(root(std::string(4097, 'a')) == "/root/path: longer than 4096 bytes");
}

TEST_CASE("a hostname needs a uts namespace, new or joined") {
    const std::string names = R"("hostname":"box","domainname":"example")";
    CHECK(refusal(config(R"("hostname":"box")")) == "/hostname: needs a uts namespace");
    CHECK(refusal(config(R"("domainname":"x")")) == "/domainname: needs a uts namespace");
    CHECK(refusal(config(R"("hostname":"","domainname":"")")) == "accepted");
    CHECK(refusal(config(names + R"(,"linux":{"namespaces":[{"type":"uts"}]})")) == "accepted");
    CHECK(refusal(config(names + R"(,"linux":{"namespaces":[{"type":"uts","path":"/x"}]})")) ==
          "accepted");
}

TEST_CASE("a hostname fits into the kernel's 64 bytes") {
    const auto named = [](const std::string& name) {
        return refusal(
            config("\"hostname\":\"" + name + R"(","linux":{"namespaces":[{"type":"uts"}]})"));
    };
    CHECK(named(std::string(64, 'a')) == "accepted");
    CHECK(named(std::string(65, 'a')) == "/hostname: longer than 64 bytes");
    CHECK(named("a\\nb") == "/hostname: contains a control character");
}

TEST_CASE("a mount goes to a place in the root, or over it") {
    CHECK(mount(R"("destination":"/a/../b")") == "accepted");
    CHECK(mount(R"("destination":"../../etc")") == "accepted");
    CHECK(mount(R"("destination":"")") == "/mounts/0/destination: is required");
    CHECK(mount(R"("destination":"/")") == "accepted");
    CHECK(mount("\"destination\":\"/" + std::string(4095, 'a') + "\"") == "accepted");
    CHECK(mount("\"destination\":\"/" + std::string(4096, 'a') + "\"") ==
          "/mounts/0/destination: longer than 4096 bytes");
}

TEST_CASE("id mappings of a mount come in pairs") {
    const std::string one = R"([{"containerID":0,"hostID":0,"size":1}])";
    CHECK(mount(R"("destination":"/a","uidMappings":)" + one) ==
          "/mounts/0/gidMappings: is missing: uidMappings and gidMappings go together");
    CHECK(mount(R"("destination":"/a","gidMappings":)" + one) ==
          "/mounts/0/uidMappings: is missing: uidMappings and gidMappings go together");
    CHECK(mount(R"("destination":"/a","uidMappings":)" + one + ",\"gidMappings\":" + one) ==
          "accepted");
    CHECK(mount(R"("destination":"/a","uidMappings":)" + one +
                R"(,"gidMappings":[{"containerID":0,"hostID":0,"size":0}])") ==
          "/mounts/0/gidMappings/0/size: must be greater than zero");
}

TEST_CASE("three thousand mounts are accepted, a hundred thousand and one are not") {
    const auto many = [](std::size_t count) {
        oci::Spec spec;
        spec.oci_version = "1.0.0";
        spec.root.path = "rootfs";
        oci::Mount entry;
        entry.destination = "/a";
        spec.mounts.assign(count, entry);
        oci::spec::Problems problems;
        oci::spec::validate(spec, problems);
        return problems.all().empty();
    };
    CHECK(many(3000));
    CHECK(many(100000));
    CHECK_FALSE(many(100001));
}

TEST_CASE("a hook has an absolute path and a timeout above zero") {
    CHECK(hook(R"("path":"/bin/true","timeout":1)") == "accepted");
    CHECK(hook(R"("path":"true")") == "/hooks/createContainer/0/path: must be an absolute path");
    CHECK(hook(R"("path":"")") == "/hooks/createContainer/0/path: must be an absolute path");
    CHECK(hook(R"("path":"/x","timeout":0)") ==
          "/hooks/createContainer/0/timeout: must be greater than zero");
    CHECK(hook(R"("path":"/x","timeout":-1)") ==
          "/hooks/createContainer/0/timeout: must be greater than zero");
    CHECK(hook(R"("path":"/x","env":["NOVALUE"])") ==
          "/hooks/createContainer/0/env/0: must have the form NAME=value");
}

TEST_CASE("annotations have a key and at most 64 KiB") {
    const auto annotation = [](const std::string& key, std::size_t size) {
        return refusal(
            config("\"annotations\":{\"" + key + "\":\"" + std::string(size, 'x') + "\"}"));
    };
    CHECK(annotation("", 1) == "/annotations: a key must not be empty");
    CHECK(annotation("a", 65536) == "accepted");
    CHECK(annotation("a", 65537) == "/annotations/a: longer than 65536 bytes");
}
