// SPDX-License-Identifier: Apache-2.0
#include "spec/presets.hpp"

#include "support/catch.hpp"

TEST_CASE("three engines and none have presets") {
    for (const std::string_view name : {"", "docker", "podman", "kubernetes"}) {
        const auto preset = oci::spec::find_preset(name);
        REQUIRE(preset);
        CHECK(preset.value()->name == name);
    }
}

TEST_CASE("only presets of engines filter system calls") {
    using oci::spec::DefaultProfile;
    CHECK(oci::spec::find_preset("").value()->seccomp == DefaultProfile::None);
    CHECK(oci::spec::find_preset("docker").value()->seccomp == DefaultProfile::Docker);
    CHECK(oci::spec::find_preset("kubernetes").value()->seccomp == DefaultProfile::Docker);
    CHECK(oci::spec::find_preset("podman").value()->seccomp == DefaultProfile::Podman);
}

TEST_CASE("an unknown preset is refused with a proposal") {
    const auto preset = oci::spec::find_preset("dokcer");
    REQUIRE_FALSE(preset);
    CHECK(preset.error().message.find("did you mean \"docker\"?") != std::string::npos);
}
