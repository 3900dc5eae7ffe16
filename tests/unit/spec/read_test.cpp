// SPDX-License-Identifier: Apache-2.0
#include "spec/read.hpp"

#include "unit/spec/config_text.hpp"
#include "unit/spec/docker_config.hpp"

using namespace oci::test;
using oci::spec::read;
using oci::spec::read_process;
using oci::spec::read_resources;

TEST_CASE("Docker's config.json is read whole") {
    const oci::Spec spec = accepted(docker_config);
    CHECK(spec.process->user.additional_gids == std::vector<std::uint32_t>{0, 10});
    CHECK(spec.process->console_size.width == 80);
    CHECK(spec.process->capabilities.bounding.size() == 14);
    CHECK(spec.process->capabilities.inheritable.empty());
    CHECK(spec.process->oom_score_adj == 0);
    CHECK(spec.process->apparmor_profile == "docker-default");
    CHECK(spec.mounts.size() == 10);
    CHECK(spec.mounts[2].options.back() == "gid=5");
    CHECK(spec.hooks.prestart.at(0).args.at(0) == "libnetwork-setkey");
    const oci::Linux& section = spec.linux_section;
    CHECK(section.namespaces.size() == 7);
    CHECK(section.cgroups_path == "system.slice:docker:3f2a91c0d7be");
    CHECK(section.sysctl.at(1).second == "0 2147483647");
    REQUIRE(section.seccomp);
    CHECK(section.seccomp->rules.size() == 7);
    CHECK(section.seccomp->rules[6].names.size() > 300);
    CHECK_FALSE(section.seccomp->flags);
}

TEST_CASE("Docker's explicit zeros mean unset") {
    const oci::Resources resources = accepted(docker_config).linux_section.resources;
    CHECK(resources.memory.limit == 67108864);
    CHECK(resources.memory.swap == 134217728);
    CHECK(resources.pids_limit == -1);
    CHECK_FALSE(resources.cpu.shares);
    CHECK_FALSE(resources.cpu.quota);
    CHECK_FALSE(resources.cpu.period);
    CHECK_FALSE(resources.block_io.weight);
    CHECK(resources.ignored.empty());
    REQUIRE(resources.devices);
    CHECK(resources.devices->size() == 8);
    CHECK(resources.devices->front().type == 'a');
    CHECK_FALSE(resources.devices->back().allow);
}

TEST_CASE("the least config has an ociVersion and a root") {
    const oci::Spec spec = accepted(config());
    CHECK_FALSE(spec.process);
    CHECK(spec.linux_section.namespaces.empty());
    CHECK(refusal("{}") == "/ociVersion: is required");
    CHECK(refusal(R"({"ociVersion":"1.0.0"})") == "/root/path: is required");
}

