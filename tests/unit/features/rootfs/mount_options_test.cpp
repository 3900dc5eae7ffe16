// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/mount_options.hpp"

#include <sys/mount.h>

#include <algorithm>

#include "support/catch.hpp"

namespace {

oci::mounts::Options parse(const std::vector<std::string>& words) {
    return oci::mounts::parse_options(words, "/mounts/0").value();
}

}  // namespace

TEST_CASE("of two words that contradict each other the last one wins") {
    const auto first = parse({"ro", "rw"});
    CHECK(first.set == 0);
    CHECK(first.clear == MOUNT_ATTR_RDONLY);
    const auto second = parse({"rw", "ro", "suid", "nosuid"});
    CHECK(second.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
    CHECK(second.clear == 0);
}

TEST_CASE("no word is not the same as a word that clears") {
    const auto options = parse({"bind"});
    CHECK(options.bind);
    CHECK(options.set == 0);
    CHECK(options.clear == 0);
}

TEST_CASE("there is one way of access time at a time") {
    CHECK(parse({"noatime"}).set == MOUNT_ATTR_NOATIME);
    CHECK(parse({"noatime"}).clear == MOUNT_ATTR__ATIME);
    CHECK(parse({"noatime", "strictatime"}).set == MOUNT_ATTR_STRICTATIME);
    CHECK(parse({"noatime", "relatime"}).set == 0);
    CHECK(parse({"noatime", "atime"}).set == 0);
    CHECK(parse({"strictatime", "atime"}).set == MOUNT_ATTR_STRICTATIME);
    CHECK(parse({"norelatime"}).set == MOUNT_ATTR_STRICTATIME);
}

TEST_CASE("an r before the word means the whole tree") {
    const auto options = parse({"rro", "rnosuid", "rsuid", "rnoatime", "ro"});
    CHECK(options.set == MOUNT_ATTR_RDONLY);
    CHECK(options.recursive_set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME));
    CHECK(options.recursive_clear == (MOUNT_ATTR_NOSUID | MOUNT_ATTR__ATIME));
    CHECK(parse({"relatime"}).recursive_clear == 0);
    CHECK(parse({"rrelatime"}).recursive_clear == MOUNT_ATTR__ATIME);
}

TEST_CASE("propagation keeps the order of the words") {
    const auto options = parse({"rslave", "shared"});
    REQUIRE(options.propagations.size() == 2);
    CHECK(options.propagations[0].kind == MS_SLAVE);
    CHECK(options.propagations[0].recursive);
    CHECK(options.propagations[1].kind == MS_SHARED);
    CHECK_FALSE(options.propagations[1].recursive);
}

TEST_CASE("flags of the superblock are taken back by their opposites") {
    CHECK(parse({"sync", "lazytime"}).superblock_flags ==
          std::vector<std::string>{"sync", "lazytime"});
    CHECK(parse({"sync", "lazytime", "async", "nolazytime"}).superblock_flags.empty());
}

TEST_CASE("unknown words are settings of the file system") {
    const auto options = parse({"size=65536k", "newinstance", "opt=a=b", ""});
    REQUIRE(options.settings.size() == 3);
    CHECK(options.settings[0].key == "size");
    CHECK(options.settings[0].value == "65536k");
    CHECK(options.settings[1].is_flag);
    CHECK(options.settings[2].value == "a=b");
    CHECK(options.has_setting("size"));
    CHECK_FALSE(options.has_setting("mode"));
}

TEST_CASE("words without effect are no settings") {
    CHECK(parse({"defaults", "silent", "loud", "z", "Z", "U"}).settings.empty());
}

TEST_CASE("an id map in an option is refused by its pointer") {
    const auto options = oci::mounts::parse_options({"ro", "idmap=uids=0-1-1"}, "/mounts/2");
    REQUIRE_FALSE(options);
    CHECK(options.error().kind == oci::ErrorKind::Unsupported);
    CHECK(options.error().message.starts_with("/mounts/2/options/1: "));
}

TEST_CASE("every known option is understood") {
    const auto names = oci::mounts::known_mount_options();
    for (const std::string& name : names) {
        INFO(name);
        CHECK(parse({name}).settings.empty());
    }
    for (const char* word : {"rro", "rnosymfollow", "rstrictatime", "tmpcopyup", "rbind"}) {
        INFO(word);
        CHECK(std::ranges::binary_search(names, word));
    }
    CHECK_FALSE(std::ranges::binary_search(names, "idmap"));
}
