// SPDX-License-Identifier: Apache-2.0
#include "host/processes.hpp"

#include <unistd.h>

#include "support/catch.hpp"

using namespace oci;

TEST_CASE("an id is translated by the range that it lies in") {
    constexpr auto map = "         0       1000          1\n         1     100000      65536\n";
    CHECK(host::id_inside(map, 1000) == 0U);
    CHECK(host::id_inside(map, 100000) == 1U);
    CHECK(host::id_inside(map, 165535) == 65536U);
    CHECK_FALSE(host::id_inside(map, 165536));
    CHECK_FALSE(host::id_inside(map, 0));
    CHECK_FALSE(host::id_inside("", 0));
    CHECK(host::id_inside("0 0 4294967295", 4294967294U) == 4294967294U);
}

TEST_CASE("the pid inside is the innermost, the user the effective one") {
    ProcessInfo info;
    host::read_status(
        "Name:\ta b\nState:\tZ (zombie)\nTgid:\t9\nPPid:\t3\nUid:\t1\t2\t3\t4\n"
        "Gid:\t5\t6\t7\t8\nNSpid:\t900\t20\t1\nVmRSS:\t     12 kB\nThreads:\t4\n",
        info);
    CHECK(info.name == "a b");
    CHECK(info.state == 'Z');
    CHECK(info.parent == 3);
    CHECK(info.pid_inside == 1);
    CHECK(info.uid == 2U);
    CHECK(info.gid == 6U);
    CHECK(info.memory == 12U * 1024);
    CHECK(info.threads == 4);
}

TEST_CASE("a name with parentheses and blanks hides no processor time") {
    ProcessInfo info;
    host::read_cpu_time("7 (a) 1 (b) R 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0", info);
    CHECK(info.cpu_time ==
          std::chrono::nanoseconds{200} * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
    host::read_cpu_time("", info);
    host::read_cpu_time("7 (a) R", info);
    CHECK(info.cpu_time.count() == 0);
}

TEST_CASE("an argument may be empty or hold blanks") {
    using Words = std::vector<std::string>;
    CHECK(host::read_command(std::string_view{"sh\0-c\0\0a b\0", 11}) ==
          Words{"sh", "-c", "", "a b"});
    CHECK(host::read_command("title").size() == 1);
    CHECK(host::read_command("").empty());
}

TEST_CASE("this process can be described, one that is not there cannot") {
    const auto self = host::describe_process(::getpid(), "/none");
    REQUIRE(self);
    CHECK(self->parent == ::getppid());
    CHECK(self->uid == ::geteuid());
    CHECK(self->memory > 0);
    CHECK_FALSE(self->command.empty());
    CHECK_FALSE(host::describe_process(0x7ffffffe, ""));
}
