// SPDX-License-Identifier: Apache-2.0
#include "features/process/arguments.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace oci;

Process process_with(std::vector<std::string> args, std::vector<std::string> env = {}) {
    Process process;
    process.args = std::move(args);
    process.env = std::move(env);
    return process;
}

std::vector<std::string> texts_of(const std::vector<char*>& pointers) {
    REQUIRE(pointers.back() == nullptr);
    return {pointers.begin(), pointers.end() - 1};
}

using Texts = std::vector<std::string>;

int search(const Process& process) {
    auto plan = arguments::plan(process);
    Progress progress;
    const auto found = arguments::find_program(plan.value(), progress);
    return found ? 0 : found.error().code;
}

}  // namespace

TEST_CASE("arguments are passed as they are") {
    const auto plan = arguments::plan(process_with({"/bin/sh", "-c", ""}));
    REQUIRE(plan);
    CHECK(texts_of(plan.value().argv) == Texts{"/bin/sh", "-c", ""});
}

TEST_CASE("a plan that was moved still points to its own texts") {
    auto plan = arguments::plan(process_with({"a"}, {"B=c"}));
    REQUIRE(plan);
    const arguments::Plan moved = std::move(plan).value();
    CHECK(texts_of(moved.argv) == Texts{"a"});
    CHECK(texts_of(moved.envp) == Texts{"B=c", "HOME=/"});
    CHECK(moved.envp[1] == moved.home.data());
}

TEST_CASE("the last variable of a name wins and keeps its place") {
    const auto plan =
        arguments::plan(process_with({"a"}, {"A=1", "HOME=/h", "B=2", "A=x=y", "C=\n"}));
    REQUIRE(plan);
    CHECK(texts_of(plan.value().envp) == Texts{"HOME=/h", "B=2", "A=x=y", "C=\n"});
    CHECK(plan.value().home.empty());
}

TEST_CASE("an empty HOME counts as none") {
    const auto plan = arguments::plan(process_with({"a"}, {"HOME=/h", "HOME="}));
    REQUIRE(plan);
    CHECK(texts_of(plan.value().envp) == Texts{"HOME=/"});
}

TEST_CASE("arguments and variables must be well-formed") {
    CHECK_FALSE(arguments::plan(process_with({})));
    CHECK_FALSE(arguments::plan(process_with({std::string{"a\0b", 3}})));
    CHECK_FALSE(arguments::plan(process_with({"a"}, {"=x"})));
    CHECK_FALSE(arguments::plan(process_with({"a"}, {"x"})));
    CHECK_FALSE(arguments::plan(process_with({"a"}, {std::string{"A=\0", 3}})));
}

TEST_CASE("candidates come from PATH only for a name without a slash") {
    const auto candidates = [](const Process& process) {
        return arguments::plan(process).value().candidates;
    };
    CHECK(candidates(process_with({"./a"}, {"PATH=/x"})) == Texts{"./a"});
    CHECK(candidates(process_with({"a"}, {"PATH=/x::y"})) == Texts{"/x/a", "./a", "y/a"});
    CHECK(candidates(process_with({"a"})).size() == 6);
    CHECK(candidates(process_with({""})).empty());
}

TEST_CASE("the first executable candidate is chosen") {
    const test::TemporaryDirectory files;
    files.write("one/tool", "", 0644);
    files.write("two/tool", "#!/bin/sh\n", 0755);
    const auto process =
        process_with({"tool"}, {"PATH=/nowhere:" + files.path("one") + ":" + files.path("two")});
    auto plan = arguments::plan(process);
    REQUIRE(plan);
    Progress progress;
    REQUIRE(arguments::find_program(plan.value(), progress));
    CHECK(plan.value().chosen == 2);
    CHECK(progress.subject == "tool");
}

TEST_CASE("a program that is not there or not executable is an errno") {
    const test::TemporaryDirectory files;
    files.write("plain", "", 0644);
    CHECK(search(process_with({files.path("none")})) == ENOENT);
    CHECK(search(process_with({files.path("plain")})) == EACCES);
    CHECK(search(process_with({files.path()})) == EISDIR);
    CHECK(search(process_with({"none"}, {"PATH=" + files.path()})) == ENOENT);
    CHECK(search(process_with({"plain"}, {"PATH=" + files.path()})) == EACCES);
    CHECK(search(process_with({""})) == ENOENT);
}

TEST_CASE("failures are told in the words that engines look for") {
    using arguments::describe_failure;
    CHECK(describe_failure("foo", ENOENT) == "exec: \"foo\": executable file not found in $PATH");
    CHECK(describe_failure("/x/y", ENOENT) ==
          "exec: \"/x/y\": stat /x/y: no such file or directory");
    CHECK(describe_failure("/etc", EISDIR) == "exec: \"/etc\": permission denied");
    CHECK(describe_failure("/etc/passwd", EACCES) == "exec: \"/etc/passwd\": permission denied");
    CHECK(arguments::describe_failed_execution("/run.sh", ENOENT) ==
          "exec /run.sh: no such file or directory");
}

TEST_CASE("HOME is read from the root's passwd file") {
    const test::TemporaryDirectory root;
    root.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:7:7::/home/ann:/bin/sh\n");
    auto plan = arguments::plan(process_with({"a"}));
    REQUIRE(plan);
    REQUIRE(arguments::find_home(plan.value(), root.open(), 7));
    CHECK(std::string_view{plan.value().envp[0]} == "HOME=/home/ann");
    REQUIRE(arguments::find_home(plan.value(), root.open(), 8));
    CHECK(std::string_view{plan.value().envp[0]} == "HOME=/");
}

TEST_CASE("the payload gets exactly the planned environment") {
    const int status = test::in_child([] {
        auto plan = arguments::plan(process_with(
            {"/bin/sh", "-c", "test \"$A\" = 'b c' && test \"$HOME\" = / && exit 7"}, {"A=b c"}));
        return arguments::execute(plan.value()) ? 1 : 2;
    });
    CHECK(status == 7);
}
