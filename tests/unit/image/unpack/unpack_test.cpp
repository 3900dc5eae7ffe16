// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/unpack.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "image/hasher.hpp"
#include "support/catch.hpp"
#include "support/tar_text.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;
using test::tar;
using test::tar_end;

namespace {

struct Tree {
    test::TemporaryDirectory directory{};
    oci::UniqueFd fd = directory.open();

    oci::Result<LayerReport> apply(const std::string& archive, LayerForm form = LayerForm::Flat,
                                   const Tree* lower = nullptr) const {
        test::TextSource source{archive};
        LayerRequest request;
        request.directory = fd;
        request.form = form;
        // Without root's rights nothing can be given away.
        request.in_user_namespace = ::geteuid() != 0;
        if (lower != nullptr) request.lower_layers.push_back(lower->fd);
        return apply_layer(source, request);
    }

    [[nodiscard]] std::string text(const std::string& name) const {
        std::ifstream file{directory.path(name)};
        std::stringstream all;
        all << file.rdbuf();
        return file ? all.str() : "none";
    }
    [[nodiscard]] bool has(const std::string& name) const {
        struct stat status {};
        return ::lstat(directory.path(name).c_str(), &status) == 0;
    }
    [[nodiscard]] struct stat status(const std::string& name) const {
        struct stat status {};
        ::lstat(directory.path(name).c_str(), &status);
        return status;
    }
};

bool is_root() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("a layer becomes a directory") {
    if (!is_root()) return;
    const Tree tree;
    const std::string archive = tar("d/", '5') + tar("d/f", '0', "hello") +
                                tar("d/h", '1', "", "d/f") + tar("l", '2', "", "d/f") +
                                tar("implied/g", '0', "x") + tar_end();
    const auto report = tree.apply(archive);
    REQUIRE(report);
    CHECK(report.value().entries == 5);
    CHECK(report.value().bytes == archive.size());
    CHECK(report.value().diff_id == digest_of(archive).value());
    CHECK(report.value().warnings.empty());
    CHECK(tree.text("l") == "hello");
    CHECK(tree.status("d/h").st_ino == tree.status("d/f").st_ino);
    CHECK(tree.status("d").st_mtim.tv_sec == 1000);
    CHECK(tree.status("implied").st_mode == (S_IFDIR | 0755U));
}

TEST_CASE("a whiteout takes away what is below, not what its own layer has") {
    if (!is_root()) return;
    const Tree tree;
    REQUIRE(tree.apply(tar("a", '0', "1") + tar("b", '0', "1") + tar("d/old", '0', "1")));
    REQUIRE(tree.apply(tar("b", '0', "2") + tar(".wh.b") + tar(".wh.a") + tar("d/new", '0', "2") +
                       tar("d/.wh..wh..opq")));
    CHECK_FALSE(tree.has("a"));
    CHECK(tree.text("b") == "2");
    CHECK_FALSE(tree.has("d/old"));
    CHECK(tree.text("d/new") == "2");
    CHECK_FALSE(tree.has(".wh.b"));
}

TEST_CASE("for overlayfs a whiteout is a device, where there is something to hide") {
    if (!is_root()) return;
    const Tree lower;
    REQUIRE(lower.apply(tar("a", '0', "1"), LayerForm::Overlay));
    const Tree upper;
    REQUIRE(upper.apply(tar(".wh.a") + tar(".wh.never"), LayerForm::Overlay, &lower));
    CHECK(upper.status("a").st_mode == S_IFCHR);
    CHECK(upper.status("a").st_rdev == 0);
    CHECK_FALSE(upper.has("never"));
}

TEST_CASE("a hard link to a file of a layer below copies it") {
    if (!is_root()) return;
    const Tree lower;
    REQUIRE(lower.apply(tar("d/", '5') + tar("d/f", '0', "hello"), LayerForm::Overlay));
    const Tree upper;
    REQUIRE(upper.apply(tar("h", '1', "", "d/f"), LayerForm::Overlay, &lower));
    CHECK(upper.text("h") == "hello");
    CHECK(upper.status("h").st_ino == upper.status("d/f").st_ino);
    CHECK(upper.status("d").st_mtim.tv_sec == 1000);
    CHECK_FALSE(upper.apply(tar("i", '1', "", "never"), LayerForm::Overlay, &lower));
}

TEST_CASE("digests that are not what they should be are errors") {
    if (!is_root()) return;
    const Tree tree;
    const std::string archive = tar("a") + tar_end();
    LayerRequest request;
    request.directory = tree.fd;
    request.diff_id = digest_of("another").value();
    test::TextSource first{archive};
    CHECK_FALSE(apply_layer(first, request));
    request.diff_id = digest_of(archive).value();
    request.blob = BlobIdentity{digest_of(archive).value(), archive.size()};
    test::TextSource second{archive};
    CHECK(apply_layer(second, request));
    request.blob->digest = digest_of("another").value();
    test::TextSource third{archive};
    CHECK_FALSE(apply_layer(third, request));
}
