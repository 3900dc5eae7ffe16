// SPDX-License-Identifier: Apache-2.0
#include "monitor/request.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"

namespace oci::monitor {
namespace {

Request understood(std::string_view packet, std::size_t passengers = 0) {
    Request request;
    CHECK(read_request(packet, passengers, request).empty());
    return request;
}

bool is_refused(std::string_view packet, std::size_t passengers = 0) {
    Request request;
    return !read_request(packet, passengers, request).empty();
}

}  // namespace

TEST_CASE("each request is understood") {
    const Request attach = understood(R"({"type":"attach","frames":true,"input":"close"})", 1);
    CHECK(attach.act == Act::Attach);
    CHECK(attach.frames);
    CHECK(attach.input == Input::Close);
    const Request resize = understood(R"({"type":"resize","rows":24,"columns":65535})");
    CHECK(resize.rows == 24);
    CHECK(resize.columns == 65535);
    CHECK(understood(R"({"type":"stdin-close"})").act == Act::CloseInput);
    CHECK(understood(R"({"type":"log-reopen"})").act == Act::ReopenLog);
    CHECK(understood(R"({"type":"log-config","maxSize":0,"maxFiles":1})").limits.max_files == 1);
    CHECK(understood(R"({"type":"stop","signal":15,"timeout":-1})").timeout == -1);
    CHECK(understood(R"({"type":"reaped","status":9})").status == 9);
    CHECK(understood(R"({"type":"adopt","descriptors":"pidfd stdout stdin"})", 3)
              .descriptors.has_terminal);
}

TEST_CASE("a request with anything amiss is refused") {
    CHECK(is_refused(R"({"type":"attach","frames":true,"input":"close"})"));
    CHECK(is_refused(R"({"type":"attach","frames":true,"input":"maybe"})", 1));
    CHECK(is_refused(R"({"type":"attach","frames":1,"input":"none"})", 1));
    CHECK(is_refused(R"({"type":"resize","rows":0,"columns":1})"));
    CHECK(is_refused(R"({"type":"resize","rows":1,"columns":65536})"));
    CHECK(is_refused(R"({"type":"resize","rows":1})"));
    CHECK(is_refused(R"({"type":"stdin-close","rows":1})"));
    CHECK(is_refused(R"({"type":"stdin-close"})", 1));
    CHECK(is_refused(R"({"type":"stop","signal":0,"timeout":1})"));
    CHECK(is_refused(R"({"type":"stop","signal":65,"timeout":1})"));
    CHECK(is_refused(R"({"type":"stop","signal":15,"timeout":-2})"));
    CHECK(is_refused(R"({"type":"log-config","maxSize":-1,"maxFiles":1})"));
    CHECK(is_refused(R"({"type":"log-config","maxSize":1,"maxFiles":0})"));
    CHECK(is_refused(R"({"type":"adopt","descriptors":"stdout pidfd"})", 2));
    CHECK(is_refused(R"({"type":"adopt","descriptors":"pidfd stdout"})", 3));
    CHECK(is_refused(R"({"type":"hello"})"));
    CHECK(is_refused(R"({"signal":15})"));
    CHECK(is_refused("stop"));
}

TEST_CASE("names of descriptors say how many there are") {
    for (const bool terminal : {false, true})
        for (const bool input : {false, true}) {
            const Descriptors descriptors{terminal, input};
            const std::string names{descriptors.names()};
            CHECK(static_cast<std::size_t>(std::count(names.begin(), names.end(), ' ')) + 1 ==
                  descriptors.count());
        }
}

}  // namespace oci::monitor
