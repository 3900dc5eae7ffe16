// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

namespace {

using oci::cli::Invocation;
using Words = std::vector<std::string>;

oci::Result<Invocation> parse(const Words& arguments) {
    auto invocation = oci::cli::parse_globals(arguments);
    if (!invocation) return invocation;
    const Invocation& so_far = invocation.value();
    if (so_far.verb == nullptr && so_far.unknown_verb.empty()) return invocation;
    if (auto rest = oci::cli::parse_verb(invocation.value()); !rest)
        return oci::Failure{std::move(rest).error()};
    return invocation;
}

Words words_of(std::string_view line) {
    Words words;
    for (const std::string_view word : oci::split(line, ' ')) words.emplace_back(word);
    return words;
}

Invocation parsed(std::string_view line) {
    auto invocation = parse(words_of(line));
    INFO((invocation ? "" : invocation.error().message));
    REQUIRE(invocation);
    return std::move(invocation).value();
}

std::string problem(std::string_view line) {
    const auto invocation = parse(words_of(line));
    REQUIRE_FALSE(invocation);
    return invocation.error().message;
}

}  // namespace

// ---- what engines say -------------------------------------------------------------

TEST_CASE("containerd creates") {
    const auto call = parsed(
        "--root /run/containerd/runc/moby --log /b/log.json --log-format json --systemd-cgroup "
        "--rootless=false create --bundle /b --pid-file /b/init.pid --console-socket /tmp/pty.sock "
        "--pidfd-socket /tmp/pidfd.sock --no-pivot --no-new-keyring --detach --preserve-fds 2 box");
    CHECK(call.verb->name == "create");
    CHECK(call.globals.root == "/run/containerd/runc/moby");
    CHECK(call.globals.log == "/b/log.json");
    CHECK(call.globals.log_format == "json");
    CHECK(call.globals.systemd_cgroup);
    const auto& create = call.options.run.create;
    CHECK(create.bundle == "/b");
    CHECK(create.pid_file == "/b/init.pid");
    CHECK(create.console_socket == "/tmp/pty.sock");
    CHECK(create.pidfd_socket == "/tmp/pidfd.sock");
    CHECK(create.no_pivot);
    CHECK(create.no_new_keyring);
    CHECK(create.preserve_fds == 2);
    CHECK(call.words == Words{"box"});
}

TEST_CASE("containerd 1.6 names criu") {
    CHECK(
        parsed("--root /r --log l --log-format json --criu /usr/sbin/criu start box").verb->name ==
        "start");
}

TEST_CASE("containerd executes with a process file") {
    const auto call = parsed(
        "--root /r --log l --log-format json exec --process /tmp/runc-process1 --detach "
        "--pid-file /b/e.pid box");
    CHECK(call.options.exec.process_file == "/tmp/runc-process1");
    CHECK(call.options.exec.detach);
    CHECK(call.options.exec.pid_file == "/b/e.pid");
    CHECK(call.words == Words{"box"});
}

TEST_CASE("containerd kills, deletes and lists processes") {
    const auto kill = parsed("--root /r kill --all box 9");
    CHECK(kill.options.kill.all);
    CHECK(kill.words == Words{"box", "9"});
    CHECK(parsed("delete --force box").options.remove.force);
    const auto ps = parsed("ps --format json box");
    CHECK(ps.options.format == "json");
    CHECK(ps.words == Words{"box"});
    CHECK(parsed("ps --format table box -ef").words == Words{"box", "-ef"});
    CHECK(parsed("list --format=json").options.format == "json");
}

TEST_CASE("go-runc spells no-subreaper with one dash") {
    CHECK(parsed("run -no-subreaper --bundle /b box").options.run.no_subreaper);
}

TEST_CASE("BuildKit runs and keeps") {
    const auto call = parsed("--log l --log-format json run --bundle /b --keep box");
    CHECK(call.options.run.keep);
    CHECK_FALSE(call.options.run.detach);
    CHECK(call.options.run.create.bundle == "/b");
}

