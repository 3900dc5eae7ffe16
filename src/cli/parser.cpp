// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.hpp"

#include <unistd.h>

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "cli/run_form.hpp"

namespace oci::cli {
namespace {

/// More descriptors than a process can have are a mistake of the caller.
constexpr int most_descriptors = 1 << 20;

// put() stores a value; the answer is what is wrong with it, or nothing.

std::string put(bool& target, const std::string& value) {
    target = value == "true";
    return target || value == "false" ? "" : fmt::format("'{}' is neither true nor false", value);
}

std::string put(std::optional<bool>& target, const std::string& value) {
    bool flag = false;
    std::string problem = put(flag, value);
    if (problem.empty()) target = flag;
    return problem;
}

std::string put(int& target, const std::string& value) {
    const auto number = parse_number<int>(value);
    if (!number || *number < 0 || *number > most_descriptors)
        return fmt::format("'{}' is not a number from 0 to {}", value, most_descriptors);
    target = *number;
    return {};
}

std::string put(std::string& target, const std::string& value) {
    target = value;
    return {};
}

std::string put(std::optional<std::string>& target, const std::string& value) {
    target = value;
    return {};
}

std::string put(std::vector<std::string>& target, const std::string& value) {
    target.push_back(value);
    return {};
}

std::string put(std::vector<std::uint32_t>& target, const std::string& value) {
    // 2^32-1 means "leave it as it is" to the kernel and names no group.
    const auto number = parse_number<std::uint32_t>(value);
    if (!number || *number == ~std::uint32_t{0})
        return fmt::format("'{}' is not the number of a group", value);
    target.push_back(*number);
    return {};
}

std::string check_and_put(const Option& option, const std::string& value) {
    const auto words = allowed_words(option);
    if (!words.empty() && std::ranges::count(words, value) == 0)
        return fmt::format("'{}' is none of {}", value, fmt::join(words, ", "));
    return std::visit([&](auto* target) { return put(*target, value); }, option.target);
}

/// The validator of an option sees each value as written; CLI11's own
/// conversions give brackets and braces a meaning that no path should have.
void describe_to(CLI::App& app, const Option& option) {
    CLI::Option* described =
        app.add_option("--" + std::string{option.name}, [](const CLI::results_t&) { return true; });
    described->check([&option](const std::string& value) { return check_and_put(option, value); });
    described->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Result<void> assign(const OptionTable& table, std::vector<std::string> options) {
    try {
        CLI::App app;
        app.set_help_flag();
        app.allow_extras();
        for (const Option& option : table) describe_to(app, option);
        std::ranges::reverse(options);
        app.parse(std::move(options));
        const auto unknown = app.remaining();
        if (!unknown.empty())
            return fail(ErrorKind::InvalidConfig, "unknown option {}", unknown.front());
        return {};
    } catch (const CLI::Error& error) {
        return fail(ErrorKind::InvalidConfig, "{}", error.what());
    }
}

Result<std::vector<std::string>> fill_in(const OptionTable& table,
                                         const std::vector<std::string>& arguments, Order order) {
    Arguments split = OCI_TRY(normalise(table, arguments, order));
    OCI_TRY(assign(table, std::move(split.options)));
    return std::move(split.words);
}

/// Engines ask by `checkpoint --help` and by `restore --lsm-mount-context`, and take a success, or
/// words about a missing value, for a yes.
Failure<Error> unknown(const std::string& verb) {
    if (verb == "checkpoint" || verb == "restore")
        return fail(ErrorKind::Unsupported,
                    "{} is not supported: oci-rt can neither save nor restore containers", verb);
    return fail(ErrorKind::InvalidConfig, "unknown verb {}", verb);
}

/// Nothing but their names is known here: all else is the work of oci-rt-image.
Result<void> parse_run_of_image(Invocation& invocation) {
    invocation.options.image_run.is_image = true;
    OptionTable own;
    describe_log_of_monitor(own, invocation.options.monitor);
    OptionTable table;
    describe_run_of_image(table, invocation.options);
    table.push_back({'d', "detach", "", "", &invocation.options.run.detach});
    table.push_back({'h', "help", "", "", &invocation.options.help});
    table.insert(table.end(), own.begin(), own.end());
    Arguments split = OCI_TRY(normalise(table, invocation.behind, Order::OptionsFirst));
    OCI_TRY(assign(table, split.options));
    const auto is_own = [&](std::string_view word) {
        return std::ranges::count(own, word.substr(2), &Option::name) > 0;
    };
    for (std::size_t i = 0; i + 1 < split.options.size(); i += 2)
        if (!is_own(split.options[i]))
            invocation.options.image_run.options.push_back(
                fmt::format("{}={}", split.options[i], split.options[i + 1]));
    invocation.words = std::move(split.words);
    // `run IMAGE -- command`: the dashes only part the two.
    if (invocation.words.size() > 1 && invocation.words[1] == "--")
        invocation.words.erase(invocation.words.begin() + 1);
    return {};
}

RunForm form_of(Invocation& invocation) {
    OptionTable of_bundle;
    OptionTable of_image;
    describe_run_of_bundle(of_bundle, invocation.options);
    of_bundle.push_back({'h', "help", "", "", &invocation.options.help});
    describe_run_of_image(of_image, invocation.options);
    of_image.push_back({'d', "detach", "", "", &invocation.options.run.detach});
    of_image.push_back({'h', "help", "", "", &invocation.options.help});
    describe_log_of_monitor(of_image, invocation.options.monitor);
    return run_form(invocation.behind, of_bundle, of_image,
                    [] { return ::access("config.json", F_OK) == 0; });
}

/// The table that the words behind a verb are read by.
OptionTable table_of(const Verb& verb, VerbOptions& options) {
    if (verb.name != "run") return options_of(verb, options);
    OptionTable table;
    describe_run_of_bundle(table, options);
    table.push_back({'h', "help", "", "", &options.help});
    return table;
}

}  // namespace

Result<Invocation> parse_globals(const std::vector<std::string>& arguments) {
    Invocation invocation;
    std::vector<std::string> words =
        OCI_TRY(fill_in(options_of(invocation.globals), arguments, Order::OptionsFirst));
    if (invocation.globals.help || invocation.globals.version) return invocation;
    if (words.empty()) return fail(ErrorKind::InvalidConfig, "no verb given");
    invocation.verb = find_verb(words.front());
    // Said only when the log is open: engines look there.
    if (invocation.verb == nullptr) invocation.unknown_verb = words.front();
    invocation.behind.assign(words.begin() + 1, words.end());
    return invocation;
}

Result<void> parse_verb(Invocation& invocation) {
    if (invocation.verb == nullptr) return unknown(invocation.unknown_verb);
    const Verb& verb = *invocation.verb;
    if (verb.name == "run" && form_of(invocation) == RunForm::Image)
        return parse_run_of_image(invocation);
    invocation.words =
        OCI_TRY(fill_in(table_of(verb, invocation.options), invocation.behind, verb.order));
    if (invocation.options.help) return {};
    std::vector<std::string>& words = invocation.words;
    // `exec ID -- command`: the dashes only part the two.
    if (verb.order == Order::OptionsFirst && words.size() > 1 && words[1] == "--")
        words.erase(words.begin() + 1);
    if (words.size() < verb.least_words)
        return fail(ErrorKind::InvalidConfig, "{}: missing argument: {}", verb.name, verb.words);
    if (words.size() > verb.most_words)
        return fail(ErrorKind::InvalidConfig, "{}: unexpected argument {}", verb.name,
                    words[verb.most_words]);
    if (verb.name == "exec" && words.size() < 2 && invocation.options.exec.process_file.empty())
        return fail(ErrorKind::InvalidConfig, "exec: missing argument: COMMAND, or --process FILE");
    return {};
}

}  // namespace oci::cli
