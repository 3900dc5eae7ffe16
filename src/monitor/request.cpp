// SPDX-License-Identifier: Apache-2.0
#include "monitor/request.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/flat_json.hpp"
#include "base/named_values.hpp"

namespace oci::monitor {
namespace {

constexpr int last_signal = 64;
constexpr std::int64_t longest_timeout = 1'000'000'000;

template <typename Number>
bool take(std::optional<std::int64_t> value, Number least, Number most, Number& target) {
    if (!value || *value < static_cast<std::int64_t>(least)) return false;
    if (*value > static_cast<std::int64_t>(most)) return false;
    target = static_cast<Number>(*value);
    return true;
}

constexpr std::array inputs{
    Named<Input>{"none", Input::None},
    Named<Input>{"keep", Input::Keep},
    Named<Input>{"close", Input::Close},
};

bool read_attach(const FlatJson& json, Request& request) noexcept {
    const auto frames = json.truth("frames");
    const auto input = value_named(inputs, json.text("input").value_or(""));
    if (!frames || !input) return false;
    request.frames = *frames;
    request.input = *input;
    return json.has_only({"type", "frames", "input"});
}

bool read_resize(const FlatJson& json, Request& request) noexcept {
    constexpr std::uint16_t least = 1, most = std::numeric_limits<std::uint16_t>::max();
    return take(json.number("rows"), least, most, request.rows) &&
           take(json.number("columns"), least, most, request.columns) &&
           json.has_only({"type", "rows", "columns"});
}

bool read_nothing(const FlatJson& json, Request& /*request*/) noexcept {
    return json.has_only({"type"});
}

bool read_log_limits(const FlatJson& json, Request& request) noexcept {
    constexpr std::uint64_t largest = std::uint64_t{1} << 62U;
    constexpr unsigned one = 1, most = 1000;
    return take(json.number("maxSize"), std::uint64_t{0}, largest, request.limits.max_size) &&
           take(json.number("maxFiles"), one, most, request.limits.max_files) &&
           json.has_only({"type", "maxSize", "maxFiles"});
}

bool read_stop(const FlatJson& json, Request& request) noexcept {
    return take(json.number("signal"), 1, last_signal, request.signal) &&
           take(json.number("timeout"), std::int64_t{-1}, longest_timeout, request.timeout) &&
           json.has_only({"type", "signal", "timeout"});
}

bool read_reaped(const FlatJson& json, Request& request) noexcept {
    return take(json.number("status"), 0, 0xFFFF, request.status) &&
           json.has_only({"type", "status"});
}

constexpr std::array descriptors{
    Named<Descriptors>{"pidfd stdout stderr", {false, false}},
    Named<Descriptors>{"pidfd stdout stderr stdin", {false, true}},
    Named<Descriptors>{"pidfd stdout", {true, false}},
    Named<Descriptors>{"pidfd stdout stdin", {true, true}},
};

bool read_adopt(const FlatJson& json, Request& request) noexcept {
    const auto known = value_named(descriptors, json.text("descriptors").value_or(""));
    if (known) request.descriptors = *known;
    return known.has_value() && json.has_only({"type", "descriptors"});
}

struct Reader {
    Act act;
    bool (*read)(const FlatJson& json, Request& request) noexcept;
};

constexpr std::array readers{
    Named<Reader>{"attach", {Act::Attach, read_attach}},
    Named<Reader>{"resize", {Act::Resize, read_resize}},
    Named<Reader>{"stdin-close", {Act::CloseInput, read_nothing}},
    Named<Reader>{"log-reopen", {Act::ReopenLog, read_nothing}},
    Named<Reader>{"log-config", {Act::ConfigureLog, read_log_limits}},
    Named<Reader>{"stop", {Act::Stop, read_stop}},
    Named<Reader>{"reaped", {Act::Reaped, read_reaped}},
    Named<Reader>{"adopt", {Act::Adopt, read_adopt}},
};

std::size_t expected_passengers(const Request& request) noexcept {
    if (request.act == Act::Attach) return 1;
    return request.act == Act::Adopt ? request.descriptors.count() : 0;
}

}  // namespace

std::string_view Descriptors::names() const noexcept {
    for (const auto& each : descriptors)
        if (each.second.has_terminal == has_terminal && each.second.has_input == has_input)
            return each.first;
    return {};
}

std::string_view read_request(std::string_view packet, std::size_t passengers,
                              Request& request) noexcept {
    FlatJson json;
    if (!json.read(packet)) return "a packet is one flat JSON object";
    const auto type = json.text("type");
    if (!type) return "a packet has a type";
    const auto reader = value_named(readers, *type);
    if (!reader) return "there is no such type of packet";
    request.act = reader->act;
    if (!reader->read(json, request)) return "a member is missing, unknown or out of range";
    if (passengers != expected_passengers(request)) return "the number of descriptors is wrong";
    return {};
}

}  // namespace oci::monitor
