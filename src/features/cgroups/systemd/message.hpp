// SPDX-License-Identifier: Apache-2.0
//
// Messages of D-Bus as bytes, both ways: the wire format of the D-Bus
// specification, in little-endian; read in either order of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "features/cgroups/systemd/value.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cgroups::systemd {

enum class MessageType : std::uint8_t { Call = 1, Return = 2, Error = 3, Signal = 4 };

/// Fields that a message has not are empty.
struct Message {
    MessageType type = MessageType::Call;
    std::uint32_t serial = 0;
    std::uint32_t reply_to = 0;
    std::string path;
    std::string interface;
    std::string member;
    std::string error;  ///< The name of an error.
    std::string destination;
    std::string sender;
    std::vector<Value> body;

    /// The text of a string at the body's beginning; of an error: what it says.
    [[nodiscard]] std::string_view text() const noexcept;
};

[[nodiscard]] std::string marshal(const Message& message);

inline constexpr std::size_t fixed_header = 16;
/// Far more than any answer of a manager that we ask for.
inline constexpr std::size_t longest_message = std::size_t{4} << 20U;

/// How long the message is that begins with these bytes, of which there are fixed_header at
/// least. An error if it is none, or too long.
Result<std::size_t> message_length(std::string_view beginning);

/// A whole message. An error for anything that the specification forbids us to take.
Result<Message> unmarshal(std::string_view bytes);

}  // namespace oci::cgroups::systemd
