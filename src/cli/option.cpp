// SPDX-License-Identifier: Apache-2.0
#include "cli/option.hpp"

#include "base/text.hpp"

namespace oci::cli {

std::vector<std::string_view> allowed_words(const Option& option) {
    std::string_view words = option.argument;
    if (option.may_stand_alone()) words = words.substr(1, words.size() - 2);
    if (words.find('|') == std::string_view::npos) return {};
    return split(words, '|');
}

}  // namespace oci::cli
