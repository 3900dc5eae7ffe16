// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

TEST_CASE("a mount needs no more than a destination") {
    const oci::Spec spec = accepted(config(R"("mounts":[{"destination":"/a"},
        {"destination":"/b","type":"bind","source":"/src","options":["rbind","ro"],
         "uidMappings":[{"containerID":0,"hostID":1000,"size":10}],
         "gidMappings":[{"containerID":0,"hostID":2000,"size":20}]}])"));
    REQUIRE(spec.mounts.size() == 2);
    CHECK(spec.mounts[0].destination == "/a");
    CHECK(spec.mounts[0].type.empty());
    CHECK(spec.mounts[1].source == "/src");
    CHECK(spec.mounts[1].options == std::vector<std::string>{"rbind", "ro"});
    CHECK(spec.mounts[1].uid_mappings.at(0).host_id == 1000);
    CHECK(spec.mounts[1].gid_mappings.at(0).size == 20);
}

TEST_CASE("mounts keep their order") {
    const oci::Spec spec = accepted(
        config(R"("mounts":[{"destination":"/z"},{"destination":"/a"},{"destination":"/z"}])"));
    CHECK(spec.mounts[0].destination == "/z");
    CHECK(spec.mounts[1].destination == "/a");
    CHECK(spec.mounts[2].destination == "/z");
}

TEST_CASE("a relative destination is accepted as written") {
    CHECK(accepted(config(R"("mounts":[{"destination":"data"}])")).mounts[0].destination == "data");
}

TEST_CASE("a mount of the wrong shape is refused") {
    CHECK(refusal(config(R"("mounts":[{}])")) == "/mounts/0/destination: is required");
    CHECK(refusal(config(R"("mounts":[{"destination":"/a"},{"destination":7}])")) ==
          "/mounts/1/destination: must be a string (is 7)");
    CHECK(refusal(config(R"("mounts":[{"destination":"/a","options":"ro"}])")) ==
          "/mounts/0/options: must be an array of strings (is a string)");
    CHECK(refusal(config(R"("mounts":["/a"])")) == "/mounts/0: must be an object (is a string)");
}

TEST_CASE("an id mapping has three numbers") {
    CHECK(refusal(with_linux(
              R"("namespaces":[{"type":"user"}],"uidMappings":[{"hostID":0,"size":1}])")) ==
          "/linux/uidMappings/0/containerID: is required");
    CHECK(refusal(with_linux(R"("gidMappings":[{"containerID":0,"hostID":-1,"size":1}])"))
              .starts_with("/linux/gidMappings/0/hostID: must be an integer"));
}

TEST_CASE("the root is read") {
    const oci::Root root =
        accepted(R"({"ociVersion":"1.0.2-dev","root":{"path":"/a/b","readonly":true}})").root;
    CHECK(root.path == "/a/b");
    CHECK(root.readonly);
}
