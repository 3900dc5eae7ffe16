// SPDX-License-Identifier: Apache-2.0
#include "features/process/working_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace oci;
namespace fs = std::filesystem;

int errno_of_entering(const test::TemporaryDirectory& root, const std::string& path) {
    return test::in_child([&] {
        ::umask(022);
        Progress progress;
        const auto entered = working_directory::enter({path}, root.open(), progress);
        return entered ? 0 : entered.error().code;
    });
}

}  // namespace

TEST_CASE("the working directory is absolute") {
    CHECK(working_directory::plan("/a"));
    CHECK_FALSE(working_directory::plan(""));
    CHECK_FALSE(working_directory::plan("a"));
    CHECK_FALSE(working_directory::plan(std::string{"/a\0b", 4}));
}

TEST_CASE("a missing working directory is made inside the root") {
    const test::TemporaryDirectory root;
    CHECK(errno_of_entering(root, "/a/b") == 0);
    CHECK(fs::is_directory(root.path("a/b")));
    struct stat status {};
    REQUIRE(::stat(root.path("a/b").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0755);
}

TEST_CASE("links and dots do not lead the working directory out of the root") {
    const test::TemporaryDirectory root;
    fs::create_symlink("/../../outside", root.path("link"));
    CHECK(errno_of_entering(root, "/link/../../deep") == 0);
    CHECK(fs::is_directory(root.path("deep")));
}

TEST_CASE("a file is no working directory") {
    const test::TemporaryDirectory root;
    root.write("file", "");
    CHECK(errno_of_entering(root, "/file") == ENOTDIR);
}

TEST_CASE("a descriptor of the caller is no working directory") {
    Progress progress;
    const UniqueFd host{::open("/", O_PATH | O_DIRECTORY)};
    const UniqueFd root{::open("/", O_PATH | O_DIRECTORY)};
    const std::string path = "/proc/self/fd/" + std::to_string(host.get());
    CHECK_FALSE(working_directory::enter({path}, root, progress));
}

TEST_CASE("a working directory outside the root is refused") {
    if (!test::is_root()) return;
    const test::TemporaryDirectory root;
    const int code = test::in_child([&] {
        const UniqueFd outside{::open("/", O_PATH | O_DIRECTORY)};
        if (::chroot(root.path().c_str()) != 0) return 1;
        Progress progress;
        const auto entered = working_directory::enter({"/"}, outside, progress);
        return entered ? 0 : entered.error().code;
    });
    CHECK(code == EPERM);
}

TEST_CASE("a directory that only its user may enter is left to the user") {
    if (!test::is_root()) return;
    const test::TemporaryDirectory root;
    fs::permissions(root.path(), fs::perms{0755});
    fs::create_directories(root.path("private"));
    REQUIRE(::chown(root.path("private").c_str(), 1234, 1234) == 0);
    fs::permissions(root.path("private"), fs::perms{0700});
    const auto result_as = [&](uid_t uid) {
        return test::in_child([&] {
            const UniqueFd top = root.open();
            Progress progress;
            if (::setresuid(uid, uid, uid) != 0) return 9;
            const auto entered = working_directory::try_enter({"/private"}, top, progress);
            if (!entered) return 8;
            return entered.value() ? 1 : 0;
        });
    };
    CHECK(result_as(4321) == 0);
    CHECK(result_as(1234) == 1);
}
