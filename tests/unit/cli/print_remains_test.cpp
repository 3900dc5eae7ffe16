// SPDX-License-Identifier: Apache-2.0
#include "cli/print_remains.hpp"

#include "support/catch.hpp"

using namespace oci;

namespace {

const std::vector<Remains> some{
    {.id = "one", .kind = RemainsKind::Unfinished, .is_gone = true, .why_not = ""},
    {.id = "two", .kind = RemainsKind::Damaged, .is_gone = false, .why_not = "a\nb"},
    {.id = "three", .kind = RemainsKind::EarlierBoot, .is_gone = false, .why_not = ""}};

}  // namespace

TEST_CASE("remains are a line each") {
    CHECK(cli::remains_text(some) ==
          "removed one: it was never completely created\n"
          "kept two: its state cannot be read; a\\x0ab\n"
          "would remove three: it is of an earlier boot\n");
    CHECK(cli::remains_text({}).empty());
}

TEST_CASE("remains are an array for programs") {
    CHECK(cli::remains_json(some) ==
          R"([{"id":"one","kind":"unfinished","removed":true,"reason":""},)"
          R"({"id":"two","kind":"damaged","removed":false,"reason":"a\u000ab"},)"
          R"({"id":"three","kind":"earlier-boot","removed":false,"reason":""}])"
          "\n");
    CHECK(cli::remains_json({}) == "[]\n");
}
