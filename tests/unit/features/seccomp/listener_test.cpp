// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/listener.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <array>
#include <filesystem>

#include "kernel/files.hpp"
#include "kernel/socket.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

/// An agent that has not yet accepted anybody.
class Listening {
public:
    Listening() {
        std::string name{"/tmp/oci-rt-agent-XXXXXX"};
        folder = ::mkdtemp(name.data());
        path = folder / "socket";
        const auto directory =
            kernel::open_at(kernel::here, folder.c_str(), O_RDONLY | O_DIRECTORY);
        REQUIRE(directory);
        auto made = kernel::listen_at(directory.value(), "socket", kernel::SocketKind::Stream);
        REQUIRE(made);
        socket = std::move(made).value();
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening() { std::filesystem::remove_all(folder); }

    [[nodiscard]] UniqueFd accept() const {
        auto connection = kernel::accept_connection(socket);
        REQUIRE(connection);
        return std::move(connection).value();
    }

    std::filesystem::path folder;
    std::filesystem::path path;
    UniqueFd socket;
};

/// Until the other side has closed the connection.
std::string all_of(FdView connection, int& passengers) {
    std::string text;
    std::array<std::byte, 4096> buffer{};
    for (;;) {
        const auto packet = kernel::receive_packet(connection, buffer);
        REQUIRE(packet);
        if (packet.value().size == 0) return text;
        if (packet.value().passenger) ++passengers;
        text.append(reinterpret_cast<const char*>(buffer.data()), packet.value().size);
    }
}

}  // namespace

TEST_CASE("the container process state has the members of the specification") {
    CHECK(seccomp::container_process_state({"/a", "MKNOD=\"x\""}, 42, R"({"id":"box"})") ==
          R"({"ociVersion":"1.3.0","fds":["seccompFd"],"pid":42,"metadata":"MKNOD=\"x\"",)"
          R"("state":{"id":"box"}})");
    CHECK(seccomp::container_process_state({"/a", ""}, 1, "{}") ==
          R"({"ociVersion":"1.3.0","fds":["seccompFd"],"pid":1,"state":{}})");
}

TEST_CASE("without a path there is no agent to reach") {
    CHECK(seccomp::check_socket({}));
    CHECK(seccomp::Agent::reach({}));
}

TEST_CASE("looking for an agent leaves it alone, and finds no other file") {
    const Listening agent;
    ::fcntl(agent.socket.get(), F_SETFL, O_NONBLOCK);
    CHECK(seccomp::check_socket({agent.path, {}}));
    CHECK_FALSE(kernel::accept_connection(agent.socket));
    const auto folder = seccomp::check_socket({agent.folder, {}});
    REQUIRE_FALSE(folder);
    CHECK_THAT(folder.error().message, Catch::Contains("failed to connect with seccomp agent: "
                                                       "/linux/seccomp/listenerPath " +
                                                       agent.folder.string()));
    CHECK(seccomp::check_socket({"@no such agent", {}}));
    CHECK_FALSE(seccomp::Agent::reach({"@no such agent", {}}));
    CHECK_FALSE(seccomp::Agent::reach({agent.folder / "none", {}}));
}

TEST_CASE("each message has a connection of its own, and one descriptor") {
    const Listening listening;
    auto agent = seccomp::Agent::reach({listening.path, {}});
    REQUIRE(agent);
    const UniqueFd first = listening.accept();
    const std::string message(10'000, 'x');
    REQUIRE(agent.value().tell(message, FdView{0}));
    int passengers = 0;
    CHECK(all_of(first, passengers) == message);
    CHECK(passengers == 1);
    REQUIRE(agent.value().tell("again", FdView{0}));
    CHECK(all_of(listening.accept(), passengers) == "again");
    CHECK(passengers == 2);
}

TEST_CASE("an agent that hangs up is not taken for one that listens") {
    const Listening listening;
    auto agent = seccomp::Agent::reach({listening.path, {}});
    REQUIRE(agent);
    listening.accept().reset();
    const auto told = agent.value().tell("message", FdView{0});
    REQUIRE_FALSE(told);
    CHECK_THAT(told.error().message, Catch::Contains("failed to send"));
}
