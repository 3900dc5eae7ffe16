// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/id_maps.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::mounts;

namespace {

const std::vector<IdMapping> of_mount{{0, 7000, 10}};

IdMapWords words_of(const std::string& text) {
    IdMapWords words;
    words.reach = IdMapWords::Reach::Mount;
    REQUIRE(read_id_map(text, "/mounts/0/options/0", words));
    return words;
}

IdMapWords bare(IdMapWords::Reach reach = IdMapWords::Reach::Mount) {
    IdMapWords words;
    words.reach = reach;
    return words;
}

Spec with_user_namespace(std::vector<IdMapping> map) {
    Spec spec;
    spec.linux_section.namespaces.push_back({NamespaceKind::User, ""});
    spec.linux_section.uid_mappings = map;
    spec.linux_section.gid_mappings = std::move(map);
    return spec;
}

std::string refusal(const Spec& spec, const Mount& mount, const IdMapWords& words) {
    const auto map = plan_id_map(spec, mount, words, "/mounts/0");
    if (map) return "accepted";
    CHECK(map.error().kind == ErrorKind::InvalidConfig);
    return map.error().message;
}

IdMap map_of(const Spec& spec, const Mount& mount, const IdMapWords& words) {
    auto map = plan_id_map(spec, mount, words, "/mounts/0");
    REQUIRE(map);
    REQUIRE(map.value());
    return std::move(*map.value());
}

bool is(const std::vector<IdMapping>& map, std::size_t index, IdMapping expected) {
    return index < map.size() && map[index].container_id == expected.container_id &&
           map[index].host_id == expected.host_id && map[index].size == expected.size;
}

}  // namespace

TEST_CASE("the text of an id map has ranges of users and groups") {
    const auto words = words_of("uids=0-1000-10#@10-11-12;gids=5-6-7");
    REQUIRE(words.uids.size() == 2);
    CHECK(words.uids[0].mapping.host_id == 1000);
    CHECK_FALSE(words.uids[0].is_relative);
    CHECK(words.uids[1].is_relative);
    CHECK(words.uids[1].mapping.container_id == 10);
    CHECK(words.uids[1].mapping.size == 12);
    CHECK(words.gids.size() == 1);
    CHECK(words_of("gids=5-6-7").uids.empty());
}

TEST_CASE("another text of an id map is refused") {
    for (const char* text :
         {"", "uids", "uids=", "uids=1", "uids=1-2", "uids=1-2-3-4", "uids=a-b-c", "uids=1-2-3;",
          "pids=1-2-3", "uids=1-2-3#", "uids=@@1-2-3", "uids=1-2-4294967296", "uids=-1-2-3",
          "uids=1-2-3;uids=4-5-6", "uids=1:2:3", " uids=1-2-3"}) {
        INFO(text);
        IdMapWords words;
        const auto read = read_id_map(text, "/mounts/0/options/4", words);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::InvalidConfig);
        CHECK(read.error().message.starts_with("/mounts/0/options/4: "));
    }
}

TEST_CASE("a mount without mappings and words shows its owners as they are") {
    const auto map = plan_id_map({}, {}, {}, "/mounts/0");
    REQUIRE(map);
    CHECK_FALSE(map.value());
    CHECK_FALSE(plan_id_map(with_user_namespace(of_mount), {}, {}, "/mounts/0").value());
}

TEST_CASE("the mappings of a mount are its map, with the word or without") {
    Mount mount;
    mount.uid_mappings = of_mount;
    mount.gid_mappings = {{1, 2, 3}};
    for (const IdMapWords& words : {IdMapWords{}, bare()}) {
        const IdMap map = map_of(with_user_namespace({{0, 1, 1}}), mount, words);
        CHECK(is(map.uids, 0, {0, 7000, 10}));
        CHECK(is(map.gids, 0, {1, 2, 3}));
        CHECK(map.joined.empty());
    }
    mount.gid_mappings.clear();
    CHECK(refusal({}, mount, {}) ==
          "/mounts/0/gidMappings: is missing: uidMappings and gidMappings go together");
}

