// SPDX-License-Identifier: Apache-2.0
#include "engine/failure.hpp"

#include <cerrno>
#include <csignal>

#include "support/catch.hpp"

using oci::Error;
using oci::engine::error_of;
using oci::engine::Message;

namespace {

Error error(std::string_view step, std::string_view subject, int code, const char* call) {
    return error_of(Message::failed(step, subject, {code, call}));
}

}  // namespace

TEST_CASE("an error of init says step, subject, call and errno") {
    const Error failed = error("mounts", "/data (/mounts/7)", ENODEV, "fsopen");
    CHECK(failed.message == "init: mounts /data (/mounts/7): fsopen: no such device");
    CHECK(failed.phase == "mounts");
    CHECK(failed.pointer == "/mounts/7");
    CHECK(failed.number == ENODEV);
    CHECK(failed.code == "filesystem-unknown");
    CHECK_FALSE(failed.hint.empty());
}

TEST_CASE("the pointer of an error of init comes from its step or its subject") {
    CHECK(error("hostname", "domainname", EPERM, "setdomainname").pointer == "/domainname");
    CHECK(error("sysctl", "net.a", EPERM, "write").pointer == "/linux/sysctl/net.a");
    CHECK(error("sysctl", "net/a", EPERM, "write").pointer.empty());
    CHECK(error("seccomp", "/linux/seccomp", EPERM, "seccomp").pointer == "/linux/seccomp");
    CHECK(error("namespaces", "/x (/linux/namespaces/1/path)", EPERM, "setns").pointer ==
          "/linux/namespaces/1/path");
    CHECK(error("devices", "/dev/null", EPERM, "mknod").pointer.empty());
    CHECK(error("rootfs", "/srv/(/root)", EPERM, "open").pointer == "/root/path");
    CHECK(error("ready", "", EPERM, "sendmsg").pointer.empty());
}

TEST_CASE("a program that cannot be executed has its own words and no advice") {
    const Error missing = error("exec", "nosuch", ENOENT, "find program");
    CHECK(missing.message == "exec: \"nosuch\": executable file not found in $PATH");
    CHECK(missing.code == "program-not-found");
    CHECK(missing.pointer == "/process/args/0");
    const Error full = error("execve", "/bin/x", EMFILE, "execve");
    CHECK(full.code == "program-not-executable");
    CHECK(full.hint.empty());
}

TEST_CASE("a hook of init is told as one, with its path") {
    Message message = Message::failed("startContainer", "/bin/hook", {ENOENT, "execve"});
    message.hook.ending = oci::hooks::Ending::NotExecuted;
    message.hook.detail = ENOENT;
    message.hook.index = 2;
    const Error failed = error_of(message);
    CHECK(failed.message ==
          "error running startContainer hook #2: exec /bin/hook: no such file or directory");
    CHECK(failed.code == "hook-missing");
    CHECK(failed.pointer == "/hooks/startContainer/2");
    CHECK(failed.number == ENOENT);
}

TEST_CASE("an init that ends without a word was killed, or is lost") {
    CHECK(error_of(oci::kernel::Exit{.status = 128 + SIGKILL, .by_signal = true}).code ==
          "init-killed");
    CHECK(error_of(oci::kernel::Exit{.status = 128 + SIGKILL, .by_signal = false}).code ==
          "init-lost");
}
