// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

namespace {

std::string process(const std::string& members) {
    return refusal(config("\"process\":{" + members + "}"));
}

}  // namespace

TEST_CASE("without a process nothing of it is checked") { CHECK(refusal(config()) == "accepted"); }

TEST_CASE("a process names a program") {
    for (const char* members : {R"("cwd":"/")", R"("cwd":"/","args":[])",
                                R"("cwd":"/","args":["","x"])", R"("cwd":"/","args":null)"})
        CHECK(process(members) == "/process/args: must name a program to run");
}

TEST_CASE("a working directory is given, and absolute") {
    CHECK(process(R"("args":["sh"])") == "/process/cwd: is required, and must be absolute");
    CHECK(process(R"("args":["sh"],"cwd":"")") ==
          "/process/cwd: is required, and must be absolute");
    CHECK(process(R"("args":["sh"],"cwd":"tmp")") ==
          "/process/cwd: must be an absolute path (is \"tmp\")");
    CHECK(process(R"("args":["sh"],"cwd":"/)" + std::string(4096, 'a') + "\"") ==
          "/process/cwd: longer than 4096 bytes");
}

TEST_CASE("an environment is made of names and values") {
    CHECK(refusal(with_process(R"("env":["A=","B=x=y","C=a\nb"])")) == "accepted");
    for (const char* entry : {"", "A", "=x", "="})
        CHECK(refusal(with_process("\"env\":[\"OK=1\",\"" + std::string(entry) + "\"]")) ==
              "/process/env/1: must have the form NAME=value");
}

TEST_CASE("arguments fit into execve") {
    const auto argument = [](std::size_t size) {
        return process(R"("cwd":"/","args":["sh",")" + std::string(size, 'x') + "\"]");
    };
    CHECK(argument(131071) == "accepted");
    CHECK(argument(131072) == "/process/args/1: longer than 131071 bytes");
    const auto entry = [](std::size_t size) {
        return refusal(with_process("\"env\":[\"A=" + std::string(size - 2, 'x') + "\"]"));
    };
    CHECK(entry(131071) == "accepted");
    CHECK(entry(131072) == "/process/env/0: longer than 131071 bytes");

    std::string list = "\"sh\"";
    for (int i = 0; i < 17; ++i) list += ",\"" + std::string(131000, 'x') + "\"";
    CHECK(process(R"("cwd":"/","args":[)" + list + "]") ==
          "/process: args and env are larger than 2097152 bytes together");
}

TEST_CASE("user ids stop before (uid_t)-1") {
    CHECK(refusal(with_process(R"("user":{"uid":4294967294,"gid":4294967294,
        "additionalGids":[4294967294],"umask":511})")) == "accepted");
    CHECK(refusal(with_process(R"("user":{"gid":4294967295})")) ==
          "/process/user/gid: must be at most 4294967294");
    CHECK(refusal(with_process(R"("user":{"additionalGids":[0,4294967295]})")) ==
          "/process/user/additionalGids/1: must be at most 4294967294");
    CHECK(refusal(with_process(R"("user":{"umask":512})")) ==
          "/process/user/umask: must be at most 511 (octal 777)");
}

TEST_CASE("rlimits are known, unique and ordered") {
    const auto limits = [](const std::string& list) {
        return refusal(with_process("\"rlimits\":[" + list + "]"));
    };
    const std::string nofile = R"({"type":"RLIMIT_NOFILE","soft":1,"hard":1})";
    CHECK(limits(nofile + R"(,{"type":"RLIMIT_CORE","soft":0,"hard":18446744073709551615})") ==
          "accepted");
    CHECK(limits(nofile + "," + nofile) == "/process/rlimits/1/type: RLIMIT_NOFILE is given twice");
    CHECK(limits(R"({"type":"RLIMIT_NOFILES","soft":1,"hard":1})") ==
          "/process/rlimits/0/type: unknown value \"RLIMIT_NOFILES\" (did you mean "
          "\"RLIMIT_NOFILE\"?)");
    CHECK(limits(R"({"type":"RLIMIT_NOFILE","soft":2,"hard":1})") ==
          "/process/rlimits/0/soft: must not be above hard (2 > 1)");
    CHECK(limits(R"({"type":"RLIMIT_NOFILE","soft":-1,"hard":1})")
              .starts_with("/process/rlimits/0/soft: must be an integer"));
}

TEST_CASE("the oom score adjustment has a range") {
    CHECK(refusal(with_process(R"("oomScoreAdj":-1000)")) == "accepted");
    CHECK(refusal(with_process(R"("oomScoreAdj":1001)")) ==
          "/process/oomScoreAdj: must be from -1000 to 1000");
}

TEST_CASE("labels are a single line") {
    CHECK(refusal(with_process(R"("apparmorProfile":"a\nb")")) ==
          "/process/apparmorProfile: contains a control character");
    CHECK(refusal(with_process(R"("selinuxLabel":"a\tb")")) ==
          "/process/selinuxLabel: contains a control character");
}
