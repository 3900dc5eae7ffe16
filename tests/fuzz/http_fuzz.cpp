// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a client: whatever they are, the decoder takes no more than there is, says what it
// makes of them, and says the same however they are cut into pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/http/codec.hpp"
#include "serve/http/gate.hpp"
#include "serve/http/target.hpp"

namespace {

using oci::serve::http::Decoder;

struct Outcome {
    Decoder::State state;
    std::string target;
    std::string body;
    std::size_t used;
};

Outcome decode(std::string_view bytes, std::size_t piece) {
    oci::serve::http::CodecLimits limits;
    limits.body = 4096;
    Decoder decoder{limits};
    std::string buffer;
    std::size_t used = 0;
    for (std::size_t at = 0;; at += piece) {
        const bool is_end = at >= bytes.size();
        if (!is_end) buffer += bytes.substr(at, piece);
        for (;;) {
            const auto before = decoder.state();
            const std::size_t taken = decoder.put(buffer);
            if (taken > buffer.size()) std::abort();
            buffer.erase(0, taken);
            used += taken;
            if (taken == 0 && decoder.state() == before) break;
        }
        if (is_end) break;
    }
    const bool is_done = decoder.state() == Decoder::State::Done;
    return {decoder.state(), decoder.head().target, is_done ? decoder.take_body() : "", used};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const Outcome whole = decode(bytes, size + 1);
    const Outcome pieces = decode(bytes, 7);
    if ((whole.state == Decoder::State::Done) != (pieces.state == Decoder::State::Done))
        std::abort();
    if (whole.state == Decoder::State::Done &&
        (whole.body != pieces.body || whole.used != pieces.used || whole.target != pieces.target))
        std::abort();
    (void)oci::serve::http::parse_target(bytes);
    return 0;
}
