// SPDX-License-Identifier: Apache-2.0
#include "monitor/options.hpp"

#include <array>
#include <variant>

#include "base/text.hpp"

namespace oci::monitor {
namespace {

using Target = std::variant<bool Options::*, const char * Options::*, int Options::*>;

struct Known {
    std::string_view name;
    Target target;
};
constexpr std::array known{
    Known{"--adopt", &Options::adopts},      Known{"--id", &Options::id},
    Known{"--state", &Options::state},       Known{"--meeting", &Options::meeting},
    Known{"--log", &Options::log},           Known{"--cgroup", &Options::cgroup},
    Known{"--terminal", &Options::terminal}, Known{"--keep-input", &Options::keeps_input},
    Known{"--starter", &Options::starter},   Known{"--remove", &Options::removes},
};

struct Store {
    Options& options;
    const char* value;

    bool operator()(const char* Options::*target) const {
        options.*target = value;
        return true;
    }
    bool operator()(bool Options::*target) const {
        options.*target = value == std::string_view{"true"};
        return options.*target || value == std::string_view{"false"};
    }
    bool operator()(int Options::*target) const {
        const auto number = parse_number<int>(value);
        if (number) options.*target = *number;
        return number.has_value();
    }
};

bool store(std::string_view name, const char* value, Options& options) {
    if (name == "--log-max-size") {
        const auto number = parse_number<std::uint64_t>(value);
        options.limits.max_size = number.value_or(0);
        return number.has_value();
    }
    if (name == "--log-max-files") {
        constexpr unsigned most = 1000;
        const auto number = parse_number<unsigned>(value);
        options.limits.max_files = number.value_or(1);
        return number && *number >= 1 && *number <= most;
    }
    for (const Known& each : known)
        if (each.name == name) return std::visit(Store{options, value}, each.target);
    return false;
}

}  // namespace

std::string_view read_options(std::span<char*> arguments, Options& options) {
    std::size_t at = 0;
    constexpr std::string_view end = "--";
    for (; at < arguments.size() && arguments[at] != end; at += 2) {
        if (at + 1 == arguments.size()) return "an option has no value";
        if (!store(arguments[at], arguments[at + 1], options))
            return "an option is not known, or its value is none";
    }
    for (++at; at < arguments.size() && arguments[at] != end; ++at)
        options.runtime.push_back(arguments[at]);
    for (++at; at < arguments.size(); ++at) options.create.push_back(arguments[at]);
    if (options.id == nullptr || options.state == nullptr || options.starter < 0)
        return "--id, --state and --starter are needed";
    if (options.adopts) return {};
    if (options.meeting == nullptr || options.runtime.empty())
        return "--meeting and the runtime are needed";
    return {};
}

}  // namespace oci::monitor
