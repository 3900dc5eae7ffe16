// SPDX-License-Identifier: Apache-2.0
//
// The dialects of argv made one: -b DIR, -bDIR, -bundle DIR, --bundle=DIR and
// --bundle DIR all become the two words "--bundle" "DIR".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/option.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// Whether an option may stand behind a word that is none.
enum class Order : std::uint8_t {
    Free,
    OptionsFirst,  ///< The first such word ends the options: `exec ID command -x`.
    Verbatim,      ///< All are words for another program, but for --help alone.
};

struct Arguments {
    std::vector<std::string> options;  ///< Pairs of --name and value; unknown ones as written.
    std::vector<std::string> words;    ///< Everything else, in its order.
};

/// "--" ends the options in either order.
Result<Arguments> normalise(const OptionTable& table, std::span<const std::string> arguments,
                            Order order);

}  // namespace oci::cli
