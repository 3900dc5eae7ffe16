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

TEST_CASE("a flag of the superblock that is taken back is remembered for a remount") {
    CHECK(parse({"sync", "async"}).cleared_superblock_flags == std::vector<std::string>{"async"});
    CHECK(parse({"async", "sync"}).cleared_superblock_flags.empty());
    CHECK(parse({"rsync", "rmand", "rasync"}).superblock_flags == std::vector<std::string>{"mand"});
    CHECK(parse({"rdirsync"}).superblock_flags == std::vector<std::string>{"dirsync"});
    CHECK(parse({"rlazytime"}).settings.size() == 1);
}

TEST_CASE("the last word decides how far an id map reaches") {
    using Reach = oci::mounts::IdMapWords::Reach;
    CHECK(parse({"bind"}).id_map.reach == Reach::Unwritten);
    CHECK(parse({"ridmap", "idmap"}).id_map.reach == Reach::Mount);
    CHECK(parse({"idmap", "ridmap"}).id_map.reach == Reach::Tree);
    CHECK(parse({"idmap=uids=0-1-1"}).id_map.uids.size() == 1);
    CHECK(parse({"idmapped"}).settings.size() == 1);
}

TEST_CASE("a wrong id map in an option is refused by its pointer") {
    const auto options = oci::mounts::parse_options({"ro", "idmap=uids=0-1"}, "/mounts/2");
    REQUIRE_FALSE(options);
    CHECK(options.error().kind == oci::ErrorKind::InvalidConfig);
    CHECK(options.error().message.starts_with("/mounts/2/options/1: "));
}

TEST_CASE("every known option is understood") {
    for (const std::string& name : oci::mounts::known_mount_options()) {
        INFO(name);
        CHECK(parse({name}).settings.empty());
    }
}

TEST_CASE("the known options are those of the specification and some more, each once") {
    std::vector<std::string> expected{
        "async",         "atime",        "bind",       "copy-symlink",  "defaults",
        "dest-nofollow", "dev",          "diratime",   "dirsync",       "exec",
        "idmap",         "iversion",     "lazytime",   "loud",          "mand",
        "noatime",       "nodev",        "nodiratime", "noexec",        "noiversion",
        "nolazytime",    "nomand",       "norelatime", "nostrictatime", "nosuid",
        "nosymfollow",   "private",      "rasync",     "ratime",        "rbind",
        "rdev",          "rdiratime",    "rdirsync",   "relatime",      "remount",
        "rexec",         "ridmap",       "rmand",      "rnoatime",      "rnodev",
        "rnodiratime",   "rnoexec",      "rnomand",    "rnorelatime",   "rnostrictatime",
        "rnosuid",       "rnosymfollow", "ro",         "rprivate",      "rrelatime",
        "rro",           "rrw",          "rshared",    "rslave",        "rstrictatime",
        "rsuid",         "rsymfollow",   "rsync",      "runbindable",   "rw",
        "shared",        "silent",       "slave",      "src-nofollow",  "strictatime",
        "suid",          "symfollow",    "sync",       "tmpcopyup",     "unbindable",
    };
    std::ranges::sort(expected);
    CHECK(oci::mounts::known_mount_options() == expected);
}
