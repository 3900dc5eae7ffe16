// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/filesystem_settings.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::mounts;

namespace {

std::vector<Setting> fitted(const std::string& type, const std::vector<std::string>& words) {
    Options options = parse_options(words, "/mounts/0").value();
    REQUIRE(fit_settings(type, options, "/mounts/0"));
    return options.settings;
}

Label label_of(const std::string& kind) {
    Spec spec;
    spec.linux_section.mount_label = "label";
    if (!kind.empty()) spec.annotations["run.oci.mount_context_type"] = kind;
    return plan_label(spec).value();
}

}  // namespace

TEST_CASE("a list of layers that is too long for one value is given one by one") {
    const std::string layer = "/" + std::string(150, 'a');
    const auto settings = fitted("overlay", {"lowerdir=" + layer + ":" + layer});
    REQUIRE(settings.size() == 2);
    CHECK(settings[0].key == "lowerdir+");
    CHECK(settings[1].value == layer);
    CHECK_FALSE(settings[1].is_opened);
    CHECK(fitted("overlay", {"lowerdir=/a:/b"}).size() == 1);
}

TEST_CASE("a layer may have a colon, and data may be apart") {
    const std::string layer = "/" + std::string(260, 'a');
    const auto settings = fitted("overlay", {"lowerdir=/a\\:b\\\\:" + layer + "::/data::/more"});
    REQUIRE(settings.size() == 4);
    CHECK(settings[0].value == "/a:b\\");
    CHECK(settings[1].is_opened);
    CHECK(settings[2].key == "datadir+");
    CHECK(settings[2].value == "/data");
    CHECK(settings[3].key == "datadir+");
}

TEST_CASE("directories of overlay with long paths are passed open") {
    const std::string path = "/" + std::string(300, 'a');
    CHECK(fitted("overlay", {"upperdir=" + path})[0].is_opened);
    CHECK(fitted("overlay", {"workdir=" + path})[0].is_opened);
    CHECK_FALSE(fitted("overlay", {"upperdir=/short"})[0].is_opened);
}

TEST_CASE("any other value that is too long is refused") {
    Options options = parse_options({"data=" + std::string(256, 'a')}, "/mounts/3").value();
    const auto fit = fit_settings("tmpfs", options, "/mounts/3");
    REQUIRE_FALSE(fit);
    CHECK(fit.error().message ==
          "/mounts/3/options: the value of \"data\" is longer than 255 bytes");
    CHECK(fitted("tmpfs", {"data=" + std::string(255, 'a')}).size() == 1);
}

TEST_CASE("quotes around a context are not a part of it") {
    CHECK(fitted("tmpfs", {"context=\"a:b:c1,c2\""})[0].value == "a:b:c1,c2");
    CHECK(fitted("tmpfs", {"context=a"})[0].value == "a");
    CHECK(fitted("tmpfs", {"size=\"1\""})[0].value == "\"1\"");
}

TEST_CASE("the annotation names the kind of context") {
    CHECK(label_of("").key == "context");
    for (const char* kind : {"context", "fscontext", "defcontext", "rootcontext"})
        CHECK(label_of(kind).key == kind);
    Spec spec;
    spec.annotations["run.oci.mount_context_type"] = "sideways";
    const auto label = plan_label(spec);
    REQUIRE_FALSE(label);
    CHECK(label.error().kind == ErrorKind::InvalidConfig);
    CHECK(label.error().message.starts_with("/annotations/run.oci.mount_context_type"));
}

TEST_CASE("an entry's own label goes first") {
    Options options = parse_options({"fscontext=own"}, "/mounts/0").value();
    CHECK_FALSE(add_label(label_of(""), "tmpfs", options));
    CHECK(options.settings.size() == 1);
    Options plain;
    CHECK(add_label(label_of(""), "tmpfs", plain));
    CHECK(plain.settings[0].value == "label");
    CHECK_FALSE(add_label(label_of(""), "proc", plain));
    CHECK_FALSE(add_label(Label{}, "tmpfs", plain));
}