TEST_CASE("podman's conmon creates without a cgroup") {
    const auto call = parsed(
        "--log-format=json --log /run/oci-log --cgroup-manager disabled create --bundle /b "
        "--pid-file /b/pidfile --no-new-keyring --preserve-fds 3 --console-socket /tmp/c.sock box");
    CHECK(call.globals.log_format == "json");
    CHECK(call.globals.cgroup_manager == "disabled");
    CHECK(call.options.run.create.preserve_fds == 3);
}

TEST_CASE("conmon executes, with or without --tty") {
    const auto call =
        parsed("exec --pid-file /p --process /f --detach --tty --console-socket /c box");
    CHECK(call.options.exec.terminal == true);
    CHECK(call.options.exec.console_socket == "/c");
    CHECK_FALSE(
        parsed("exec --pid-file /p --process /f --detach box").options.exec.terminal.has_value());
}

TEST_CASE("podman speaks to the runtime directly") {
    for (const char* line : {"start box", "kill --all box 15", "delete --force box", "pause box",
                             "resume box", "state box"})
        CHECK(parsed(line).words.front() == "box");
}

TEST_CASE("conmon-rs repeats global options and the last one wins") {
    const auto call = parsed("--root=/a --systemd-cgroup --root=/b --systemd-cgroup state box");
    CHECK(call.globals.root == "/b");
    CHECK(call.globals.systemd_cgroup);
}

TEST_CASE("CRI-O kills with a letter") {
    CHECK(parsed("--root=/r kill -a box 9").options.kill.all);
}

TEST_CASE("Buildah sends no signal") { CHECK(parsed("kill box").words == Words{"box"}); }

// ---- each verb ----------------------------------------------------------------------

TEST_CASE("create and run share their options") {
    for (const char* verb : {"create", "run"}) {
        const auto call = parsed(std::string{verb} + " -b /b -f /c.json box");
        CHECK(call.options.run.create.bundle == "/b");
        CHECK(call.options.run.create.config == "/c.json");
    }
}

TEST_CASE("run detaches by letter") { CHECK(parsed("run -d box").options.run.detach); }

TEST_CASE("exec takes a command with options of its own") {
    const auto call = parsed(
        "exec --cwd /w -e A=1 --env B=2 -t -u 1:2 -g 3 -g 4 -c CAP_KILL --no-new-privs --apparmor "
        "p "
        "--process-label l --cgroup sub --ignore-paused --preserve-fds 1 box ls -l --help");
    const auto& exec = call.options.exec;
    CHECK(exec.cwd == "/w");
    CHECK(exec.env == Words{"A=1", "B=2"});
    CHECK(exec.terminal == true);
    CHECK(exec.user == "1:2");
    CHECK(exec.additional_gids == std::vector<std::uint32_t>{3, 4});
    CHECK(exec.capabilities == Words{"CAP_KILL"});
    CHECK(exec.no_new_privileges == true);
    CHECK(exec.apparmor_profile == "p");
    CHECK(exec.selinux_label == "l");
    CHECK(exec.cgroup == "sub");
    CHECK(exec.ignore_paused);
    CHECK(exec.preserve_fds == 1);
    CHECK(call.words == Words{"box", "ls", "-l", "--help"});
}

TEST_CASE("exec may refuse a terminal") {
    CHECK(parsed("exec -t=false box ls").options.exec.terminal == false);
    CHECK(parsed("exec --tty=false box ls").options.exec.terminal == false);
    CHECK(parsed("exec --tty --tty=false box ls").options.exec.terminal == false);
}

TEST_CASE("dashes between id and command only part the two") {
    CHECK(parsed("exec box -- ls -l").words == Words{"box", "ls", "-l"});
    CHECK(parsed("exec -- box ls").words == Words{"box", "ls"});
}

TEST_CASE("exec takes every text as a value") {
    const auto call = parse({"exec", "--env", "A=[x,y]", "--env", "{}", "--cwd", "", "box", "ls"});
    REQUIRE(call);
    CHECK(call.value().options.exec.env == Words{"A=[x,y]", "{}"});
    CHECK(call.value().options.exec.cwd.empty());
}

TEST_CASE("kill and delete may name containers by expression") {
    CHECK(parsed("kill --regex ^b 9").options.regex);
    CHECK(parsed("delete -r ^b").options.regex);
}

