// SPDX-License-Identifier: Apache-2.0
#include "cli/print.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

namespace {

oci::State sample() {
    oci::State state;
    state.oci_version = "1.3.0";
    state.id = "box";
    state.status = oci::Status::Running;
    state.pid = 42;
    state.bundle = "/srv/box";
    state.rootfs = "/srv/box/rootfs";
    state.created = "2025-01-02T03:04:05.000000006Z";
    state.owner = "root";
    return state;
}

}  // namespace

TEST_CASE("state is indented JSON, annotations only if there are any") {
    oci::State state = sample();
    CHECK(oci::cli::state_json(state) == R"({
  "ociVersion": "1.3.0",
  "id": "box",
  "status": "running",
  "pid": 42,
  "bundle": "/srv/box",
  "rootfs": "/srv/box/rootfs",
  "created": "2025-01-02T03:04:05.000000006Z",
  "owner": "root"
}
)");
    state.annotations["a/b"] = "c";
    CHECK(nlohmann::json::parse(oci::cli::state_json(state))["annotations"]["a/b"] == "c");
    state.oom_kills = 2;
    CHECK(nlohmann::json::parse(oci::cli::state_json(state))["oomKills"] == 2);
}

TEST_CASE("what the kernel was asked is told with the state, a reason only for what is not so") {
    oci::State state = sample();
    state.device_filter = oci::DeviceFilter{.attached = true, .reason = "none"};
    state.oom_kills = 0;
    const auto told = nlohmann::json::parse(oci::cli::state_json(state));
    CHECK(told["deviceFilter"] == nlohmann::json{{"attached", true}});
    CHECK(told["oomKills"] == 0);
    state.device_filter->attached = false;
    CHECK(nlohmann::json::parse(oci::cli::state_json(state))["deviceFilter"]["reason"] == "none");
}

TEST_CASE("a stopped container has pid 0") {
    oci::State state = sample();
    state.status = oci::Status::Stopped;
    CHECK(nlohmann::json::parse(oci::cli::state_json(state))["pid"] == 0);
    CHECK(nlohmann::json::parse(oci::cli::list_json({state}))[0]["pid"] == 0);
    CHECK(oci::cli::list_table({state}).find(" 0 ") != std::string::npos);
}

TEST_CASE("a list without containers is null in JSON and a header in a table") {
    CHECK(oci::cli::list_json({}) == "null\n");
    CHECK(oci::cli::list_ids({}).empty());
    CHECK(oci::cli::list_table({}) ==
          "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
}

TEST_CASE("a list in JSON stands on one line") {
    const std::string text = oci::cli::list_json({sample(), sample()});
    CHECK(text.find('\n') == text.size() - 1);
    CHECK(nlohmann::json::parse(text).size() == 2);
}

TEST_CASE("columns are twelve wide or three more than the widest cell") {
    oci::State state = sample();
    state.id = "a-container-name";
    CHECK(oci::cli::list_table({state}) ==
          "ID                 PID         STATUS      BUNDLE      CREATED"
          "                          OWNER\n"
          "a-container-name   42          running     /srv/box    "
          "2025-01-02T03:04:05.000000006Z   root\n");
}

TEST_CASE("a path cannot drive the terminal that shows the list") {
    oci::State state = sample();
    state.bundle = "/srv/\x1b[2J";
    CHECK(oci::cli::list_table({state}).find('\x1b') == std::string::npos);
}

TEST_CASE("pids are a JSON array") {
    CHECK(oci::cli::pids_json({1, 2}) == "[1,2]\n");
    CHECK(oci::cli::pids_json({}) == "[]\n");
}

TEST_CASE("of ps the header and the lines of the container remain") {
    constexpr std::string_view printed =
        "UID          PID    PPID  C STIME TTY          TIME CMD\n"
        "root           1       0  0 10:00 ?        00:00:01 init 12\n"
        "root          12       1  0 10:00 ?        00:00:00 sleep 1\n";
    CHECK(oci::cli::filter_ps(printed, {12}) ==
          "UID          PID    PPID  C STIME TTY          TIME CMD\n"
          "root          12       1  0 10:00 ?        00:00:00 sleep 1\n");
    CHECK_FALSE(oci::cli::filter_ps("COMMAND\nsleep\n", {12}));
    CHECK_FALSE(oci::cli::filter_ps("", {12}));
}

TEST_CASE("features are the document of runtime-spec") {
    oci::Features features;
    features.oci_version_min = "1.0.0";
    features.oci_version_max = "1.3.0";
    features.hooks = {"prestart"};
    features.mount_options = {"ro", "rro"};
    features.namespaces = {"pid"};
    features.seccomp.enabled = true;
    features.seccomp.architectures = {"SCMP_ARCH_X86_64"};
    features.memory_policy = {.modes = {"MPOL_BIND"}, .flags = {"MPOL_F_STATIC_NODES"}};
    features.idmapped_mounts = true;
    features.intel_rdt = {.enabled = true, .schemata = true, .monitoring = true};
    features.net_devices = true;
    features.annotations["a"] = "b";
    features.potentially_unsafe_annotations = {"run.oci."};
    const std::string text = oci::cli::features_json(features);
    CHECK(text.starts_with("{\n    \"ociVersionMin\": \"1.0.0\""));
    const auto json = nlohmann::json::parse(text);
    CHECK(json["ociVersionMax"] == "1.3.0");
    CHECK(json["mountOptions"][1] == "rro");
    const auto& section = json["linux"];
    CHECK(section["namespaces"][0] == "pid");
    CHECK(section["cgroup"]["v1"] == false);
    CHECK(section["cgroup"]["v2"] == true);
    CHECK(section["seccomp"]["archs"][0] == "SCMP_ARCH_X86_64");
    CHECK(section["memoryPolicy"]["modes"][0] == "MPOL_BIND");
    CHECK(section["memoryPolicy"]["flags"][0] == "MPOL_F_STATIC_NODES");
    CHECK(section["mountExtensions"]["idmap"]["enabled"] == true);
    CHECK(section["intelRdt"]["schemata"] == true);
    CHECK(section["intelRdt"]["monitoring"] == true);
    CHECK(section["netDevices"]["enabled"] == true);
    CHECK(section["apparmor"]["enabled"] == false);
    CHECK(json["annotations"]["a"] == "b");
    CHECK(json["potentiallyUnsafeConfigAnnotations"][0] == "run.oci.");
}

TEST_CASE("the version begins with the name and has the version of the specification") {
    const std::string text = oci::cli::version_text({});
    CHECK(text.starts_with("oci-rt version "));
    CHECK(text.find("\nspec: 1.3.0\n") != std::string::npos);
    CHECK(text.find("libseccomp") == std::string::npos);
}
