// SPDX-License-Identifier: Apache-2.0
#include "serve/metrics/exposition.hpp"

#include "support/catch.hpp"

using namespace oci::serve::metrics;

namespace {
constexpr Family one{"one_total", Kind::Counter, "One."};
constexpr Family two{"two", Kind::Plain, "Two."};
}  // namespace

TEST_CASE("what belongs to one name stands together") {
    Exposition numbers;
    numbers.add(one, labels({{"a", "x"}}), std::uint64_t{1});
    numbers.add(two, "", std::uint64_t{2});
    numbers.add(one, labels({{"a", "y"}, {"b", "z"}}), std::uint64_t{3});
    CHECK(numbers.text() ==
          "# HELP one_total One.\n# TYPE one_total counter\n"
          "one_total{a=\"x\"} 1\none_total{a=\"y\",b=\"z\"} 3\n"
          "# HELP two Two.\n# TYPE two untyped\ntwo 2\n");
}

TEST_CASE("labels cannot end before their time") {
    CHECK(labels({{"a", "q\"b\\c\nd"}}) == R"(a="q\"b\\c\nd")");
    CHECK(labels({{"a", "\xff"}}).find('\xff') == std::string::npos);
}

TEST_CASE("microseconds are exact seconds") {
    CHECK(seconds_text(0) == "0.000000");
    CHECK(seconds_text(12'000'001) == "12.000001");
}
