// SPDX-License-Identifier: Apache-2.0
#include "commands/monitored/frames.hpp"

#include "support/catch.hpp"

namespace oci::commands {

TEST_CASE("frames are taken apart wherever they are cut") {
    using namespace std::string_view_literals;
    constexpr std::string_view whole =
        "\x01\0\0\0\0\0\0\x03"
        "abc"
        "\x02\0\0\0\0\0\0\x02"
        "de"
        "\x01\0\0\0\0\0\0\0"
        ""sv;
    for (std::size_t step = 1; step <= whole.size(); ++step) {
        Frames frames;
        std::string output, errors;
        for (std::size_t at = 0; at < whole.size(); at += step) {
            std::string_view left = whole.substr(at, step);
            for (Piece piece = frames.take(left); !piece.bytes.empty(); piece = frames.take(left))
                (piece.is_error ? errors : output) += piece.bytes;
        }
        CHECK(output == "abc");
        CHECK(errors == "de");
    }
}

TEST_CASE("the keys that detach are kept from the container") {
    DetachKeys keys;
    CHECK(keys.pass("ab\x10") == "ab");
    CHECK_FALSE(keys.is_over());
    CHECK(keys.pass("c") ==
          "\x10"
          "c");
    CHECK(keys.pass("\x10\x10") == "\x10");
    CHECK(keys.pass("\x11rest").empty());
    CHECK(keys.is_over());
}

}  // namespace oci::commands
