// SPDX-License-Identifier: Apache-2.0
//
// Texts of containers, images and clients on their way out: a log keeps one line for one message,
// JSON stays JSON, and what the short writer of JSON writes is read again by the short reader.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "base/flat_json.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "fuzz/bytes.hpp"
#include "oci-rt/unique_fd.hpp"

namespace {

using namespace oci;
using fuzz::demand;

std::string logged(log::Format format, std::string_view message) {
    const int file = ::memfd_create("log", MFD_CLOEXEC);
    const UniqueFd reader{::dup(file)};
    log::set_sink({.file = UniqueFd{file}, .format = format, .least = log::Level::Debug});
    log::write(log::Level::Warning, message);
    log::set_sink({});
    std::string text(static_cast<std::size_t>(::lseek(reader.get(), 0, SEEK_END)), '\0');
    (void)::pread(reader.get(), text.data(), text.size(), 0);
    return text;
}

void check_log(std::string_view message) {
    for (const log::Format format : {log::Format::Text, log::Format::Json}) {
        const std::string line = logged(format, message);
        demand(line.ends_with('\n') && line.find('\n') == line.size() - 1, "a message is a line");
        for (const char byte : line.substr(0, line.size() - 1))
            demand(static_cast<unsigned char>(byte) >= ' ' && byte != 0x7F,
                   "a line has no control characters");
        if (format == log::Format::Json)
            demand(nlohmann::json::accept(line), "a line of JSON is JSON");
    }
}

void check_writer(std::string_view name, std::string_view text, std::int64_t number) {
    std::string out;
    JsonWriter{out}
        .begin_object()
        .member("name", name)
        .key("list")
        .begin_array()
        .value(text)
        .value(number)
        .end_array()
        .end_object();
    demand(nlohmann::json::accept(out), "what is written as JSON is JSON");
}

/// Both are for texts without NUL, as paths are.
void check_flat(std::string_view text, std::int64_t number) {
    if (text.find('\0') != text.npos) return;
    std::array<char, FlatJson::largest> buffer;
    FlatJsonWriter writer{buffer};
    const std::string_view written =
        writer.text("text", text).number("number", number).truth("truth", number > 0).finish();
    if (written.empty()) return;
    FlatJson reader;
    demand(reader.read(written), "what is written is read");
    demand(reader.number("number") == number && reader.truth("truth") == (number > 0),
           "it is read as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes{data, size};
    const auto number = static_cast<std::int64_t>(bytes.number(8));
    const std::string name = bytes.text(40);
    check_log(bytes.rest());
    check_writer(name, bytes.rest(), number);
    check_flat(bytes.rest(), number);
    FlatJson reader;
    // The short reader takes a part of JSON: nothing that is none, but for names of files that are
    // no UTF-8.
    if (is_utf8(bytes.rest()) && reader.read(bytes.rest()))
        demand(nlohmann::json::accept(bytes.rest()), "what the short reader takes is JSON");
    return 0;
}
