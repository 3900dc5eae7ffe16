// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/read_ahead.hpp"

#include <string>

#include "base/explain.hpp"
#include "support/catch.hpp"

using namespace oci;
using image::unpack::ReadAhead;

namespace {

/// So many bytes in small steps, and then an end or an error.
class Steps final : public image::ByteSource {
public:
    Steps(std::size_t size, bool fails) : left_{size}, fails_{fails} {}

    Result<std::size_t> read(std::span<char> buffer) override {
        const std::size_t count = std::min({left_, buffer.size(), std::size_t{7001}});
        if (count == 0 && fails_) return fail(ErrorKind::InvalidConfig, "it breaks here");
        for (std::size_t i = 0; i < count; ++i) buffer[i] = static_cast<char>((left_ - i) % 251);
        left_ -= count;
        return count;
    }

private:
    std::size_t left_;
    bool fails_;
};

std::string all_of(image::ByteSource& source, std::string& error) {
    std::string all;
    std::array<char, 50000> buffer{};
    for (;;) {
        const auto count = source.read(buffer);
        if (!count) error = count.error().message;
        if (!count || count.value() == 0) return all;
        all.append(buffer.data(), count.value());
    }
}

}  // namespace

TEST_CASE("reading ahead brings the same bytes, and then the same error") {
    for (const std::size_t size : {0U, 1U, 131072U, 524288U, 3000001U})
        for (const bool fails : {false, true}) {
            Steps plain{size, fails};
            Steps below{size, fails};
            std::string expected;
            std::string found;
            const std::string bytes = all_of(plain, expected);
            ReadAhead ahead{below};
            CHECK(all_of(ahead, found) == bytes);
            CHECK(bytes.size() == size);
            CHECK(found == expected);
            CHECK(all_of(ahead, found).empty());  // and stays at its end
        }
}

TEST_CASE("what reads ahead may be left at any time") {
    Steps below{1U << 30U, false};
    ReadAhead ahead{below};
    std::array<char, 10> buffer{};
    CHECK(ahead.read(buffer).value() == 10);
    ahead.stop();
}
