// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-client: argv in, exit status out: 0, that of exec's program (255 where
// there was none), 1 for what the service has
// refused, 2 for what cannot be asked so, 3 where no service could be asked.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "client/verbs.hpp"
#include "kernel/files.hpp"
#include "kernel/signals.hpp"
#include "kernel/text_file.hpp"

namespace oci::client {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : value;
}

Result<std::string> token_in(const std::string& path) {
    constexpr std::size_t longest = 4096;
    const std::string text = OCI_TRY(explain(kernel::read_text(kernel::here, path.c_str(), longest),
                                             "cannot read the token {}", path));
    return std::string{trim(text)};
}

/// The token that a service of this machine has left is for this machine alone; one that was named
/// goes where it was sent, but over a network not in clear text.
Result<std::string> token_for(const Call& call, const Address& address,
                              const Surroundings& around) {
    if (!address.socket.empty()) return std::string{};
    std::string token = variable("OCI_RT_TOKEN");
    if (!call.token_file.empty()) token = OCI_TRY(token_in(call.token_file));
    if (token.empty() && address.is_loopback) {
        // Without one, the service says what it thinks of that.
        auto left = token_in(default_token_file(around));
        if (left) token = std::move(left).value();
    }
    const bool is_safe = address.is_loopback || address.is_encrypted || call.insecure;
    if (!token.empty() && !is_safe)
        return fail(ErrorKind::InvalidConfig,
                    "{} is another machine: the token would cross a network in clear text "
                    "(--insecure allows that)",
                    address.origin);
    for (const char each : token)
        if (each <= ' ' || each > '~')
            return fail(ErrorKind::InvalidConfig, "the token has a character that no token has");
    return token;
}

Result<Connection> connect(const Call& call) {
    const Surroundings around{.is_root = ::geteuid() == 0,
                              .runtime_directory = variable("XDG_RUNTIME_DIR")};
    Address address = OCI_TRY(parse_address(call.address, around));
    std::string token = OCI_TRY(token_for(call, address, around));
    return Connection::make(std::move(address), std::move(token));
}

void report(const Error& error) {
    // Standard error is the last place to tell anything.
    (void)kernel::write_all(FdView{STDERR_FILENO},
                            "oci-rt: " + escape_for_display(error.message) + "\n");
}

int main(char** argv) {
    constexpr int refused = 1;
    constexpr int usage = 2;
    constexpr int unreachable = 3;
    constexpr int before_exec = 255;  // as of oci-rt exec
    kernel::ignore_signal(SIGPIPE);
    std::vector<std::string> arguments;
    for (char** each = argv; *each != nullptr; ++each) arguments.emplace_back(*each);
    if (!arguments.empty()) arguments.erase(arguments.begin());
    const auto call = parse_call(arguments);
    if (!call) {
        report(call.error());
        return usage;
    }
    if (!call.value().answer.empty()) return print(call.value().answer) ? 0 : refused;
    auto service = connect(call.value());
    if (!service) {
        report(service.error());
        return usage;
    }
    const auto status = perform(service.value(), call.value());
    if (status) return status.value();
    report(status.error());
    if (call.value().verb == "exec") return before_exec;
    return service.value().was_answered() ? refused : unreachable;
}

}  // namespace
}  // namespace oci::client

int main(int /*argc*/, char** argv) { return oci::client::main(argv); }
