// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/wait.h>

#include <sstream>

#include "container.hpp"
#include "features/rootfs/id_maps.hpp"

using namespace oci;
using namespace oci::test;

namespace {

/// "7000 10 9000 1": what follows the ids inside, in the map that a child in the namespace reads.
std::string map_in(const UniqueFd& user_namespace, const std::string& file) {
    int channel[2];
    if (::pipe(channel) != 0) return "pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setns(user_namespace.get(), CLONE_NEWUSER) != 0) ::_exit(1);
        const std::string text = read_file("/proc/self/" + file);
        const auto written = ::write(channel[1], text.data(), text.size());
        ::_exit(written > 0 ? 0 : 1);
    }
    ::close(channel[1]);
    char buffer[512];
    const ssize_t size = ::read(channel[0], buffer, sizeof buffer);
    ::close(channel[0]);
    ::waitpid(child, nullptr, 0);
    std::istringstream words{std::string(buffer, size > 0 ? static_cast<std::size_t>(size) : 0)};
    std::string found;
    for (std::string inside, outside, count; words >> inside >> outside >> count;)
        found += inside + "-" + outside + "-" + count + " ";
    return found;
}

}  // namespace

TEST_CASE("a user namespace has the maps that were asked for, and no process") {
    if (!can_be(As::Root)) return;
    mounts::IdMap map;
    map.uids = {{0, 7000, 10}, {10, 9000, 1}};
    map.gids = {{5, 8000, 1}};
    REQUIRE(mounts::prepare_id_map(map));
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    CHECK(map_in(map.user_namespace, "uid_map") == "0-7000-10 10-9000-1 ");
    CHECK(map_in(map.user_namespace, "gid_map") == "5-8000-1 ");
}

TEST_CASE("a map over ids of others needs privilege") {
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    const pid_t child = ::fork();
    if (child == 0) {
        if (::unshare(CLONE_NEWUSER) != 0) ::_exit(0);  // no user namespaces here
        write_file("/proc/self/setgroups", "deny");
        write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1\n");
        write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1\n");
        mounts::IdMap map;
        map.uids = map.gids = {{0, 7000, 10}};
        const auto prepared = mounts::prepare_id_map(map);
        const bool is_told = !prepared && prepared.error().kind == ErrorKind::Unsupported &&
                             prepared.error().message.find("rootless") != std::string::npos;
        ::_exit(is_told ? 0 : 1);
    }
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
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
