// SPDX-License-Identifier: Apache-2.0
#include "engine/notify_proxy.hpp"

#include "support/catch.hpp"

using oci::engine::NotifyProxy;
using oci::engine::notify::forwardable;
using oci::engine::notify::says_ready;
using namespace std::string_literals;

TEST_CASE("what a container says of itself is passed on as it is") {
    CHECK(forwardable("READY=1") == "READY=1");
    CHECK(forwardable("STATUS=half way: 50% = fine") == "STATUS=half way: 50% = fine");
    CHECK(forwardable("READY=1\nSTATUS=up\nERRNO=2\nWATCHDOG=1") ==
          "READY=1\nSTATUS=up\nERRNO=2\nWATCHDOG=1");
    CHECK(forwardable("RELOADING=1\nSTOPPING=1\nEXTEND_TIMEOUT_USEC=7\n") ==
          "RELOADING=1\nSTOPPING=1\nEXTEND_TIMEOUT_USEC=7");
}

TEST_CASE("what a container must not say to the manager is left out") {
    CHECK(forwardable("MAINPID=1").empty());
    CHECK(forwardable("BARRIER=1").empty());
    CHECK(forwardable("FDSTORE=1\nREADY=1\nFDNAME=x\nMAINPID=1") == "READY=1");
    CHECK(forwardable("ready=1").empty());
    CHECK(forwardable(" READY=1").empty());
    CHECK(forwardable("READYMAINPID=1").empty());
}

TEST_CASE("a datagram without a line to pass on is nothing") {
    CHECK(forwardable("").empty());
    CHECK(forwardable("\n\n\n").empty());
    CHECK(forwardable("READY").empty());
    CHECK(forwardable("=READY").empty());
}

TEST_CASE("a line with a NUL does not spoil its neighbours") {
    CHECK(forwardable("STATUS=a\0b\nREADY=1"s) == "READY=1");
}

TEST_CASE("only READY=1 is ready") {
    CHECK(says_ready("READY=1"));
    CHECK(says_ready("STATUS=up\nREADY=1"));
    CHECK_FALSE(says_ready("READY=0"));
    CHECK_FALSE(says_ready("READY=10"));
    CHECK_FALSE(says_ready("STATUS=READY=1"));
    CHECK_FALSE(says_ready(""));
}

TEST_CASE("a proxy of nothing waits for nothing") {
    NotifyProxy proxy;
    CHECK(proxy.socket().get() == -1);
    proxy.forward_rest();
    proxy.wait_until_ready();
}

TEST_CASE("a manager that is not there is told by its address") {
    const auto proxy = NotifyProxy::begin({}, "@oci-rt-nobody-listens", {});
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error().message.find("NOTIFY_SOCKET @oci-rt-nobody-listens") != std::string::npos);
}
