// SPDX-License-Identifier: Apache-2.0
#include "cli/run_form.hpp"

#include <algorithm>

#include "cli/arguments.hpp"

namespace oci::cli {
namespace {

bool has_option(const OptionTable& table, std::string_view word) {
    if (!word.starts_with("--")) return false;
    return std::ranges::count(table, word.substr(2), &Option::name) > 0;
}

/// Names of options without their values; those that the table does not have as they were written.
std::vector<std::string> names_of(const OptionTable& table, const Arguments& arguments) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < arguments.options.size(); ++i) {
        names.push_back(arguments.options[i]);
        if (has_option(table, names.back())) ++i;
    }
    return names;
}

/// Options and words; nothing if they are written wrongly.
Arguments taken_apart(const OptionTable& table, std::span<const std::string> arguments,
                      Order order) {
    auto taken = normalise(table, arguments, order);
    return taken ? std::move(taken).value() : Arguments{};
}

/// No id of a container has one of these.
bool looks_like_image(std::string_view word) {
    return word.find_first_of("/:@") != std::string_view::npos;
}

}  // namespace

RunForm run_form(std::span<const std::string> arguments, const OptionTable& of_bundle,
                 const OptionTable& of_image, const std::function<bool()>& has_config) {
    OptionTable both = of_bundle;
    both.insert(both.end(), of_image.begin(), of_image.end());
    const Arguments leading = taken_apart(both, arguments, Order::OptionsFirst);
    for (const std::string& name : names_of(both, leading)) {
        const bool is_of_bundle = has_option(of_bundle, name);
        const bool is_of_image = has_option(of_image, name);
        if (is_of_bundle != is_of_image) return is_of_bundle ? RunForm::Bundle : RunForm::Image;
    }
    if (leading.words.empty()) return RunForm::Bundle;
    if (looks_like_image(leading.words.front())) return RunForm::Image;
    if (leading.words.size() > 1) {
        // Engines may write options behind the id: then there is no second word.
        const Arguments all = taken_apart(of_bundle, arguments, Order::Free);
        const bool are_known = std::ranges::all_of(
            names_of(of_bundle, all),
            [&](const std::string& name) { return has_option(of_bundle, name); });
        return all.words.size() == 1 && are_known ? RunForm::Bundle : RunForm::Image;
    }
    return has_config() ? RunForm::Bundle : RunForm::Image;
}

}  // namespace oci::cli