TEST_CASE("the mappings of a mount exclude a map in its options") {
    Mount mount;
    mount.uid_mappings = mount.gid_mappings = of_mount;
    CHECK(refusal({}, mount, words_of("uids=0-1-1;gids=0-1-1")).starts_with("/mounts/0/options: "));
}

TEST_CASE("the bare word means the container's own map") {
    const IdMap map = map_of(with_user_namespace({{0, 100000, 65536}}), {}, bare());
    CHECK(is(map.uids, 0, {0, 100000, 65536}));
    CHECK(is(map.gids, 0, {0, 100000, 65536}));
    Spec joining;
    joining.linux_section.namespaces.push_back({NamespaceKind::User, "/proc/7/ns/user"});
    CHECK(map_of(joining, {}, bare()).joined == "/proc/7/ns/user");
}

TEST_CASE("the bare word needs a map, unless Podman left it") {
    CHECK(refusal({}, {}, bare()) ==
          "/mounts/0/options: idmap needs uidMappings and gidMappings, or a user namespace");
    CHECK(refusal({}, {}, bare(IdMapWords::Reach::Tree)).find("ridmap needs") != std::string::npos);
    Spec podman;
    podman.annotations["io.container.manager"] = "libpod";
    const auto idle = plan_id_map(podman, {}, bare(), "/mounts/0");
    REQUIRE(idle);
    CHECK_FALSE(idle.value());
    CHECK_FALSE(plan_id_map(podman, {}, bare(IdMapWords::Reach::Tree), "/mounts/0"));
}

TEST_CASE("relative ranges are found in the container's map, in pieces if need be") {
    const Spec spec = with_user_namespace({{0, 1000, 1}, {1, 2000, 9}});
    const IdMap map = map_of(spec, {}, words_of("uids=@50-0-4;gids=@1-3-2#9-9-1"));
    REQUIRE(map.uids.size() == 2);
    CHECK(is(map.uids, 0, {50, 1000, 1}));
    CHECK(is(map.uids, 1, {51, 2000, 3}));
    CHECK(is(map.gids, 0, {1, 2002, 2}));
    CHECK(is(map.gids, 1, {9, 9, 1}));
    CHECK(refusal(spec, {}, words_of("uids=@0-9-2")) ==
          "/mounts/0/options: uids of the id map: id 10 is not mapped in the container");
    CHECK(refusal({}, {}, words_of("uids=@0-0-1;gids=0-0-1")).find("not mapped") !=
          std::string::npos);
}

TEST_CASE("a side that is not written is the container's, if it has one") {
    CHECK(is(map_of(with_user_namespace(of_mount), {}, words_of("uids=1-1-1")).gids, 0,
             {0, 7000, 10}));
    CHECK(refusal({}, {}, words_of("uids=1-1-1")).find("gids of the id map: missing") !=
          std::string::npos);
}

TEST_CASE("ranges are not empty, do not overlap and end with the ids") {
    for (const char* text :
         {"uids=0-1-0;gids=0-1-1", "uids=0-1-5#4-9-1;gids=0-1-1", "uids=0-1-5#9-4-1;gids=0-1-1",
          "uids=0-4294967290-9;gids=0-1-1", "uids=4294967290-0-9;gids=0-1-1"}) {
        INFO(text);
        CHECK(refusal({}, {}, words_of(text)).starts_with("/mounts/0/options: uids of the id map"));
    }
    Mount mount;
    mount.uid_mappings = of_mount;
    mount.gid_mappings = std::vector<IdMapping>(341, IdMapping{0, 0, 1});
    CHECK(refusal({}, mount, {}) == "/mounts/0/gidMappings: 341 ranges, the kernel takes 340");
    mount.gid_mappings = {{0, 0, 0xFFFFFFFF}};
    CHECK(refusal({}, mount, {}) == "accepted");
}
