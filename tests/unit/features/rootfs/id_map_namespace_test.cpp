// SPDX-License-Identifier: Apache-2.0
#include <sched.h>

#include "container.hpp"
#include "features/rootfs/id_maps.hpp"

using namespace oci;
using namespace oci::test;

TEST_CASE("a user namespace has the maps that were asked for, and no process") {
    if (!can_be(As::Root)) return;
    mounts::IdMap map;
    map.uids = {{0, 7000, 10}, {10, 9000, 1}};
    map.gids = {{5, 8000, 1}};
    CHECK(in_namespaces(As::Root, [&]() -> std::string {
              EXPECT(mounts::prepare_id_map(map));
              EXPECT(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD);
              EXPECT(::setns(map.user_namespace.get(), CLONE_NEWUSER) == 0);
              const std::string uids = read_file("/proc/self/uid_map");
              EXPECT(uids.find("7000") != std::string::npos);
              EXPECT(uids.find("9000") != std::string::npos);
              EXPECT(read_file("/proc/self/gid_map").find("8000") != std::string::npos);
              return {};
          }) == "");
}

TEST_CASE("a map over ids of others needs privilege") {
    mounts::IdMap map;
    map.uids = map.gids = {{0, 7000, 10}};
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              const auto prepared = mounts::prepare_id_map(map);
              EXPECT(!prepared);
              EXPECT(prepared.error().message.find("_map") != std::string::npos);
              EXPECT(!map.user_namespace);
              return {};
          }) == "");
}

TEST_CASE("a user namespace that is joined has its map already") {
    mounts::IdMap map;
    map.joined = "/proc/self/ns/user";
    CHECK(mounts::prepare_id_map(map));
    CHECK(map.user_namespace);
    map.joined = "/no/such/namespace";
    const auto prepared = mounts::prepare_id_map(map);
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().message.find("/no/such/namespace") != std::string::npos);
}
