// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/error_codes.hpp"

namespace oci::cli {
namespace {

constexpr std::size_t page_width = 80;

/// "-b, --bundle DIR"
std::string heading_of(const Option& option) {
    std::string text = option.letter == 0 ? "    " : fmt::format("-{}, ", option.letter);
    text.append("--").append(option.name);
    if (option.may_stand_alone()) return fmt::format("{}[={}", text, option.argument.substr(1));
    if (!option.argument.empty()) text.append(" ").append(option.argument);
    return text;
}

/// Words up to the width of the page; further lines begin at the indent.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string out;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (column > indent && column + 1 + word.size() > page_width) {
            out.append("\n").append(indent, ' ');
            column = indent;
        }
        if (column > indent) out += ' ';
        column += word.size() + (column > indent ? 1 : 0);
        out += word;
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return out;
}

std::string options_text(const OptionTable& table) {
    constexpr std::size_t indent = 28;
    constexpr std::size_t margin = 2;
    std::string out = "Options:\n";
    for (const Option& option : table) {
        if (!option.is_shown()) continue;
        const std::string heading = heading_of(option);
        out.append(margin, ' ').append(heading);
        if (heading.size() + margin + margin > indent)
            out.append("\n").append(indent, ' ');
        else
            out.append(indent - margin - heading.size(), ' ');
        out.append(wrapped(option.meaning, indent)).append("\n");
    }
    return out;
}

}  // namespace

std::string help_text() {
    std::string out =
        "oci-rt: run containers as the Open Container Initiative describes them\n\n"
        "Usage: oci-rt [OPTIONS] VERB [OPTIONS OF THE VERB] [ID] ...\n\nVerbs:\n";
    for (const Verb& verb : verbs())
        fmt::format_to(std::back_inserter(out), "  {:<12}{}\n", verb.name, verb.summary);
    Globals globals;
    out += '\n';
    out += options_text(options_of(globals));
    out +=
        "\nExample:\n  oci-rt --root /run/boxes run --bundle /srv/box box\n\n"
        "See 'oci-rt help VERB' for a verb, 'oci-rt help errors' for what errors say to\n"
        "programs, and oci-rt(8).\n";
    return out;
}

std::string help_text(const Verb& verb) {
    VerbOptions options;
    std::string out =
        fmt::format("oci-rt {}: {}\n\nUsage: oci-rt [GLOBAL OPTIONS] {} [OPTIONS]{}{}\n\n",
                    verb.name, verb.summary, verb.name, verb.words.empty() ? "" : " ", verb.words);
    out += options_text(options_of(verb, options));
    fmt::format_to(std::back_inserter(out),
                   "\nExample:\n  {}\n\nSee 'oci-rt help' for the global options.\n", verb.example);
    return out;
}

std::string help_on_errors() {
    std::string out =
        "With --log-format json an error has a code that programs can rely on:\n\nCodes:\n";
    for (const ErrorCode& code : error_codes)
        fmt::format_to(std::back_inserter(out), "  {:<26}{}\n", code.name,
                       wrapped(code.meaning, 28));
    return out + "\nSee ERRORS in oci-rt(8).\n";
}

}  // namespace oci::cli
