// SPDX-License-Identifier: Apache-2.0
#include "image/registry/blob_receiver.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::image;
using namespace oci::image::registry;
using Refusal = BlobReceiver::Refusal;

namespace {

class MemorySink final : public BlobSink {
public:
    Result<std::uint64_t> resume_offset() override { return bytes.size(); }
    Result<void> restart() override {
        bytes.clear();
        return {};
    }
    Result<void> write(std::span<const char> more) override {
        if (is_full) return Failure{Error{.message = "full"}};
        bytes.append(more.data(), more.size());
        return {};
    }
    Result<void> finish() override { return {}; }

    std::string bytes;
    bool is_full = false;
};

/// A blob of ten bytes, of which some are there.
struct Stage {
    explicit Stage(std::string there) {
        sink.bytes = std::move(there);
        REQUIRE(receiver.open());
        REQUIRE(receiver.expect());
    }

    bool begin(int status, const std::vector<std::string>& fields) {
        Headers headers;
        for (const std::string& field : fields) REQUIRE(headers.add(field));
        return static_cast<bool>(
            receiver.begin({.status = status, .headers = headers, .url = url}));
    }
    bool take(std::string_view bytes) { return static_cast<bool>(receiver.take(bytes)); }

    Url url{};
    MemorySink sink;
    BlobRequest request{.descriptor = {.digest = Digest{DigestAlgorithm::Sha256, "ab"}, .size = 10},
                        .sink = &sink};
    BlobReceiver receiver{request, [] {}};
};

}  // namespace

TEST_CASE("a part goes on where it was asked to", "[registry]") {
    Stage stage{"01234"};
    REQUIRE(stage.begin(206, {"Content-Range: bytes 5-9/10"}));
    REQUIRE(stage.take("567"));
    CHECK_FALSE(stage.receiver.is_whole());
    REQUIRE(stage.take("89"));
    CHECK(stage.receiver.is_whole());
    CHECK(stage.receiver.gained() == 5);
    CHECK(stage.sink.bytes == "0123456789");
}

TEST_CASE("any other part is not taken", "[registry]") {
    for (const char* field : {"Content-Range: bytes 4-9/10", "Content-Range: bytes 6-9/10",
                              "Content-Range: bytes 0-4/10", "Content-Range: bytes 5-8/10",
                              "Content-Range: bytes 5-9/11", "Content-Range: bytes 5-10/11",
                              "Content-Range: bytes 5-9", "X: y"}) {
        INFO(field);
        Stage stage{"01234"};
        CHECK_FALSE(stage.begin(206, {field}));
        CHECK(stage.receiver.refusal() == Refusal::Range);
        CHECK(stage.sink.bytes == "01234");
    }
    Stage twice{"01234"};
    CHECK_FALSE(twice.begin(206, {"Content-Range: bytes 5-9/10", "Content-Range: bytes 0-9/10"}));
    Stage unasked{""};
    CHECK_FALSE(unasked.begin(206, {"Content-Range: bytes 0-9/10"}));
}

TEST_CASE("the whole of it starts anew", "[registry]") {
    Stage stage{"xxxxx"};
    REQUIRE(stage.begin(200, {"Content-Length: 10"}));
    REQUIRE(stage.take("0123456789"));
    CHECK(stage.sink.bytes == "0123456789");
}

TEST_CASE("a blob is as long as its descriptor says", "[registry]") {
    Stage longer{""};
    REQUIRE(longer.begin(200, {}));
    CHECK_FALSE(longer.take("0123456789a"));
    CHECK(longer.receiver.refusal() == Refusal::Content);
    CHECK(longer.sink.bytes.empty());
    Stage told{""};
    CHECK_FALSE(told.begin(200, {"Content-Length: 11"}));
    CHECK(told.receiver.refusal() == Refusal::Content);
    Stage too_much{"0123456789abcdef"};
    CHECK(too_much.receiver.offset() == 0);
    CHECK(too_much.sink.bytes.empty());
}

TEST_CASE("who takes no ranges starts anew", "[registry]") {
    Stage stage{"01234"};
    stage.receiver.never_ask_for_ranges();
    REQUIRE(stage.receiver.expect());
    CHECK(stage.receiver.offset() == 0);
    CHECK(stage.sink.bytes.empty());
}

TEST_CASE("a full disk is nobody else's fault", "[registry]") {
    Stage stage{""};
    REQUIRE(stage.begin(200, {}));
    stage.sink.is_full = true;
    CHECK_FALSE(stage.take("0"));
    CHECK(stage.receiver.refusal() == Refusal::Sink);
}
