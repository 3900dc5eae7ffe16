// SPDX-License-Identifier: Apache-2.0
#include "features/hooks/output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "features/hooks/hooks.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace oci;
using Annotations = std::map<std::string, std::string>;

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<hooks::Prepared> saying(const std::string& script) {
    return hooks::prepare(
        {{.path = "/bin/sh", .args = {"sh", "-c", script}, .env = {}, .timeout = {}}});
}

}  // namespace

TEST_CASE("without annotations hooks write to no file") {
    const auto files = hooks::open_output(Annotations{{"a", "/b"}});
    REQUIRE(files);
    CHECK_FALSE(files.value().out);
    CHECK_FALSE(files.value().errors);
}

TEST_CASE("what hooks write is appended to the files of the annotations") {
    const test::TemporaryDirectory directory;
    const std::string out = directory.write("out", "before\n");
    const std::string errors = directory.path("errors");
    const auto files = hooks::open_output(
        Annotations{{"run.oci.hooks.stdout", out}, {"run.oci.hooks.stderr", errors}});
    REQUIRE(files);
    for (int i = 0; i < 2; ++i)
        CHECK(hooks::run_in_parent("prestart", saying("echo out; echo errors >&2"), "{}",
                                   {.cwd = nullptr, .files = files.value()}));
    CHECK(text_of(out) == "before\nout\nout\n");
    CHECK(text_of(errors) == "errors\nerrors\n");
    struct stat made {};
    REQUIRE(::stat(errors.c_str(), &made) == 0);
    CHECK((made.st_mode & 077) == 0);
}

TEST_CASE("what goes to no file is still in the error") {
    const test::TemporaryDirectory directory;
    const auto files =
        hooks::open_output(Annotations{{"run.oci.hooks.stdout", directory.path("out")}});
    REQUIRE(files);
    const auto ran = hooks::run_in_parent("prestart", saying("echo out; echo why >&2; exit 3"),
                                          "{}", {.cwd = nullptr, .files = files.value()});
    REQUIRE_FALSE(ran);
    CHECK(ran.error().message == "error running prestart hook #0: exit status 3: why");
}

TEST_CASE("relative paths, symlinks, FIFOs and directories take no output of hooks") {
    const test::TemporaryDirectory directory;
    const std::string link = directory.path("link");
    const std::string fifo = directory.path("fifo");
    REQUIRE(::symlink("target", link.c_str()) == 0);
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& path :
         {std::string{"out"}, std::string{}, link, fifo, directory.path(), std::string{"/no/out"}})
        for (const char* key : {"run.oci.hooks.stdout", "run.oci.hooks.stderr"}) {
            INFO(path);
            CHECK_FALSE(hooks::open_output(Annotations{{key, path}}));
        }
    CHECK(hooks::open_output(Annotations{{"run.oci.hooks.stdout", "/dev/null"}}));
}
