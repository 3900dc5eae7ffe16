// SPDX-License-Identifier: Apache-2.0
//
// oci-rt-network: argv in, exit status out.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/advice.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "network/call.hpp"
#include "network/state_document.hpp"

namespace oci::network {
namespace {

constexpr const char* default_state = "/run/oci-rt/.net";
constexpr std::size_t largest_state = std::size_t{1} << 20U;

Result<pid_t> pid_of_state() {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const std::size_t count =
            OCI_TRY(explain(kernel::read_some(FdView{STDIN_FILENO}, buffer), "cannot read state"));
        if (count == 0) break;
        text.append(buffer.data(), count);
        if (text.size() > largest_state) return fail(ErrorKind::InvalidConfig, "state is too long");
    }
    const auto pid = pid_in(text);
    if (pid) return *pid;
    return fail(ErrorKind::InvalidConfig, "no state of a container with a pid on standard input");
}

std::string lease_text(const World& world, const Lease& lease) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("id", lease.owner.id).member("address", lease.address.text());
    const Network* network = world.network(lease.network);
    if (const auto second = network == nullptr ? std::nullopt : second_address(*network, lease))
        json.member("address6", second->text());
    json.list("ports", texts_of(lease.ports)).end_object();
    return text + '\n';
}

/// What is to be printed.
Result<std::string> act(const Call& call) {
    if (!call.answer.empty()) return call.answer;
    if (::geteuid() != 0)
        return fail(ErrorKind::Unsupported, "only root can make networks for containers");
    // Nobody may change the network before it is known for whom.
    pid_t pid = call.pid;
    if (call.verb == "attach" && pid == 0) pid = OCI_TRY(pid_of_state());
    World world = OCI_TRY(look(call.state));
    std::string text;
    if (call.verb == "attach") {
        const Lease lease = OCI_TRY(attach(world, call.request, pid));
        if (call.json) text = lease_text(world, lease);
    } else if (call.verb == "check") {
        const std::vector<std::string> warnings = OCI_TRY(check(world, call.request));
        for (const std::string& each : warnings) log::warning("{}", each);
    } else if (call.verb == "detach") {
        OCI_TRY(detach(world, call.request.owner));
    } else if (call.verb == "list") {
        text = list_text(world);
    } else {
        const std::vector<std::string> removed = OCI_TRY(reconcile(world));
        for (const std::string& each : removed) text += each + '\n';
    }
    return text;
}

void report(const Error& error) {
    // Standard error is the last place to tell anything.
    (void)kernel::write_all(FdView{STDERR_FILENO},
                            fmt::format("oci-rt-network: {}\n", text_of(error)));
}

int main(char** argv) {
    kernel::ignore_signal(SIGPIPE);
    kernel::set_umask(022);
    log::Sink sink;
    sink.to_stderr = true;
    sink.least = log::Level::Warning;
    log::set_sink(std::move(sink));
    std::vector<std::string> words;
    for (char** each = argv; *each != nullptr; ++each) words.emplace_back(*each);
    if (!words.empty()) words.erase(words.begin());
    auto call = parse_call(words);
    if (!call) {
        report(call.error());
        return 1;
    }
    if (call.value().state.empty()) {
        const char* given = std::getenv("OCI_RT_NETWORK_STATE");
        call.value().state = given == nullptr ? default_state : given;
    }
    const auto text = act(call.value());
    if (!text) {
        report(text.error());
        return 1;
    }
    const auto written = kernel::write_all(FdView{STDOUT_FILENO}, text.value());
    return written ? 0 : 1;
}

}  // namespace
}  // namespace oci::network

int main(int /*argc*/, char** argv) { return oci::network::main(argv); }
