// SPDX-License-Identifier: Apache-2.0
//
// reported: what a program of ours has said on standard error with --log-format json.
#pragma once

#include <string>
#include <string_view>

namespace oci::serve {

struct Reported {
    std::string code{};     ///< Of the last error; "" if there was none, or it was no JSON.
    std::string pointer{};  ///< Where in a document, if that is known.
    std::string text{};     ///< For people: all messages, a line each.
};
[[nodiscard]] Reported read_reported(std::string_view errors);

}  // namespace oci::serve
