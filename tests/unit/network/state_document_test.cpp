// SPDX-License-Identifier: Apache-2.0
#include "network/state_document.hpp"

#include "support/catch.hpp"

using oci::network::pid_in;

TEST_CASE("the pid of a state document is that of the outermost object") {
    CHECK(pid_in(R"({"ociVersion":"1.3.0","id":"x","pid":42,"bundle":"/b"})") == 42);
    CHECK(pid_in(" {\n  \"pid\" : 7\n}") == 7);
    CHECK(pid_in(R"({"annotations":{"pid":1,"a":["pid",{"pid":2}]},"id":"\"pid\":3","pid":4})") ==
          4);
    CHECK(pid_in(R"({"id":"pid","pid":4})") == 4);
}

TEST_CASE("what is no state of a process has no pid") {
    for (const char* wrong : {"", "{}", "42", "[{\"pid\":1}]", R"({"pid":"1"})", R"({"pid":0})",
                              R"({"pid":-1})", R"({"a":{"pid":1}})", R"({"pid)", R"({"pid":)",
                              R"({"pid":99999999999})", R"(}{"pid":1})", R"("pid":1)"})
        CHECK_FALSE(pid_in(wrong));
}
