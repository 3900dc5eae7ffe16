// SPDX-License-Identifier: Apache-2.0
#include "spec/examination.hpp"

#include "config_text.hpp"

namespace {

using oci::spec::examine;
using oci::test::config;
using oci::test::with_linux;
using oci::test::with_process;

std::string texts(const std::vector<oci::Error>& errors) {
    std::string all;
    for (const oci::Error& error : errors) all += error.message + "\n";
    return all;
}

TEST_CASE("everything wrong is found at once") {
    const auto found = examine(R"({"ociVersion":"2","root":{"path":7,"readonly":"x"},
        "process":{"cwd":"etc","args":[],"rlimits":[{"type":"RLIMIT_X","soft":2,"hard":1}]},
        "mounts":[{"options":["ro"]},{"destination":"/a","options":[1,2]},7],
        "linux":{"namespaces":[{"type":"netwrk"},{"path":"x"}],"rootfsPropagation":"x",
                 "resources":{"rdma":{"a":1},"pids":{}},
                 "seccomp":{"syscalls":[{"names":["x"],"action":"y"}]}}})");
    CHECK(texts(found.errors) ==
          R"(/root/path: must be a string (is 7)
/root/readonly: must be true or false (is a string)
/mounts/0/destination: is required
/mounts/1/options/0: must be a string (is 1)
/mounts/1/options/1: must be a string (is 2)
/mounts/2: must be an object (is 7)
/linux/namespaces/0/type: unknown value "netwrk" (did you mean "network"?)
/linux/namespaces/1/type: is required
/linux/resources/rdma/a: must be an object (is 1)
/linux/rootfsPropagation: unknown value "x" (known:  private rprivate slave rslave shared rshared unbindable runbindable)
/linux/seccomp/defaultAction: is required
/linux/seccomp/syscalls/0/action: unknown value "y" (known: SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP SCMP_ACT_ERRNO SCMP_ACT_TRACE SCMP_ACT_ALLOW SCMP_ACT_LOG SCMP_ACT_NOTIFY)
/ociVersion: must be a semantic version like 1.3.0 (is "2")
/process/args: must name a program to run
/process/cwd: must be an absolute path (is "etc")
/process/rlimits/0/type: unknown value "RLIMIT_X" (did you mean "RLIMIT_AS"?)
/process/rlimits/0/soft: must not be above hard (2 > 1)
/linux/namespaces/1/path: must be an absolute path
)");
}

TEST_CASE("a valid document has no errors and nothing unknown") {
    const auto found = examine(config());
    CHECK(texts(found.errors).empty());
    CHECK(found.unknown.empty());
    CHECK(found.foreign.empty());
    CHECK(found.spec);
}

TEST_CASE("a property that nobody asks for is unknown, and so is all in it") {
    const auto found = examine(with_process(R"("Terminal":true,"blue":{"red":1},
        "user":{"uid":0,"gid":0,"umsk":0})"));
    REQUIRE(found.unknown.size() == 3);
    CHECK(found.unknown[0].pointer == "/process/Terminal");
    CHECK(found.unknown[0].nearest == "terminal");
    CHECK(found.unknown[1].pointer == "/process/blue");
    CHECK(found.unknown[1].nearest.empty());
    CHECK(found.unknown[2].pointer == "/process/user/umsk");
    CHECK(found.unknown[2].nearest == "umask");
}

TEST_CASE("names of the user are not properties") {
    const auto found = examine(config(R"("annotations":{"a":"b"},
        "linux":{"sysctl":{"net.x":"1"},"namespaces":[{"type":"network"}],
                 "netDevices":{"eth0":{"name":"lan","nmae":1}},
                 "resources":{"unified":{"memory.high":"1"},"rdma":{"mlx5_0":{"hcaHandles":1}}}})"));
    CHECK(texts(found.errors).empty());
    REQUIRE(found.unknown.size() == 1);
    CHECK(found.unknown[0].pointer == "/linux/netDevices/eth0/nmae");
}

TEST_CASE("sections of other platforms are known and not for us") {
    const auto found = examine(config(R"("windows":{"layerFolders":[]},"vm":{},"solaris":{},
        "zos":{},"freebsd":{},"process":{"args":["a"],"cwd":"/","commandLine":"x",
        "user":{"username":"u"}})"));
    CHECK(texts(found.errors).empty());
    CHECK(found.unknown.empty());
    CHECK(found.foreign.size() == 7);
}

TEST_CASE("what is no JSON has one error and no spec") {
    const auto found = examine("{");
    CHECK(found.errors.size() == 1);
    CHECK_FALSE(found.spec);
}

}  // namespace
