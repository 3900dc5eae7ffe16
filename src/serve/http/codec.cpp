// SPDX-License-Identifier: Apache-2.0
#include "serve/http/codec.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::serve::http {
namespace {

namespace beast = boost::beast::http;

/// Letters begin every method that anybody knows; TLS and noise begin with something else.
bool can_begin_request(char first) { return first >= 'A' && first <= 'Z'; }

}  // namespace

struct Decoder::Parser : beast::request_parser<beast::string_body> {};

Decoder::Decoder(const CodecLimits& limits) : limits_{limits}, parser_{std::make_unique<Parser>()} {
    parser_->header_limit(static_cast<std::uint32_t>(limits.head));
    parser_->body_limit(limits.body);
    parser_->eager(false);
}

Decoder::~Decoder() = default;

void Decoder::refuse_it(std::string_view code, std::string_view why) {
    state_ = State::Refused;
    problem_ = Problem{.code = std::string{code}, .detail = std::string{why}};
}

std::size_t Decoder::put(std::string_view bytes) {
    switch (state_) {
        case State::Head: return put_head(bytes);
        case State::HeadDone:
        case State::Body: return put_body(bytes);
        case State::Done:
        case State::Refused: return 0;
    }
    return 0;
}

bool Decoder::examine_head(std::string_view bytes) {
    if (bytes.empty()) return false;
    if (examined_ == 0 && !can_begin_request(bytes[0])) {
        refuse_it("invalid-request", "this does not begin as a request does");
        return false;
    }
    const std::size_t end = bytes.find("\r\n\r\n", examined_ < 3 ? 0 : examined_ - 3);
    const bool is_whole = end != std::string_view::npos;
    const std::string_view head = bytes.substr(0, is_whole ? end + 4 : bytes.size());
    const std::string_view line = head.substr(0, head.find('\n'));
    if (line.size() > limits_.line)
        refuse_it("uri-too-long", "the request line is too long");
    else if (head.size() > limits_.head)
        refuse_it("headers-too-large", "the header is too large");
    if (state_ == State::Refused) return false;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < head.size(); ++at) {
        const char next = at + 1 < head.size() ? head[at + 1] : '\n';
        if (head[at] == '\n') {
            ++lines;
            if (at == 0 || head[at - 1] != '\r')
                refuse_it("invalid-request", "a line ends without a carriage return");
            else if (next == ' ' || next == '\t')
                refuse_it("invalid-request", "a field goes over several lines");
        } else if (head[at] == '\r' && next != '\n') {
            refuse_it("invalid-request", "a carriage return is within a line");
        }
        if (state_ == State::Refused) return false;
    }
    // The request line and the empty one are no fields.
    if (lines > limits_.fields + 2) refuse_it("headers-too-large", "there are too many fields");
    examined_ = head.size();
    return is_whole && state_ != State::Refused;
}

bool Decoder::examine_fields() {
    const auto count = [&](std::string_view name) { return count_fields(head_.fields, name); };
    const std::size_t lengths = count("content-length");
    const std::size_t encodings = count("transfer-encoding");
    if (head_.target.size() > limits_.target)
        refuse_it("uri-too-long", "the target of the request is too long");
    else if (count("host") != 1)
        refuse_it("no-host", "there has to be one Host field");
    else if (lengths > 1 || (lengths == 1 && encodings > 0))
        refuse_it("invalid-request", "the length of the body is said twice");
    else if (encodings > 1 ||
             (encodings == 1 && lower_case(field(head_.fields, "transfer-encoding")) != "chunked"))
        refuse_it("unknown-encoding", "the only transfer encoding is \"chunked\"");
    return state_ != State::Refused;
}

std::size_t Decoder::put_head(std::string_view bytes) {
    if (!examine_head(bytes)) return 0;
    boost::beast::error_code error;
    const std::size_t used =
        parser_->put(boost::asio::const_buffer{bytes.data(), examined_}, error);
    if (error == beast::error::body_limit) {
        refuse_it("too-large", fmt::format("a body has at most {} bytes", limits_.body));
        return used;
    }
    if (error || !parser_->is_header_done()) {
        refuse_it("invalid-request", error ? error.message() : "the header is not complete");
        return used;
    }
    const auto& message = parser_->get();
    if (message.version() != 11) {
        refuse_it("unknown-version", "only HTTP/1.1 is spoken here");
        return used;
    }
    const auto text = [](auto part) { return std::string_view{part.data(), part.size()}; };
    head_.method = text(message.method_string());
    head_.target = text(message.target());
    for (const auto& each : message)
        head_.fields.emplace_back(lower_case(text(each.name_string())), text(each.value()));
    head_.keeps_alive = message.keep_alive();
    if (!examine_fields()) return used;
    const std::string_view length = field(head_.fields, "content-length");
    head_.has_body =
        parser_->chunked() || std::ranges::any_of(length, [](char digit) { return digit != '0'; });
    state_ = State::HeadDone;
    return used;
}

std::size_t Decoder::put_body(std::string_view bytes) {
    parser_->eager(true);
    state_ = parser_->is_done() ? State::Done : State::Body;
    if (state_ == State::Done || bytes.empty()) return 0;
    // Nothing that is shorter than "0\r\n\r\n" ends a body in chunks, and Beast 1.74 ends the program
    // when it has seen the first line of that, and is given four bytes next.
    constexpr std::size_t shortest_end = 5;
    if (parser_->chunked() && bytes[0] == '0' && bytes.size() < shortest_end) return 0;
    boost::beast::error_code error;
    const std::size_t used =
        parser_->put(boost::asio::const_buffer{bytes.data(), bytes.size()}, error);
    if (error == beast::error::body_limit)
        refuse_it("too-large", fmt::format("a body has at most {} bytes", limits_.body));
    else if (error && error != beast::error::need_more)
        refuse_it("invalid-request", error.message());
    else if (parser_->is_done())
        state_ = State::Done;
    else if (bytes.size() - used > limits_.head)
        refuse_it("invalid-request", "the frame of a chunk is too long");
    return used;
}

std::string Decoder::take_body() { return std::move(parser_->get().body()); }

std::string encode_head(const Response& response, std::size_t body, bool is_stream,
                        bool keeps_alive, std::string_view date) {
    std::string text = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                   reason_of(response.status), date);
    constexpr unsigned no_content = 204;
    constexpr unsigned not_modified = 304;
    if (response.status != no_content && response.status != not_modified) {
        text += fmt::format("Content-Type: {}\r\n", response.type);
        text += is_stream ? "Transfer-Encoding: chunked\r\n"
                          : fmt::format("Content-Length: {}\r\n", body);
    }
    text += "X-Content-Type-Options: nosniff\r\n";
    const bool may_be_kept = std::ranges::any_of(
        response.fields, [](const auto& each) { return each.first == "Cache-Control"; });
    if (!may_be_kept) text += "Cache-Control: no-store\r\n";
    for (const auto& [name, value] : response.fields)
        text += fmt::format("{}: {}\r\n", name, value);
    if (!keeps_alive) text += "Connection: close\r\n";
    return text + "\r\n";
}

std::string http_date() {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                       days.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                       months.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900,
                       utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string encode_chunk(std::string_view bytes) {
    if (bytes.empty()) return "0\r\n\r\n";
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace oci::serve::http
