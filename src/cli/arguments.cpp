// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <algorithm>
#include <optional>

#include "base/explain.hpp"

namespace oci::cli {
namespace {

class Normaliser {
public:
    Normaliser(const OptionTable& table, std::span<const std::string> arguments)
        : table_{table}, left_{arguments} {}

    Result<Arguments> run(Order order) {
        const bool asks_for_help =
            left_.size() == 1 && (left_.front() == "--help" || left_.front() == "-h");
        while (!left_.empty() && (order != Order::Verbatim || asks_for_help)) {
            const std::string& argument = take();
            if (argument == "--") break;
            if (argument.size() > 1 && argument.starts_with('-')) {
                OCI_TRY(take_option(argument));
                continue;
            }
            out_.words.push_back(argument);
            if (order == Order::OptionsFirst) break;
        }
        out_.words.insert(out_.words.end(), left_.begin(), left_.end());
        return std::move(out_);
    }

private:
    const std::string& take() {
        const std::string& first = left_.front();
        left_ = left_.subspan(1);
        return first;
    }

    const Option* find_name(std::string_view name) const {
        const auto found = std::ranges::find(table_, name, &Option::name);
        return found == table_.end() ? nullptr : &*found;
    }

    const Option* find_letter(char letter) const {
        const auto found = std::ranges::find(table_, letter, &Option::letter);
        return found == table_.end() ? nullptr : &*found;
    }

    /// Go's flag package takes -bundle for --bundle, and callers written in Go rely on it.
    Result<void> take_option(std::string_view argument) {
        const bool is_double = argument.starts_with("--");
        const std::string_view body = argument.substr(is_double ? 2 : 1);
        const std::size_t equals = body.find('=');
        if (const Option* option = find_name(body.substr(0, equals)); option != nullptr) {
            if (equals == std::string_view::npos) return take_value(*option);
            return put(*option, body.substr(equals + 1));
        }
        if (is_double || find_letter(body[0]) == nullptr) return put_unknown(argument);
        return take_letters(body);
    }

    /// -dt is -d -t; -bDIR and -b=DIR are -b DIR.
    Result<void> take_letters(std::string_view letters) {
        while (!letters.empty()) {
            const Option* option = find_letter(letters[0]);
            if (option == nullptr) return put_unknown(std::string{"-"} + letters[0]);
            letters.remove_prefix(1);
            if (letters.starts_with('=')) return put(*option, letters.substr(1));
            if (!option->is_flag() && !letters.empty()) return put(*option, letters);
            OCI_TRY(take_value(*option));
        }
        return {};
    }

    Result<void> take_value(const Option& option) {
        if (option.is_flag()) return put(option, "true");
        if (option.may_stand_alone()) {
            const auto words = allowed_words(option);
            const bool is_given = !left_.empty() && std::ranges::count(words, left_.front()) > 0;
            return put(option, is_given ? std::string_view{take()} : words.front());
        }
        if (left_.empty())
            return fail(ErrorKind::InvalidConfig, "flag needs an argument: --{}", option.name);
        return put(option, take());
    }

    Result<void> put(const Option& option, std::string_view value) {
        out_.options.push_back("--" + std::string{option.name});
        out_.options.emplace_back(value);
        return {};
    }

    Result<void> put_unknown(std::string_view argument) {
        out_.options.emplace_back(argument);
        return {};
    }

    const OptionTable& table_;
    std::span<const std::string> left_;
    Arguments out_;
};

}  // namespace

Result<Arguments> normalise(const OptionTable& table, std::span<const std::string> arguments,
                            Order order) {
    return Normaliser{table, arguments}.run(order);
}

}  // namespace oci::cli