TEST_CASE("spec chooses directory, file and kind") {
    const auto call = parsed(
        "spec --bundle /b -f other.json --rootless --preset podman --seccomp none "
        "--set /hostname=\"a=b\" --set=/mounts/-={}");
    CHECK(call.options.spec_place.bundle == "/b");
    CHECK(call.options.spec_place.file == "other.json");
    CHECK(call.options.spec.rootless);
    CHECK(call.options.spec.preset == "podman");
    CHECK(call.options.spec.seccomp == "none");
    CHECK(call.options.spec.changes == Words{"/hostname=\"a=b\"", "/mounts/-={}"});
    CHECK(problem("spec --preset lxc").find("docker, podman, kubernetes") != std::string::npos);
}

TEST_CASE("list may be quiet") { CHECK(parsed("list -q").options.quiet); }

TEST_CASE("help needs nothing else") {
    for (const auto& verb : oci::cli::verbs()) {
        CHECK(parsed(std::string{verb.name} + " --help").options.help);
        CHECK(parsed(std::string{verb.name} + " -h").options.help);
    }
    CHECK(parsed("--help").globals.help);
    CHECK(parsed("-v").globals.version);
    CHECK(parsed("--version").verb == nullptr);
}

TEST_CASE("rootless is accepted in every form") {
    for (const char* line : {"--rootless list", "--rootless=auto list", "--rootless true list"})
        CHECK(parsed(line).verb->name == "list");
}

// ---- mistakes -----------------------------------------------------------------------

TEST_CASE("an unknown option is named") {
    CHECK(problem("--invalidflag create box") == "unknown option --invalidflag");
    CHECK(problem("create --bogus box") == "unknown option --bogus");
    CHECK(problem("exec --bogus box ls") == "unknown option --bogus");
    CHECK(problem("kill -x box") == "unknown option -x");
}

TEST_CASE("a global option behind the verb is unknown") {
    CHECK(problem("state --root /r box") == "unknown option --root");
}

TEST_CASE("a verb is needed, and one of the known") {
    CHECK(problem("--debug") == "no verb given");
    CHECK(problem("frobnicate box") == "unknown verb frobnicate");
}

TEST_CASE("who asks for checkpoints is told that there are none, and nothing that means yes") {
    for (const std::string_view line : {"checkpoint --help", "restore --lsm-mount-context",
                                        "restore --image-path /i --work-path /w --detach "
                                        "--pid-file /p -no-subreaper --bundle /b x"}) {
        const std::string said = problem(line);
        CHECK(said.find("is not supported") != std::string::npos);
        CHECK(said.find("argument") == std::string::npos);
    }
}

TEST_CASE("too few and too many words are refused") {
    CHECK(problem("create") == "create: missing argument: ID");
    CHECK(problem("start a b") == "start: unexpected argument b");
    CHECK(problem("kill a 9 b") == "kill: unexpected argument b");
    CHECK(problem("list a") == "list: unexpected argument a");
}

TEST_CASE("exec needs a command or a process file") {
    CHECK(problem("exec box") == "exec: missing argument: COMMAND, or --process FILE");
    CHECK(parsed("exec -p /f box").words == Words{"box"});
}

TEST_CASE("values outside their range are refused") {
    CHECK(problem("run --preserve-fds -1 box") ==
          "--preserve-fds: '-1' is not a number from 0 to 1048576");
    CHECK_FALSE(parse({"run", "--preserve-fds", "", "box"}));
    CHECK_FALSE(parse({"exec", "-g", "wheel", "box", "ls"}));
    CHECK_FALSE(parse({"exec", "-g", "4294967295", "box", "ls"}));
    CHECK_FALSE(parse({"exec", "--tty=maybe", "box", "ls"}));
    CHECK(problem("list --format xml") == "--format: 'xml' is none of table, json");
    CHECK_FALSE(parse({"--log-format", "xml", "list"}));
    CHECK_FALSE(parse({"--cgroup-manager", "xml", "list"}));
    CHECK_FALSE(parse({"--rootless=maybe", "list"}));
}
