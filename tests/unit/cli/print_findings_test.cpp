// SPDX-License-Identifier: Apache-2.0
#include "cli/print_findings.hpp"

#include "support/catch.hpp"

namespace {

using oci::Finding;
using oci::Severity;

const Finding with_hint{Severity::Error, "source-missing", "/mounts/0/source", "/a is not there",
                        "mkdir -p /a"};
const Finding plain{Severity::Info, "deprecated", "", "it is old", ""};

TEST_CASE("a finding is a line, and its hint one more") {
    CHECK(oci::cli::finding_text(with_hint) ==
          "error    /mounts/0/source: /a is not there [source-missing]\n   mend: mkdir -p /a\n");
    CHECK(oci::cli::finding_text(plain) == "info     it is old [deprecated]\n");
}

TEST_CASE("the sum stands at the end") {
    const Finding warning{Severity::Warning, "x", "/a", "b", ""};
    CHECK(oci::cli::findings_text({}) == "0 errors, 0 warnings\n");
    CHECK(oci::cli::findings_text({with_hint, warning, warning, plain})
              .ends_with("\n1 error, 2 warnings\n"));
}

TEST_CASE("no finding drives a terminal") {
    const Finding hostile{Severity::Error, "x", "/a\x1b[2J", "b\nc", "d\re"};
    const std::string text = oci::cli::finding_text(hostile);
    CHECK(text == "error    /a\\x1b[2J: b\\x0ac [x]\n   mend: d\\x0de\n");
}

TEST_CASE("as JSON every finding has every member") {
    const std::string json = oci::cli::findings_json({with_hint, plain});
    CHECK(json.find(R"("valid": false)") != std::string::npos);
    CHECK(json.find(R"("errors": 1)") != std::string::npos);
    CHECK(json.find(R"("warnings": 0)") != std::string::npos);
    CHECK(json.find(R"("pointer": "",)") != std::string::npos);
    CHECK(json.find(R"("hint": "mkdir -p /a")") != std::string::npos);
    CHECK(oci::cli::findings_json({plain}).find(R"("valid": true)") != std::string::npos);
}

}  // namespace
