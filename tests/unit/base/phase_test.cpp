// SPDX-License-Identifier: Apache-2.0
#include "base/phase.hpp"

#include "base/explain.hpp"
#include "support/catch.hpp"

namespace {

using oci::ErrorKind;
using oci::fail;
using oci::in_phase;
using oci::Result;

TEST_CASE("an error learns where it happened, and the innermost place counts") {
    const Result<void> inner = in_phase("mounts", Result<void>{fail(ErrorKind::System, "no")});
    CHECK(inner.error().phase == "mounts");
    CHECK(in_phase("prepare", inner).error().phase == "mounts");
    CHECK(inner.error().message == "no");
}

TEST_CASE("success passes as it is") {
    CHECK(in_phase("plan", Result<void>{}));
    CHECK(in_phase("plan", Result<int>{7}).value() == 7);
}

}  // namespace
