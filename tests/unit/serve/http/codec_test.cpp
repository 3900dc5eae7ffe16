// SPDX-License-Identifier: Apache-2.0
#include "serve/http/codec.hpp"

#include "support/catch.hpp"

namespace {

using oci::serve::http::CodecLimits;
using oci::serve::http::Decoder;
using State = Decoder::State;

constexpr std::string_view request =
    "PUT /containers/a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /";

}  // namespace

TEST_CASE("a request is taken up to its end and no further") {
    Decoder decoder{CodecLimits{}};
    std::string_view left = request;
    left.remove_prefix(decoder.put(left));
    REQUIRE(decoder.state() == State::HeadDone);
    CHECK(decoder.head().method == "PUT");
    CHECK(decoder.head().target == "/containers/a?b=c");
    CHECK(decoder.head().has_body);
    left.remove_prefix(decoder.put(left));
    REQUIRE(decoder.state() == State::Done);
    CHECK(decoder.take_body() == "hello");
    CHECK(left == "GET /");
}

TEST_CASE("a request may come byte by byte") {
    Decoder decoder{CodecLimits{}};
    std::string buffer;
    for (const char each : request.substr(0, request.find("GET"))) {
        buffer += each;
        buffer.erase(0, decoder.put(buffer));
        REQUIRE(decoder.state() != State::Refused);
    }
    CHECK(decoder.state() == State::Done);
    CHECK(decoder.take_body() == "hello");
}

TEST_CASE("a request without a body is done with the next call") {
    Decoder decoder{CodecLimits{}};
    decoder.put("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    REQUIRE(decoder.state() == State::HeadDone);
    CHECK_FALSE(decoder.head().keeps_alive);
    CHECK_FALSE(decoder.head().has_body);
    decoder.put({});
    CHECK(decoder.state() == State::Done);
}

TEST_CASE("what could be read in two ways is refused") {
    for (const char* text :
         {"GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01",
          "GET / HTTP/1.0\r\nHost: x\r\n\r\n"}) {
        Decoder decoder{CodecLimits{}};
        decoder.put(text);
        CHECK(decoder.state() == State::Refused);
    }
}

TEST_CASE("a body has an end, however it comes") {
    CodecLimits limits;
    limits.body = 4;
    const std::string head = "PUT / HTTP/1.1\r\nHost: x\r\n";
    for (const char* rest :
         {"Content-Length: 5\r\n\r\nabcde", "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"}) {
        Decoder decoder{limits};
        std::string text = head + rest;
        text.erase(0, decoder.put(text));
        if (decoder.state() != State::Refused) decoder.put(text);
        REQUIRE(decoder.state() == State::Refused);
        CHECK(decoder.problem().code == "too-large");
    }
}

TEST_CASE("a body in chunks may come byte by byte, and asked for again without a new one") {
    for (const std::string body : {"0\r\n\r\n", "2\r\nab\r\n0\r\n\r\n", "0\r\n{}\r\n\r\n"}) {
        Decoder decoder{{}};
        std::string text;
        for (const char each :
             "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body) {
            text += each;
            for (int again = 0; again < 3; ++again) text.erase(0, decoder.put(text));
        }
        const bool is_good = body.find('{') == std::string::npos;
        CHECK(decoder.state() == (is_good ? State::Done : State::Refused));
        if (is_good) CHECK(decoder.take_body() == (body[0] == '2' ? "ab" : ""));
    }
}

TEST_CASE("an answer says its length, or comes in chunks") {
    using oci::serve::http::encode_chunk;
    using oci::serve::http::encode_head;
    const std::string whole = encode_head({.status = 404}, 7, false, false, "now");
    CHECK(whole.starts_with("HTTP/1.1 404 Not Found\r\nDate: now\r\n"));
    CHECK(whole.find("Content-Length: 7\r\n") != std::string::npos);
    CHECK(whole.find("Connection: close\r\n") != std::string::npos);
    const std::string stream = encode_head({}, 0, true, true, "now");
    CHECK(stream.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(encode_head({.status = 204}, 0, false, true, "now").find("Content-Length") ==
          std::string::npos);
    CHECK(encode_chunk("0123456789abcdef") == "10\r\n0123456789abcdef\r\n");
    CHECK(encode_chunk({}) == "0\r\n\r\n");
}
