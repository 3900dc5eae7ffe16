// SPDX-License-Identifier: Apache-2.0
#include "image/sources/archive.hpp"

#include <fcntl.h>

#include <cstring>

#include "image/sources/members.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image::sources;

namespace {

/// One header of a ustar archive, and its content.
std::string entry(const std::string& name, char type, const std::string& content,
                  const std::string& link = "") {
    std::string block(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) {
        block.replace(at, text.size(), text);
    };
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    char size[12];
    std::snprintf(size, sizeof size, "%011zo", content.size());
    put(124, size);
    put(136, "00000000000");
    put(148, "        ");
    block[156] = type;
    put(157, link);
    put(257, std::string{"ustar\0"
                         "00",
                         8});
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    put(148, text);
    std::string padded = content;
    padded.resize((content.size() + 511) / 512 * 512, '\0');
    return block + padded;
}

struct Fixture {
    test::TemporaryDirectory folder{};

    [[nodiscard]] oci::UniqueFd archive(const std::string& entries) const {
        const std::string path = folder.write("a.tar", entries + std::string(1024, '\0'));
        return oci::UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    }
};

const std::string hash(64, 'a');

}  // namespace

TEST_CASE("members come with clean names") {
    const Fixture fixture;
    const auto file = fixture.archive(entry("./a/../../b/", '5', "") + entry("/c", '0', "text"));
    Archive archive = Archive::open(file).value();
    Member member;
    REQUIRE(archive.next(member).value());
    CHECK(member.name == "b");
    CHECK(member.kind == MemberKind::Directory);
    REQUIRE(archive.next(member).value());
    CHECK(member.name == "c");
    std::string buffer(10, '\0');
    CHECK(archive.read(buffer).value() == 4);
    CHECK_FALSE(archive.next(member).value());
}

TEST_CASE("a root file system is told from an archive of an image") {
    const Fixture fixture;
    CHECK(list_image_archive(
              fixture.archive(entry("oci-layout", '0', "{}") + entry("blobs/sha256/x", '0', "x")))
              .value());
    CHECK(list_image_archive(fixture.archive(entry(hash + "/layer.tar", '0', "x"))).value());
    CHECK_FALSE(
        list_image_archive(fixture.archive(entry("./", '5', "") + entry("etc/", '5', ""))).value());
    CHECK_FALSE(list_image_archive(fixture.archive("no archive at all")));
}

TEST_CASE("a file that is there twice is an error") {
    const Fixture fixture;
    CHECK_FALSE(list_image_archive(
        fixture.archive(entry("index.json", '0', "1") + entry("./index.json", '0', "2"))));
}

TEST_CASE("links lead to other members only, and come to an end") {
    const Fixture fixture;
    auto file = fixture.archive(
        entry("blobs/one", '0', "text") + entry("blobs/two", '2', "", "one") +
        entry("blobs/three", '1', "", "blobs/two") +
        entry("blobs/out", '2', "", "../../etc/passwd") + entry("blobs/loop", '2', "", "loop"));
    auto listed = list_image_archive(file).value();
    ArchiveMembers members{std::move(file), std::move(*listed)};
    CHECK(members.resolve("blobs/three").value() == "blobs/one");
    CHECK(members.text("blobs/three", 100).value() == "text");
    CHECK_FALSE(members.text("blobs/three", 3));
    CHECK_FALSE(members.resolve("blobs/out"));
    CHECK_FALSE(members.resolve("blobs/loop"));
    CHECK_FALSE(members.resolve("blobs"));
    CHECK_FALSE(members.text("blobs/four", 100));
}

TEST_CASE("the members of a directory stay within it") {
    const Fixture fixture;
    fixture.folder.write("in/file", "inside");
    fixture.folder.write("secret", "outside");
    REQUIRE(::symlink("../secret", fixture.folder.path("in/link").c_str()) == 0);
    REQUIRE(::symlink("/file", fixture.folder.path("in/root").c_str()) == 0);
    DirectoryMembers members{
        oci::UniqueFd{::open(fixture.folder.path("in").c_str(), O_RDONLY | O_CLOEXEC)}};
    CHECK(members.text("file", 100).value() == "inside");
    CHECK(members.text("root", 100).value() == "inside");
    CHECK_FALSE(members.text("link", 100));
    CHECK_FALSE(members.text("../secret", 100));
}
