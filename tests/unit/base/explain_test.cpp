// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"

#include "support/catch.hpp"

using oci::ErrorKind;

TEST_CASE("an error about a document knows its place") {
    const oci::Failure<oci::Error> failure =
        oci::fail(ErrorKind::InvalidConfig, "{}/cwd: must be absolute", "/process");
    CHECK(failure.error.pointer == "/process/cwd");
    CHECK(oci::pointer_in(ErrorKind::InvalidConfig, "unexpected argument: /a") == "");
    CHECK(oci::pointer_in(ErrorKind::System, "/dev/null: no such file") == "");
}

TEST_CASE("what was being done leaves the place as it was") {
    oci::Result<void> inner = oci::fail(ErrorKind::Unsupported, "/linux/intelRdt: not here");
    const oci::Result<void> outer = oci::explain(std::move(inner), "bundle {}", "/b");
    CHECK(outer.error().message == "bundle /b: /linux/intelRdt: not here");
    CHECK(outer.error().pointer == "/linux/intelRdt");
}

TEST_CASE("a place in front of what was being done is one if we wrote it so") {
    const auto failed = [] {
        return oci::Result<void>{oci::fail(ErrorKind::System, "open: no such file")};
    };
    CHECK(oci::explain(failed(), "/mounts/{}/source: cannot open {}", 3, "/x: y").error().pointer ==
          "/mounts/3/source");
    CHECK(oci::explain(failed(), "/mounts/{}", 3).error().pointer == "/mounts/3");
    CHECK(oci::explain(failed(), "{}: cannot open", "/mounts/3").error().pointer.empty());
}

TEST_CASE("the document as a whole has no pointer") {
    CHECK(oci::pointer_in(ErrorKind::InvalidConfig, "/: must be an object").empty());
}
