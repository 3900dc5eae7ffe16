// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/annotations.hpp"

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

namespace {

auto from(const std::string& name, const std::string& value) {
    return properties_of({{"org.systemd.property." + name, value}});
}

}  // namespace

TEST_CASE("annotations of systemd are properties, others are not") {
    const auto properties = properties_of({{"org.systemd.property.After", "['crio.service']"},
                                           {"org.systemd.property.CollectMode", "'inactive'"},
                                           {"io.kubernetes.cri", "x"},
                                           {"org.systemd.propertyX", "x"}});
    REQUIRE(properties);
    CHECK(properties.value() ==
          Properties{{"After", strings({"crio.service"})}, {"CollectMode", string("inactive")}});
}

TEST_CASE("seconds become microseconds") {
    CHECK(from("TimeoutStopSec", "7").value() == Properties{{"TimeoutStopUSec", uint64(7000000)}});
    CHECK(from("TimeoutStopSec", "uint64 7").value()[0].value == uint64(7000000));
    CHECK(from("TimeoutStopSec", "1.5").value()[0].value == uint64(1500000));
    CHECK(from("TimeoutStopUSec", "uint64 7").value() ==
          Properties{{"TimeoutStopUSec", uint64(7)}});
    for (const char* wrong :
         {"-1", "-1.5", "'7'", "true", "inf", "nan", "uint64 18446744073709551615"}) {
        INFO(wrong);
        CHECK_FALSE(from("TimeoutStopSec", wrong));
    }
}

TEST_CASE("a property has a name of letters") {
    for (const char* name :
         {"", "a", "ab", "a b", "Memory.Max", "MemoryMax\n", "M\u00e4x", "Max1"}) {
        INFO(name);
        const auto properties = from(name, "1");
        REQUIRE_FALSE(properties);
        CHECK(properties.error().message.starts_with("/annotations/org.systemd.property."));
    }
}

TEST_CASE("what the runtime has to know annotations cannot change") {
    CHECK_FALSE(from("PIDs", "[uint32 1]"));
    CHECK_FALSE(from("Slice", "'other.slice'"));
}

TEST_CASE("a wrong value names its annotation") {
    const auto properties = from("KillSignal", "SIGTERM");
    REQUIRE_FALSE(properties);
    CHECK(properties.error().pointer == "/annotations/org.systemd.property.KillSignal");
}
