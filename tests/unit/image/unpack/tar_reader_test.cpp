// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/tar_reader.hpp"

#include "support/catch.hpp"
#include "support/tar_text.hpp"

using namespace oci::image::unpack;
using test::record;
using test::tar;
using test::tar_end;

namespace {

std::string content_of(TarReader& reader) {
    std::string all;
    for (;;) {
        const auto bytes = reader.data();
        if (!bytes) return "error: " + bytes.error().message;
        if (bytes.value().empty()) return all;
        all.append(bytes.value().data(), bytes.value().size());
    }
}

/// The first entry, or the error.
oci::Result<TarEntry> first_of(const std::string& archive) {
    test::TextSource source{archive};
    TarReader reader{source};
    TarEntry entry;
    const auto found = reader.next(entry);
    if (!found) return oci::Failure{found.error()};
    REQUIRE(found.value());
    return entry;
}

std::string error_of(const std::string& archive) {
    const auto entry = first_of(archive);
    return entry ? "" : entry.error().message;
}

std::string pax(const std::string& records) { return tar("pax", 'x', records); }

}  // namespace

TEST_CASE("entries come in their order with their content, however the stream is cut") {
    const std::string big(300000, 'x');
    for (const std::size_t piece : {1U, 511U, 513U, 1000000U}) {
        test::TextSource source{
            tar("d/", '5') + tar("d/f", '0', big) + tar("l", '2', "", "d/f") + tar_end(), piece};
        TarReader reader{source};
        TarEntry entry;
        REQUIRE(reader.next(entry).value());
        CHECK(entry.kind == EntryKind::Directory);
        CHECK(entry.mode == 0755);
        REQUIRE(reader.next(entry).value());
        CHECK(entry.path == "d/f");
        CHECK(content_of(reader) == big);
        REQUIRE(reader.next(entry).value());
        CHECK(entry.link == "d/f");
        CHECK_FALSE(reader.next(entry).value());
        CHECK_FALSE(reader.drain().value());
        if (piece == 1U) break;  // slow enough once
    }
}

TEST_CASE("content that nobody read is skipped") {
    test::TextSource source{tar("a", '0', std::string(5000, 'a')) + tar("b") + tar_end()};
    TarReader reader{source};
    TarEntry entry;
    REQUIRE(reader.next(entry).value());
    REQUIRE(reader.next(entry).value());
    CHECK(entry.path == "b");
}

TEST_CASE("an archive may end without blocks of zeros") {
    test::TextSource source{tar("a")};
    TarReader reader{source};
    TarEntry entry;
    REQUIRE(reader.next(entry).value());
    CHECK_FALSE(reader.next(entry).value());
}

TEST_CASE("what is behind the end is told") {
    test::TextSource source{tar("a") + tar_end() + tar("b")};
    TarReader reader{source};
    TarEntry entry;
    REQUIRE(reader.next(entry).value());
    CHECK_FALSE(reader.next(entry).value());
    CHECK(reader.drain().value());
}

TEST_CASE("names stay the bytes they are") {
    for (const std::string name : {"\xc3\xa9", "e\xcc\x81", "\xff\xfe"}) {
        CHECK(first_of(tar(name)).value().path == name);
        CHECK(first_of(pax(record("path", name)) + tar("x")).value().path == name);
    }
}

TEST_CASE("long names are GNU's or those of pax, never both") {
    const std::string name(300, 'n');
    CHECK(first_of(tar("././@LongLink", 'L', name + '\0') + tar("n")).value().path == name);
    CHECK(first_of(tar("././@LongLink", 'K', name + '\0') + tar("n", '2', "", "x")).value().link ==
          name);
    const std::string both = tar("././@LongLink", 'L', name + '\0') + pax(record("path", "a"));
    CHECK(error_of(both + tar("n")).find("two kinds") != std::string::npos);
}

TEST_CASE("two readers must not see two archives") {
    const auto refused = [](const std::string& archive, std::string_view why) {
        const std::string error = error_of(archive);
        CHECK(error.find(why) != std::string::npos);
    };
    refused(pax(record("size", "1024")) + tar("f", '0', std::string(512, 'x')), "two sizes");
    refused(pax(record("size", "512")) + tar("h", '1', ""), "content");
    refused(tar("d", '5', "x"), "content");
    refused(tar("f", 'Q'), "unknown type");
    refused(pax(record("mtime", "1")) + pax(record("mtime", "1")) + tar("f"), "two");
    refused(pax(record("mtime", "1")), "ends in the middle");
    refused(pax(record("mtime", "1")) + tar_end(), "ends in the middle");
    refused(tar("f").substr(0, 300), "ends in the middle");
    refused(std::string(512, 'x'), "broken");
}

TEST_CASE("owners are numbers that chown can have") {
    CHECK(first_of(pax(record("uid", "4294967294")) + tar("f")).value().uid == 4294967294U);
    CHECK_FALSE(first_of(pax(record("uid", "4294967295")) + tar("f")));
    CHECK_FALSE(first_of(pax(record("gid", "4294967296")) + tar("f")));
}

TEST_CASE("a sparse file is its extents") {
    const std::string map = "2\n0\n3\n1000\n2\n";
    const std::string stored = map + std::string(512 - map.size(), '\0') + "abcde";
    const std::string head =
        pax(record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") +
            record("GNU.sparse.name", "real") + record("GNU.sparse.realsize", "2000"));
    test::TextSource source{head + tar("x", '0', stored) + tar("next") + tar_end(), 7};
    TarReader reader{source};
    TarEntry entry;
    REQUIRE(reader.next(entry).value());
    CHECK(entry.path == "real");
    CHECK(entry.size == 2000);
    REQUIRE(entry.extents.size() == 2);
    CHECK(entry.extents[1].offset == 1000);
    CHECK(content_of(reader) == "abcde");
    REQUIRE(reader.next(entry).value());
    CHECK(entry.path == "next");
}

TEST_CASE("a sparse map that does not fit is refused") {
    const auto sparse = [](const std::string& size, const std::string& map) {
        return first_of(pax(record("GNU.sparse.realsize", size) + record("GNU.sparse.map", map)) +
                        tar("f", '0', "0123456789"));
    };
    CHECK(sparse("100", "0,5,50,5"));
    CHECK_FALSE(sparse("100", "50,5,0,5"));
    CHECK_FALSE(sparse("100", "0,5,3,5"));
    CHECK_FALSE(sparse("100", "0,5,98,5"));
    CHECK_FALSE(sparse("100", "0,5"));
    CHECK_FALSE(sparse("100", "0,9223372036854775807,5,5"));
}
