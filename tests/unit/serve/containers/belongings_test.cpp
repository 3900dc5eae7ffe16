// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/belongings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "support/catch.hpp"

namespace oci::serve {
namespace {

UniqueFd nothing() {
    auto file = kernel::open_at(kernel::here, "/dev/null", O_RDWR);
    REQUIRE(file);
    return std::move(file).value();
}

std::string read_all(const UniqueFd& fd) {
    std::array<char, 64> buffer;
    const auto size = kernel::read_some(fd, buffer);
    return size ? std::string{buffer.data(), size.value()} : std::string{"?"};
}

/// A process whose standard output is a pipe into which it has written, and that nobody reads.
struct Writer {
    Writer() {
        auto pipe = kernel::make_pipe();
        auto gate = kernel::make_pipe();
        REQUIRE(pipe);
        REQUIRE(gate);
        auto clone = kernel::clone({});
        REQUIRE(clone);
        if (clone.value().pid == 0) {
            (void)kernel::duplicate_onto(pipe.value().writer, STDOUT_FILENO);
            (void)kernel::duplicate_onto(pipe.value().writer, STDERR_FILENO);
            (void)!::write(STDOUT_FILENO, "words", 5);
            (void)kernel::close_range(3, ~0U);
            for (;;) ::pause();
        }
        gate.value().writer.reset();
        pipe.value().writer.reset();
        std::array<char, 1> byte;
        (void)kernel::read_some(gate.value().reader, byte);  // until it has closed all else
        reader = std::move(pipe).value().reader;
        process = kernel::Process{clone.value().pid, std::move(clone.value().pidfd)};
    }
    UniqueFd reader;
    kernel::Process process;
};

}  // namespace

TEST_CASE("what comes with hello is told by its names, and told on") {
    std::array all{nothing(), nothing(), nothing(), nothing()};
    const int second = all[1].get();
    const Belongings taken = take_belongings("pidfd stdout stderr stdin", all);
    CHECK(taken.are_there());
    CHECK(taken.output.get() == second);
    CHECK(taken.names() == "pidfd stdout stderr stdin");
    CHECK(taken.numbers().size() == 4);
    std::array two{nothing(), nothing(), nothing()};
    CHECK(take_belongings("pidfd stdout stdin", two).names() == "pidfd stdout stdin");
    std::array one{nothing()};
    CHECK_FALSE(take_belongings("pidfd stdout", one).are_there());
    CHECK_FALSE(take_belongings("", {}).are_there());
}

TEST_CASE("a pipe that nobody reads is found again with what is in it") {
    Writer writer;
    writer.reader.reset();
    const auto found = find_belongings(writer.process.pid(), writer.process.pidfd());
    REQUIRE(found);
    CHECK(read_all(found.value().output) == "words");
    // Both are one pipe, which has a reader now.
    CHECK(read_all(found.value().error).empty());
}

TEST_CASE("a pipe that has a reader is none of ours") {
    const Writer writer;
    const auto found = find_belongings(writer.process.pid(), writer.process.pidfd());
    REQUIRE(found);
    CHECK(read_all(found.value().output).empty());
    CHECK(read_all(writer.reader) == "words");
}

}  // namespace oci::serve
