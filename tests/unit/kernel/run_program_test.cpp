// SPDX-License-Identifier: Apache-2.0
#include "kernel/run_program.hpp"

#include <unistd.h>

#include <array>
#include <string_view>

#include "kernel/files.hpp"
#include "support/catch.hpp"

using namespace oci;

TEST_CASE("a program is run to its end, with a file as one of its streams") {
    const auto file = kernel::make_memory_file("said");
    REQUIRE(file);
    const auto end = kernel::run_program({"/bin/sh", "-c", "echo hello >&2; exit 7"}, environ,
                                         file.value(), STDERR_FILENO);
    REQUIRE(end);
    CHECK(end.value().status == 7);
    std::array<char, 64> buffer{};
    const auto size = kernel::read_at(file.value(), buffer, 0);
    REQUIRE(size);
    CHECK(std::string_view{buffer.data(), size.value()} == "hello\n");
}

TEST_CASE("a program that is not there is none that was run") {
    const auto file = kernel::make_memory_file("said");
    REQUIRE(file);
    const auto end = kernel::run_program({"/no/program"}, environ, file.value(), STDERR_FILENO);
    REQUIRE(end);
    CHECK(end.value().status == kernel::not_executed);
}
