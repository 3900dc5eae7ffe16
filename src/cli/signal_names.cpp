// SPDX-License-Identifier: Apache-2.0
#include "cli/signal_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <string>

#include "base/named_values.hpp"
#include "base/text.hpp"

namespace oci::cli {
namespace {

constexpr std::array signals{
    Named<int>{"HUP", SIGHUP},       Named<int>{"INT", SIGINT},   Named<int>{"QUIT", SIGQUIT},
    Named<int>{"ILL", SIGILL},       Named<int>{"TRAP", SIGTRAP}, Named<int>{"ABRT", SIGABRT},
    Named<int>{"IOT", SIGIOT},       Named<int>{"BUS", SIGBUS},   Named<int>{"FPE", SIGFPE},
    Named<int>{"KILL", SIGKILL},     Named<int>{"USR1", SIGUSR1}, Named<int>{"SEGV", SIGSEGV},
    Named<int>{"USR2", SIGUSR2},     Named<int>{"PIPE", SIGPIPE}, Named<int>{"ALRM", SIGALRM},
    Named<int>{"TERM", SIGTERM},     Named<int>{"STKFLT", 16},    Named<int>{"CHLD", SIGCHLD},
    Named<int>{"CLD", SIGCHLD},      Named<int>{"CONT", SIGCONT}, Named<int>{"STOP", SIGSTOP},
    Named<int>{"TSTP", SIGTSTP},     Named<int>{"TTIN", SIGTTIN}, Named<int>{"TTOU", SIGTTOU},
    Named<int>{"URG", SIGURG},       Named<int>{"XCPU", SIGXCPU}, Named<int>{"XFSZ", SIGXFSZ},
    Named<int>{"VTALRM", SIGVTALRM}, Named<int>{"PROF", SIGPROF}, Named<int>{"WINCH", SIGWINCH},
    Named<int>{"IO", SIGIO},         Named<int>{"POLL", SIGPOLL}, Named<int>{"PWR", SIGPWR},
    Named<int>{"SYS", SIGSYS},
};

// As glibc counts, whichever libc this is built with: callers send 37 for RTMIN+3.
constexpr int first_real_time = 34;
constexpr int last = 64;

std::optional<int> real_time_signal(std::string_view name) {
    const bool from_first = name.starts_with("RTMIN");
    if (!from_first && !name.starts_with("RTMAX")) return std::nullopt;
    const int base = from_first ? first_real_time : last;
    name.remove_prefix(5);
    if (name.empty()) return base;
    if (name[0] != (from_first ? '+' : '-')) return std::nullopt;
    const auto distance = parse_number<unsigned>(name.substr(1));
    if (!distance || *distance > static_cast<unsigned>(last - first_real_time)) return std::nullopt;
    const int steps = static_cast<int>(*distance);
    return from_first ? base + steps : base - steps;
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
    if (const auto number = parse_number<int>(text))
        return *number >= 0 && *number <= last ? number : std::nullopt;
    std::string upper{text};
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string_view name = upper;
    if (name.starts_with("SIG")) name.remove_prefix(3);
    const auto known = value_named(signals, name);
    return known ? known : real_time_signal(name);
}

}  // namespace oci::cli
