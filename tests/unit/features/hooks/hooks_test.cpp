// SPDX-License-Identifier: Apache-2.0
#include "features/hooks/hooks.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace oci;
using hooks::Ending;

Hook shell(const std::string& script) {
    return {.path = "/bin/sh", .args = {"sh", "-c", script}, .env = {}, .timeout = {}};
}

std::vector<hooks::Prepared> prepared(std::vector<Hook> configured) {
    Spec spec;
    spec.hooks.prestart = std::move(configured);
    auto plan = hooks::plan(spec);
    REQUIRE(plan);
    return std::move(plan).value().prestart;
}

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

hooks::Outcome outcome_of(std::vector<Hook> configured, const char* cwd = nullptr) {
    hooks::Outcome outcome;
    (void)hooks::run(prepared(std::move(configured)), "{}", cwd, outcome);
    return outcome;
}

std::string error_of(std::vector<Hook> configured) {
    const auto ran = hooks::run_in_parent("createRuntime", prepared(std::move(configured)), "{}",
                                          {.cwd = nullptr, .files = {}});
    return ran ? "" : ran.error().message;
}

}  // namespace

TEST_CASE("hooks without an absolute path or with a timeout of zero are refused") {
    Spec spec;
    spec.hooks.poststop = {shell("")};
    CHECK(hooks::plan(spec));
    spec.hooks.poststop[0].timeout = std::chrono::seconds{0};
    CHECK_FALSE(hooks::plan(spec));
    spec.hooks.poststop = {{.path = "sh"}};
    const auto plan = hooks::plan(spec);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().message.starts_with("/hooks/poststop/0/path"));
}

TEST_CASE("a hook without arguments has its path as argv[0]") {
    const auto ready = prepared({{.path = "/bin/true"}});
    CHECK(std::string{ready[0].argv[0]} == "/bin/true");
    CHECK(ready[0].argv[1] == nullptr);
    CHECK(ready[0].envp[0] == nullptr);
}

TEST_CASE("hooks run in order, with the state as stdin and exactly their environment") {
    const test::TemporaryDirectory files;
    const std::string out = files.path("out");
    Hook second = shell("{ env | grep -v -e ^PWD= -e ^_= -e ^SHLVL=; cat; } >>" + out);
    second.env = {"A=b"};
    hooks::Outcome outcome;
    const auto ran =
        hooks::run(prepared({shell("cat >" + out), second}), "{\"id\":1}", nullptr, outcome);
    CHECK(ran);
    CHECK(outcome.ending == Ending::Succeeded);
    CHECK(text_of(out) == "{\"id\":1}A=b\n{\"id\":1}");
}

TEST_CASE("a hook that does not read its stdin is no error") {
    hooks::Outcome outcome;
    const std::string large(1U << 20U, ' ');
    CHECK(hooks::run(prepared({{.path = "/bin/true"}}), large, nullptr, outcome));
}

TEST_CASE("a hook runs in the given directory, or in / if that is denied") {
    const test::TemporaryDirectory files;
    const std::string here = std::filesystem::canonical(files.path()).string();
    CHECK(outcome_of({shell("test \"$(pwd)\" = " + here)}, files.path().c_str()).ending ==
          Ending::Succeeded);
    CHECK(outcome_of({shell("true")}, "/no/such/place").ending == Ending::NotExecuted);
    if (!test::is_root()) return;
    const int status = test::in_child([&] {
        const auto ready = prepared({shell("test \"$(pwd)\" = /")});
        if (::setresuid(1234, 1234, 1234) != 0) return 1;
        hooks::Outcome outcome;
        return hooks::run(ready, "{}", files.path().c_str(), outcome) ? 0 : 2;
    });
    CHECK(status == 0);
}

TEST_CASE("the first hook that fails ends the row") {
    const test::TemporaryDirectory files;
    const hooks::Outcome outcome =
        outcome_of({shell("true"), shell("exit 3"), shell("touch " + files.path("never"))});
    CHECK(outcome.ending == Ending::Exited);
    CHECK(outcome.index == 1);
    CHECK(outcome.detail == 3);
    CHECK_FALSE(std::filesystem::exists(files.path("never")));
}

TEST_CASE("the ways a hook fails are told apart") {
    CHECK(error_of({shell("exit 3")}) == "error running createRuntime hook #0: exit status 3");
    CHECK(error_of({shell("true"), shell("echo a >&2; echo \"b \x1b\"; exit 1")}) ==
          "error running createRuntime hook #1: exit status 1: a b \\x1b");
    CHECK(error_of({shell("kill -9 $$")}) ==
          "error running createRuntime hook #0: killed by signal 9");
    CHECK(error_of({{.path = "/no/hook"}}) ==
          "error running createRuntime hook #0: exec /no/hook: no such file or directory");
    CHECK(error_of({{.path = "/etc"}}) ==
          "error running createRuntime hook #0: exec /etc: permission denied");
    CHECK(error_of({shell("true")}).empty());
}

TEST_CASE("a hook that runs too long is killed with its children") {
    const test::TemporaryDirectory files;
    const std::string pid_file = files.path("pid");
    Hook slow = shell("sleep 60 & echo $! >" + pid_file + "; wait");
    slow.timeout = std::chrono::seconds{1};
    CHECK(error_of({slow}) ==
          "error running createRuntime hook #0: hook ran past specified timeout of 1s");
    const pid_t child = std::stoi(text_of(pid_file));
    bool is_gone = false;
    for (int i = 0; i < 100 && !is_gone; ++i) {
        const std::string state = text_of("/proc/" + std::to_string(child) + "/stat");
        is_gone = state.empty() || state.find(") Z ") != std::string::npos;
        ::usleep(10'000);
    }
    CHECK(is_gone);
}

TEST_CASE("a hook has a session, default signals and no descriptor of the caller") {
    const test::TemporaryDirectory files;
    const std::string out = files.path("out");
    const int leaked = ::memfd_create("leaked", 0);  // not close-on-exec
    ::signal(SIGPIPE, SIG_IGN);
    const hooks::Outcome outcome =
        outcome_of({shell("exec grep -E 'SigBlk|SigIgn' /proc/self/status >" + out),
                    shell("test ! -e /proc/self/fd/" + std::to_string(leaked)),
                    // Field 6 of /proc/PID/stat is the session.
                    shell("read -r pid _ _ _ _ session _ </proc/$$/stat && test $pid = $session")});
    ::signal(SIGPIPE, SIG_DFL);
    ::close(leaked);
    CHECK(outcome.ending == Ending::Succeeded);
    CHECK(text_of(out) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("what is to be done before execve is done in the hook's process") {
    const auto ready = prepared({shell("exit 0")});
    hooks::Outcome outcome;
    const int refusal = ESRCH;
    const hooks::Extras refusing{
        .before_exec = [](const void* code,
                          FdView) noexcept { return *static_cast<const int*>(code); },
        .context = &refusal};
    CHECK_FALSE(hooks::run(ready, "{}", nullptr, outcome, refusing));
    CHECK(outcome.ending == Ending::NotExecuted);
    CHECK(outcome.detail == ESRCH);
}

TEST_CASE("all poststop hooks run even if one fails") {
    const test::TemporaryDirectory files;
    hooks::run_all(
        "poststop",
        prepared({shell("exit 1"), {.path = "/no/hook"}, shell("touch " + files.path("last"))}),
        "{}", {.cwd = nullptr, .files = {}});
    CHECK(std::filesystem::exists(files.path("last")));
}
