// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/merge_patch.hpp"

#include <array>

#include "base/text.hpp"
#include "serve/containers/reported.hpp"
#include "spec/document.hpp"
#include "support/catch.hpp"

using namespace oci;

TEST_CASE("the examples of RFC 7396 come out as it says") {
    struct Example {
        const char* target;
        const char* patch;
        const char* result;
    };
    constexpr std::array examples{
        Example{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        Example{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        Example{R"({"a":"b"})", R"({"a":null})", R"({})"},
        Example{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        Example{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        Example{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        Example{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        Example{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        Example{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        Example{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        Example{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        Example{R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        Example{R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    };
    for (const Example& each : examples) {
        INFO(each.target << " " << each.patch);
        auto target = spec::parse_value(each.target);
        const auto patch = spec::parse_value(each.patch);
        const auto result = spec::parse_value(each.result);
        REQUIRE((target && patch && result));
        serve::apply_merge_patch(target.value(), patch.value());
        CHECK(spec::document_text(target.value()) == spec::document_text(result.value()));
    }
}

TEST_CASE("errors of programs are read as JSON, and as what they are") {
    const auto reported = serve::read_reported(
        R"({"level":"warning","msg":"a","time":"t"})"
        "\n"
        R"({"level":"error","msg":"b","time":"t","code":"image-missing","pointer":"/x"})"
        "\n");
    CHECK(reported.code == "image-missing");
    CHECK(reported.pointer == "/x");
    CHECK(reported.text == "a\nb");
    CHECK(serve::read_reported("oci-rt: no\n").text == "oci-rt: no");
    CHECK(serve::read_reported("oci-rt: no\n").code.empty());
}