TEST_CASE("unknown properties and other platforms are ignored") {
    CHECK(refusal(config(R"("future":{"a":[1.5,null]},"windows":{"x":1},"solaris":{},"zos":7,
        "vm":"x","freebsd":[])")) == "accepted");
    CHECK(refusal(with_process(R"("commandLine":"x","future":1)")) == "accepted");
}

TEST_CASE("null stands for absent") {
    CHECK(refusal(config(R"("process":null,"mounts":null,"hooks":null,"annotations":null,
        "linux":null,"hostname":null)")) == "accepted");
    CHECK_FALSE(accepted(config(R"("process":null)")).process);
    CHECK(refusal(with_linux(R"("seccomp":null,"resources":null,"namespaces":null,
        "intelRdt":null)")) == "accepted");
    CHECK_FALSE(accepted(with_linux(R"("seccomp":null)")).linux_section.seccomp);
}

TEST_CASE("a section of the wrong type is refused") {
    CHECK(refusal(config(R"("process":"x")")) == "/process: must be an object (is a string)");
    CHECK(refusal(config(R"("linux":[])")) == "/linux: must be an object (is an array)");
    CHECK(refusal(config(R"("mounts":{})")) ==
          "/mounts: must be an array of objects (is an object)");
    CHECK(refusal(config(R"("hostname":7)")) == "/hostname: must be a string (is 7)");
    CHECK(refusal(config(R"("annotations":{"a":1})")) == "/annotations/a: must be a string (is 1)");
}

TEST_CASE("keys are compared exactly") {
    CHECK(refusal(config(R"("process":{"cwd":"/","Args":["sh"]})")) ==
          "/process/args: must name a program to run");
    CHECK(
        accepted(config(R"("process":{"cwd":"/","args":["sh"],"Args":["evil"]})")).process->args ==
        std::vector<std::string>{"sh"});
}

TEST_CASE("what is no strict JSON is no config") {
    CHECK(refusal("") != "accepted");
    CHECK(refusal("null") != "accepted");
    CHECK(refusal("[" + config() + "]") != "accepted");
    CHECK(refusal(config() + "x") != "accepted");
    CHECK(refusal("\xEF\xBB\xBF" + config()) != "accepted");
    CHECK(refusal(config(R"("ociVersion":"1.0.0")")) ==
          "/ociVersion: the key occurs twice in its object");
    CHECK(refusal(config(R"("hostname":"a\u0000b")")) == "/hostname: must not contain U+0000");
    CHECK(refusal(config(R"("x":["\ud800"])")) != "accepted");
}

TEST_CASE("annotations are read") {
    CHECK(accepted(config(R"("annotations":{"b":"2","a":""})")).annotations ==
          std::map<std::string, std::string>{{"a", ""}, {"b", "2"}});
}

TEST_CASE("every error of the config is of the kind InvalidConfig") {
    for (const std::string& text : {std::string("{"), config(R"("mounts":1)"), std::string("{}")})
        CHECK(read(text).error().kind == oci::ErrorKind::InvalidConfig);
}

TEST_CASE("a process file keeps the container's user, capabilities and labels") {
    oci::Process container;
    container.user.uid = 7;
    container.capabilities.bounding = {"CAP_KILL"};
    container.apparmor_profile = "profile";
    container.selinux_label = "label";
    container.env = {"A=1"};
    container.no_new_privileges = true;

    const auto process = read_process(R"({"args":["id"],"cwd":"/tmp"})", container);
    REQUIRE(process);
    CHECK(process.value().user.uid == 7);
    CHECK(process.value().capabilities.bounding == std::vector<std::string>{"CAP_KILL"});
    CHECK(process.value().apparmor_profile == "profile");
    CHECK(process.value().selinux_label == "label");
    CHECK(process.value().env.empty());
    CHECK_FALSE(process.value().no_new_privileges);

    const auto own = read_process(
        R"({"args":["id"],"cwd":"/","user":{"uid":1,"gid":2},"capabilities":{},
            "apparmorProfile":"","selinuxLabel":"own"})",
        container);
    REQUIRE(own);
    CHECK(own.value().user.uid == 1);
    CHECK(own.value().capabilities.bounding.empty());
    CHECK(own.value().apparmor_profile.empty());
    CHECK(own.value().selinux_label == "own");
}

TEST_CASE("a process file is validated, with pointers of its own") {
    CHECK(read_process(R"({"args":["id"]})", {}).error().message ==
          "/cwd: is required, and must be absolute");
    CHECK(read_process(R"({"cwd":"/"})", {}).error().message ==
          "/args: must name a program to run");
    CHECK(read_process(R"({"cwd":"/","args":"id"})", {}).error().message ==
          "/args: must be an array of strings (is a string)");
    CHECK_FALSE(read_process("[]", {}));
}

TEST_CASE("a resources file is the content of /linux/resources") {
    const auto resources =
        read_resources(R"({"memory":{"limit":-1,"swappiness":10},"pids":{"limit":0}})");
    REQUIRE(resources);
    CHECK(resources.value().memory.limit == -1);
    CHECK(resources.value().pids_limit == 0);
    CHECK(resources.value().ignored == std::vector<std::string>{"/memory/swappiness"});
    CHECK(read_resources("{}"));
    CHECK(read_resources(R"({"cpu":7})").error().message == "/cpu: must be an object (is 7)");
    CHECK(read_resources(R"({"unified":{"x":"1"}})").error().message.starts_with("/unified: "));
}
