// SPDX-License-Identifier: Apache-2.0
//
// codec: bytes of a connection become requests, strictly: what could be read in two ways is
// refused. The only file that knows whose parser it is; no socket comes near it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "serve/http/message.hpp"
#include "serve/http/problem.hpp"

namespace oci::serve::http {

struct CodecLimits {
    std::size_t head = std::size_t{16} * 1024;
    std::size_t line = std::size_t{8} * 1024;
    std::size_t target = std::size_t{4} * 1024;
    std::size_t fields = 64;
    std::size_t body = std::size_t{1024} * 1024;
};

/// One request.
class Decoder {
public:
    enum class State : std::uint8_t {
        Head,      ///< More bytes are needed.
        HeadDone,  ///< To be judged; put() goes on with the body.
        Body,      ///< More bytes are needed.
        Done,
        Refused,  ///< The connection cannot go on.
    };

    explicit Decoder(const CodecLimits& limits);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    /// Begins with what an earlier call has not used. Yields how much was used, up to the end of
    /// this request. Stops at HeadDone. A body that is empty is Done with the next put().
    std::size_t put(std::string_view bytes);

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] const Head& head() const noexcept { return head_; }
    [[nodiscard]] const Problem& problem() const noexcept { return problem_; }
    [[nodiscard]] std::string take_body();

private:
    struct Parser;
    std::size_t put_head(std::string_view bytes);
    std::size_t put_body(std::string_view bytes);
    /// Whether the head is all there; refuses what must not be there.
    bool examine_head(std::string_view bytes);
    bool examine_fields();
    void refuse_it(std::string_view code, std::string_view why);

    CodecLimits limits_;
    State state_ = State::Head;
    std::size_t examined_ = 0;
    Head head_{};
    Problem problem_{};
    std::unique_ptr<Parser> parser_;
};

/// Status line, fields and, unless is_stream, the length of the body.
[[nodiscard]] std::string encode_head(const Response& response, std::size_t body, bool is_stream,
                                      bool keeps_alive, std::string_view date);
/// "Sun, 06 Nov 1994 08:49:37 GMT", of now.
[[nodiscard]] std::string http_date();
/// A piece of a body that is sent as it comes. An empty one is the end.
[[nodiscard]] std::string encode_chunk(std::string_view bytes);

}  // namespace oci::serve::http
