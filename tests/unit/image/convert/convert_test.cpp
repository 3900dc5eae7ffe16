// SPDX-License-Identifier: Apache-2.0
#include "image/convert/convert.hpp"

#include <algorithm>

#include "image/convert/users.hpp"
#include "spec/document.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;
using oci::spec::Value;

namespace {

struct Fixture {
    test::TemporaryDirectory root{};
    oci::UniqueFd fd = root.open();
    ImageConfig image{.platform = {"linux", "amd64", ""}};
    ConvertRequest request{};

    Fixture() { image.command = {"run"}; }

    [[nodiscard]] Value converted() const {
        const auto done = convert(image, fd, request);
        REQUIRE(done);
        return oci::spec::parse_json(done.value().config).value();
    }
};

std::vector<std::string> texts(const Value& document, std::string_view below,
                               std::string_view key) {
    std::vector<std::string> found;
    const Value* value = oci::spec::find_below(document, {below, key});
    if (value == nullptr) return found;
    for (const Value& each : std::get<Value::Array>(value->content))
        found.push_back(std::get<std::string>(each.content));
    return found;
}

std::string text(const Value& document, std::string_view below, std::string_view key) {
    const Value* value = oci::spec::find_below(document, {below, key});
    return value == nullptr ? "" : std::get<std::string>(value->content);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("what runs is Entrypoint and Cmd") {
    Fixture fixture;
    fixture.image.entrypoint = {"/enter"};
    CHECK(texts(fixture.converted(), "process", "args") == Words{"/enter", "run"});
    fixture.request.overrides.command = {"other"};
    CHECK(texts(fixture.converted(), "process", "args") == Words{"/enter", "other"});
    fixture.request.overrides.command = {};
    fixture.request.overrides.entrypoint = Words{"/mine"};
    CHECK(texts(fixture.converted(), "process", "args") == Words{"/mine"});
}

TEST_CASE("an image without a command needs one") {
    Fixture fixture;
    fixture.image.command.clear();
    CHECK_FALSE(convert(fixture.image, fixture.fd, fixture.request));
    fixture.request.command_of_last_resort = {"sh"};
    CHECK(texts(fixture.converted(), "process", "args") == Words{"sh"});
}

TEST_CASE("Env is taken verbatim, and only what is missing is added") {
    Fixture fixture;
    fixture.root.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    fixture.image.environment = {"PATH=/bin", "A=1=2", "broken"};
    fixture.request.overrides.environment = {"A=3", "B=4"};
    CHECK(texts(fixture.converted(), "process", "env") ==
          Words{"PATH=/bin", "A=3", "B=4", "HOME=/root"});
    fixture.image.environment = {"HOME=/elsewhere"};
    const Words env = texts(fixture.converted(), "process", "env");
    CHECK(std::ranges::count(env, "HOME=/elsewhere") == 1);
    CHECK(std::ranges::count(env, "HOME=/root") == 0);
}

TEST_CASE("the working directory is absolute") {
    Fixture fixture;
    CHECK(text(fixture.converted(), "process", "cwd") == "/");
    fixture.image.working_directory = "srv/../etc";
    CHECK(text(fixture.converted(), "process", "cwd") == "/etc");
    fixture.image.working_directory = "/srv/a b";
    CHECK(text(fixture.converted(), "process", "cwd") == "/srv/a b");
}

TEST_CASE("labels win over what is implied, and none speaks to a runtime") {
    Fixture fixture;
    fixture.image.author = "me";
    fixture.image.stop_signal = "SIGINT";
    fixture.image.labels = {{"org.opencontainers.image.author", "you"},
                            {"run.oci.hooks.stdout", "x"},
                            {"oci-rt.rootfs.overlay", "x"},
                            {"org.systemd.property.X", "x"},
                            {"org.criu.config", "x"},
                            {"", "x"},
                            {"a/b~c=d", "e"}};
    const Value config = fixture.converted();
    const Value* annotations = oci::spec::find_below(config, {"annotations"});
    REQUIRE(annotations != nullptr);
    CHECK(std::get<Value::Object>(annotations->content).size() == 5);
    CHECK(text(config, "annotations", "org.opencontainers.image.author") == "you");
    CHECK(text(config, "annotations", "org.opencontainers.image.stopSignal") == "SIGINT");
    CHECK(text(config, "annotations", "a/b~c=d") == "e");
    fixture.image.platform.os_version = "6.1";
    fixture.image.platform.os_features = {"a", "b"};
    const Value other = fixture.converted();
    CHECK(text(other, "annotations", "org.opencontainers.image.os.version") == "6.1");
    CHECK(text(other, "annotations", "org.opencontainers.image.os.features") == "a,b");
    CHECK(convert(fixture.image, fixture.fd, fixture.request).value().warnings.size() == 5);
}

TEST_CASE("volumes are told, and nothing is mounted for them") {
    Fixture fixture;
    const std::string before = convert(fixture.image, fixture.fd, fixture.request).value().config;
    fixture.image.volumes = {"/data", "../x"};
    const auto converted = convert(fixture.image, fixture.fd, fixture.request);
    CHECK(converted.value().volumes == Words{"/data", "/x"});
    CHECK(converted.value().config == before);
}
