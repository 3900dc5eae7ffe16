// SPDX-License-Identifier: Apache-2.0
#include "cli/print_info.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "unit/host/survey/healthy_host.hpp"

using namespace oci;

namespace {

Info example() {
    Info info{.host = test::healthy_host(), .findings = {}};
    info.findings.push_back(
        {Severity::Warning, "some-code", "", "something is missing", "mend it"});
    return info;
}

bool has_line(const std::string& text, std::string_view line) {
    const auto lines = split(text, '\n');
    return std::ranges::find(lines, line) != lines.end();
}

}  // namespace

TEST_CASE("the hint of a finding is a line of its own") {
    const std::string text = cli::info_text(example());
    CHECK(has_line(text, "warning  something is missing [some-code]"));
    CHECK(has_line(text, "   mend: mend it"));
    CHECK(text.find("amiss") == std::string::npos);
}

TEST_CASE("a host without findings is told so") {
    Info info = example();
    info.findings.clear();
    CHECK(has_line(cli::info_text(info), "Nothing is amiss."));
}

TEST_CASE("no line of the facts is longer than a terminal is wide") {
    Info info = example();
    info.findings.clear();
    for (int i = 0; i < 30; ++i)
        info.host.kernel.features.push_back({"feature", KernelNeed::Sometimes, true, "detail"});
    for (const std::string_view line : split(cli::info_text(info), '\n')) CHECK(line.size() <= 90);
}

TEST_CASE("what the host says cannot drive the terminal") {
    Info info = example();
    info.host.cgroup.own = "/\x1b[2J";
    CHECK(cli::info_text(info).find('\x1b') == std::string::npos);
}

TEST_CASE("as JSON, everything has its documented name") {
    const auto json = nlohmann::json::parse(cli::info_json(example()));
    for (const char* name :
         {"distribution", "user", "stateRoot", "kernel", "cgroup", "systemd", "userNamespaces",
          "subordinateIds", "seccomp", "security", "criu", "resctrl", "findings"})
        CHECK(json.contains(name));
    CHECK(json["kernel"]["features"]["openat2"]["required"] == true);
    CHECK(json["cgroup"]["layout"] == "unified");
    CHECK(json["userNamespaces"]["unprivileged"].is_null());
    CHECK(json["subordinateIds"]["uids"][0]["first"] == 100000);
    CHECK(json["findings"][0] == nlohmann::json{{"severity", "warning"},
                                                {"code", "some-code"},
                                                {"pointer", ""},
                                                {"message", "something is missing"},
                                                {"hint", "mend it"}});
}
