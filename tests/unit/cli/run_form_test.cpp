// SPDX-License-Identifier: Apache-2.0
#include "cli/run_form.hpp"

#include "cli/verbs.hpp"
#include "support/catch.hpp"

using namespace oci::cli;

namespace {

RunForm form(std::vector<std::string> words, bool has_config = false) {
    VerbOptions options;
    OptionTable of_bundle;
    OptionTable of_image;
    describe_run_of_bundle(of_bundle, options);
    describe_run_of_image(of_image, options);
    for (OptionTable* table : {&of_bundle, &of_image})
        table->push_back({'h', "help", "", "", &options.help});
    of_image.push_back({'d', "detach", "", "", &options.run.detach});
    return run_form(words, of_bundle, of_image, [&] { return has_config; });
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("what only bundles have makes it a bundle") {
    for (const Words& words :
         {Words{"--bundle", "/srv/box", "box"}, Words{"-b/srv/box", "box"},
          Words{"-bundle=/srv/box", "box"}, Words{"box", "--bundle", "/srv/box"},
          Words{"box", "-d", "--pid-file", "/p"}, Words{"--keep", "box"},
          Words{"-d", "-f", "x", "b"}, Words{"--bundle", "a/b", "-e", "x"},
          Words{"--rootfs-overlay=f", "box"}}) {
        INFO(words.back());
        CHECK(form(words) == RunForm::Bundle);
    }
}

TEST_CASE("an option of the image form makes it an image") {
    for (const Words& words :
         {Words{"-it", "debian"}, Words{"--rm", "debian"}, Words{"-d", "--name=web", "debian"},
          Words{"-e", "--bundle", "debian"}, Words{"-v/a:/b", "debian", "--bundle", "x"}}) {
        INFO(words.front());
        CHECK(form(words, true) == RunForm::Image);
    }
}

TEST_CASE("a word that can be no id is an image") {
    for (const char* word : {"debian:12", "team/app", "localhost:5000/app", "app@sha256:00"})
        CHECK(form({word}, true) == RunForm::Image);
}

TEST_CASE("more words make the first an image") {
    CHECK(form({"debian", "ls"}, true) == RunForm::Image);
    CHECK(form({"debian", "ls", "-d"}, true) == RunForm::Image);
    CHECK(form({"debian", "--version"}, true) == RunForm::Image);
    CHECK(form({"debian", "--", "ls"}, true) == RunForm::Image);
    CHECK(form({"box", "-d"}) == RunForm::Bundle);
}

TEST_CASE("a single bare word is a bundle where there is one") {
    CHECK(form({"box"}, true) == RunForm::Bundle);
    CHECK(form({"-d", "box"}, true) == RunForm::Bundle);
    CHECK(form({"--", "box"}, true) == RunForm::Bundle);
    CHECK(form({"box"}, false) == RunForm::Image);
}

TEST_CASE(
    "without a word, and for an option that nobody has, it is the older form that complains") {
    CHECK(form({}) == RunForm::Bundle);
    CHECK(form({"--help"}) == RunForm::Bundle);
    CHECK(form({"--strange", "box"}, true) == RunForm::Bundle);
}
