// SPDX-License-Identifier: Apache-2.0
#include "image/convert/users.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;

namespace {

struct Fixture {
    test::TemporaryDirectory root{};
    oci::UniqueFd fd = root.open();

    Fixture() {
        root.write("etc/passwd",
                   "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n"
                   "1000:x:0:0::/:/bin/sh\nbad\n:x:1:1::/:\nlast:x:7:8::/home/last");
        root.write("etc/group", "www:x:34:\nextra:x:50:other,web\nmore:x:51:web\nown:x:34:web\n");
    }
};

}  // namespace

TEST_CASE("an empty user is root") {
    const Fixture fixture;
    const auto user = find_user(fixture.fd, "");
    REQUIRE(user);
    CHECK(user.value().uid == 0);
    CHECK(user.value().home == "/root");
}

TEST_CASE("a name is looked up in the image, with its groups") {
    const Fixture fixture;
    const auto user = find_user(fixture.fd, "web");
    REQUIRE(user);
    CHECK(user.value().uid == 33);
    CHECK(user.value().gid == 34);
    CHECK(user.value().additional_gids == std::vector<std::uint32_t>{50, 51});
    CHECK(find_user(fixture.fd, "web:extra").value().gid == 50);
    CHECK(find_user(fixture.fd, "web:extra").value().additional_gids.empty());
    CHECK(find_user(fixture.fd, "last").value().home == "/home/last");
    CHECK_FALSE(find_user(fixture.fd, "nobody"));
    CHECK_FALSE(find_user(fixture.fd, "web:nobody"));
    CHECK_FALSE(find_user(fixture.fd, "web:"));
}

TEST_CASE("a number is never a name") {
    const Fixture fixture;
    CHECK(find_user(fixture.fd, "1000").value().uid == 1000);
    CHECK(find_user(fixture.fd, "33").value().gid == 34);
    CHECK(find_user(fixture.fd, "33").value().additional_gids.empty());
    CHECK(find_user(fixture.fd, "5:6").value().gid == 6);
    CHECK(find_user(fixture.fd, "4294967294").value().uid == 4294967294U);
    for (const char* bad : {"4294967295", "4294967296", "99999999999999999999", "0:4294967295",
                            "-1", "1.5", "0x1", " 1", "1e3"})
        CHECK_FALSE(find_user(fixture.fd, bad));
}

TEST_CASE("a passwd that is no file is as good as none") {
    const Fixture fixture;
    const std::string passwd = fixture.root.path("etc/passwd");
    std::filesystem::remove(passwd);
    REQUIRE(::mkfifo(passwd.c_str(), 0644) == 0);
    CHECK(find_user(fixture.fd, "0").value().home.empty());
    std::filesystem::remove(passwd);
    REQUIRE(::symlink("/proc/self/fd/0", passwd.c_str()) == 0);
    CHECK(find_user(fixture.fd, "0").value().home.empty());
    std::filesystem::remove(passwd);
    std::filesystem::create_directory(passwd);
    CHECK(find_user(fixture.fd, "0").value().home.empty());
    CHECK_FALSE(find_user(fixture.fd, "root"));
    std::filesystem::remove(passwd);
    fixture.root.write("etc/passwd", "root:x:0:0::/root:");
    std::filesystem::resize_file(passwd, 2U << 30U);
    CHECK(find_user(fixture.fd, "0").value().home.empty());
}

TEST_CASE("a link within the image is followed, and never out of it") {
    const Fixture fixture;
    std::filesystem::remove(fixture.root.path("etc/passwd"));
    fixture.root.write("usr/passwd", "in:x:5:5::/in:\n");
    REQUIRE(::symlink("/usr/passwd", fixture.root.path("etc/passwd").c_str()) == 0);
    CHECK(find_user(fixture.fd, "in").value().uid == 5);
}

TEST_CASE("a home with a newline is none") {
    const Fixture fixture;
    fixture.root.write("etc/passwd", "a:x:1:1::relative:\nb:x:2:2::/x\ty:\n");
    CHECK(find_user(fixture.fd, "a").value().home.empty());
    CHECK(find_user(fixture.fd, "b").value().home.empty());
}
