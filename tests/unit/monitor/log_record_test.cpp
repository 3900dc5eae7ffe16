// SPDX-License-Identifier: Apache-2.0
#include "monitor/log_record.hpp"

#include <string>

#include "support/catch.hpp"

namespace oci::monitor {

TEST_CASE("a time has nanoseconds and ends with Z") {
    CHECK(time_text({.tv_sec = 0, .tv_nsec = 5}).view() == "1970-01-01T00:00:00.000000005Z");
    CHECK(time_text({.tv_sec = 1795307295, .tv_nsec = 93537472}).view() ==
          "2026-11-22T00:28:15.093537472Z");
    CHECK(time_text({.tv_sec = 951782400, .tv_nsec = 0}).view() ==
          "2000-02-29T00:00:00.000000000Z");
}

TEST_CASE("a line of a log is read as it was written") {
    const std::string head{
        record_head(time_text({.tv_sec = 1, .tv_nsec = 2}), Stream::Error, false).view()};
    CHECK(head == "1970-01-01T00:00:01.000000002Z stderr P ");
    const std::string line = head + "text F";
    const auto record = read_log_record(line);
    REQUIRE(record);
    CHECK(record->stream == Stream::Error);
    CHECK_FALSE(record->is_complete);
    CHECK(record->text == "text F");
    CHECK(record->time == "1970-01-01T00:00:01.000000002Z");
}

TEST_CASE("what is no record is told from one") {
    for (const std::string_view line :
         {"", "text", "1970-01-01T00:00:01.000000002Z", "1970-01-01T00:00:01.000000002Z stdout F",
          "1970-01-01T00:00:01.000000002Z stdin F x", "1970-01-01T00:00:01.000000002Z stdout X x",
          "1970-01-01T00:00:01.000000002+ stdout F x"})
        CHECK_FALSE(read_log_record(line));
    CHECK(read_log_record("1970-01-01T00:00:01.000000002Z stdout F ")->text.empty());
}

TEST_CASE("lines are parted, and long ones cut") {
    CHECK(next_portion("a\nb").text == "a\n");
    CHECK(next_portion("a\nb").is_complete);
    CHECK(next_portion("b").text == "b");
    CHECK_FALSE(next_portion("b").is_complete);
    CHECK(next_portion("\n").text == "\n");
    const std::string full(largest_text, 'x');
    CHECK(next_portion(full + "\n").text == full + "\n");
    CHECK(next_portion(full + "y\n").text == full);
    CHECK_FALSE(next_portion(full + "y\n").is_complete);
}

}  // namespace oci::monitor
