// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/message.hpp"

#include <array>
#include <utility>

#include "base/explain.hpp"
#include "features/cgroups/systemd/wire.hpp"

namespace oci::cgroups::systemd {
namespace {

constexpr std::uint8_t protocol_version = 1;
constexpr std::uint64_t reply_field = 5;
constexpr std::uint64_t signature_field = 8;

struct TextField {
    std::uint64_t code;
    const char* type;
    std::string Message::*member;
};
constexpr std::array text_fields{
    TextField{1, "o", &Message::path},        TextField{2, "s", &Message::interface},
    TextField{3, "s", &Message::member},      TextField{4, "s", &Message::error},
    TextField{6, "s", &Message::destination}, TextField{7, "s", &Message::sender},
};

Value of_type(const char* type, std::uint64_t number, std::string_view text = {}) {
    return {.type = type, .number = number, .text = std::string{text}, .items = {}};
}

Value field(std::uint64_t code, Value value) {
    return tuple({of_type("y", code), variant(std::move(value))});
}

std::string signature_of(const std::vector<Value>& body) {
    std::string signature;
    for (const Value& value : body) signature += value.type;
    return signature;
}

Value fields_of(const Message& message) {
    Value fields = array("(yv)", {});
    for (const TextField& known : text_fields)
        if (const std::string& text = message.*known.member; !text.empty())
            fields.items.push_back(field(known.code, of_type(known.type, 0, text)));
    if (message.reply_to != 0) fields.items.push_back(field(reply_field, uint32(message.reply_to)));
    if (!message.body.empty())
        fields.items.push_back(field(signature_field, of_type("g", 0, signature_of(message.body))));
    return fields;
}

Failure<Error> malformed(std::string_view why) {
    return fail(ErrorKind::System, "not a message of D-Bus: {}", why);
}

/// Fields unknown to us are passed over, as the specification demands.
Result<std::string> take_fields(const Value& fields, Message& message) {
    std::string signature;
    for (const Value& entry : fields.items) {
        const std::uint64_t code = entry.items[0].number;
        const Value& inside = entry.items[1].items[0];
        if (code == reply_field && inside.type == "u")
            message.reply_to = static_cast<std::uint32_t>(inside.number);
        if (code == signature_field && inside.type == "g") signature = inside.text;
        for (const TextField& known : text_fields)
            if (known.code == code && inside.type == known.type)
                message.*known.member = inside.text;
    }
    return signature;
}

bool is_known(std::uint64_t type) noexcept { return type >= 1 && type <= 4; }

}  // namespace

std::string_view Message::text() const noexcept {
    if (body.empty() || body.front().type != "s") return {};
    return body.front().text;
}

std::string marshal(const Message& message) {
    wire::Writer body;
    for (const Value& value : message.body) body.put(value);
    wire::Writer whole;
    whole.put(of_type("y", 'l'));
    whole.put(of_type("y", static_cast<std::uint64_t>(message.type)));
    // We answer to nobody, so nobody need start a service for us: no flags.
    whole.put(of_type("y", 0));
    whole.put(of_type("y", protocol_version));
    whole.put(uint32(static_cast<std::uint32_t>(body.bytes().size())));
    whole.put(uint32(message.serial));
    whole.put(fields_of(message));
    whole.align(8);
    return std::move(whole).bytes() + body.bytes();
}

Result<std::size_t> message_length(std::string_view beginning) {
    if (beginning.size() < fixed_header) return malformed("it is cut off");
    const char order = beginning.front();
    if (order != 'l' && order != 'B') return malformed("it has no order of bytes");
    wire::Reader reader{beginning, order == 'l'};
    reader.skip(4);
    const std::uint64_t body = OCI_TRY(reader.take("u")).number;
    reader.skip(4);
    const std::uint64_t fields = OCI_TRY(reader.take("u")).number;
    const std::uint64_t header = (fixed_header + fields + 7) & ~std::uint64_t{7};
    if (header + body > longest_message) return malformed("it is too long");
    return static_cast<std::size_t>(header + body);
}

Result<Message> unmarshal(std::string_view bytes) {
    const std::size_t length = OCI_TRY(message_length(bytes));
    if (length != bytes.size()) return malformed("it is cut off");
    wire::Reader reader{bytes, bytes.front() == 'l'};
    reader.skip(1);
    const std::uint64_t type = OCI_TRY(reader.take("y")).number;
    reader.skip(1);
    const std::uint64_t version = OCI_TRY(reader.take("y")).number;
    if (!is_known(type) || version != protocol_version)
        return malformed("its type or version is unknown");
    reader.skip(4);
    Message message;
    message.type = static_cast<MessageType>(type);
    const Value serial = OCI_TRY(reader.take("u"));
    message.serial = static_cast<std::uint32_t>(serial.number);
    const Value fields = OCI_TRY(reader.take("a(yv)"));
    const std::string signature = OCI_TRY(take_fields(fields, message));
    OCI_TRY(reader.align(8));
    for (std::string_view left = signature; !left.empty();) {
        const std::size_t size = type_length(left);
        if (size == 0) return malformed("its signature is none");
        Value value = OCI_TRY(reader.take(left.substr(0, size)));
        message.body.push_back(std::move(value));
        left.remove_prefix(size);
    }
    if (!reader.is_at_end()) return malformed("there is more than its signature says");
    return message;
}

}  // namespace oci::cgroups::systemd
