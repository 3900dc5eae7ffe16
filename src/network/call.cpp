// SPDX-License-Identifier: Apache-2.0
#include "network/call.hpp"

#include <algorithm>
#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "network/version.hpp"

namespace oci::network {
namespace {

constexpr std::string_view help_text = R"(Usage: oci-rt network [--state DIR] VERB [OPTIONS]

The network of containers on this machine: bridges, addresses, published ports.

Verbs:
  list                 show networks, containers, addresses and ports as JSON
  reconcile            remove what belongs to no container, and make the rules anew
  check [OPTIONS]      tell whether a container could have such a network
  attach [OPTIONS]     give a network to a container (a createRuntime hook)
  detach [OPTIONS]     take it away again (a poststop hook)

Options:
  --state DIR          where leases are kept (default: /run/oci-rt/.net)
  --root DIR           where the runtime remembers the container (default: /run/oci-rt)
  --id ID              the container
  --pid PID            a process in it; without: of the state document on standard input
  --network-name NAME  the bridge (default: ocirt0)
  --network-ip IP/N    its address (default: 172.19.0.1/16)
  --network-ip6 IP/N   its second address
  --container-ip IP    of the container (default: the next that is free)
  --mtu BYTES          of the bridge (default: as where the default route leads)
  -p, --publish PORTS  [IP:]HOST:CONTAINER[/tcp|udp]
  --hosts FILE         gets the container's name and addresses
  --hostname NAME      the name
  --json               attach: print what the container has got
  --version
  --help
)";

Failure<Error> misuse(std::string message) {
    return with(fail(ErrorKind::InvalidConfig, "{}", message),
                {.code = "usage", .phase = "arguments"});
}

using Take = Result<void> (*)(Call& call, std::string_view value);

template <auto member>
Result<void> text(Call& call, std::string_view value) {
    call.*member = std::string{value};
    return {};
}

template <typename T>
Result<T> required(std::optional<T> value, std::string_view text, std::string_view what) {
    if (value) return *std::move(value);
    return fail(ErrorKind::InvalidConfig, "\"{}\" is no {}", escape_for_display(text), what);
}

Result<void> network_address(Call& call, std::string_view value) {
    const Subnet subnet = OCI_TRY(required(parse_subnet(value), value, "address with /BITS"));
    if (subnet.address.family != Family::V4)
        return fail(ErrorKind::InvalidConfig, "{} is for --network-ip6", subnet.text());
    call.request.network.v4 = subnet;
    return {};
}

/// With or without the bits of its network.
Result<void> container_address(Call& call, std::string_view value) {
    const Address address =
        OCI_TRY(required(parse_address(value.substr(0, value.find('/'))), value, "address"));
    if (address.family != Family::V4)
        return fail(ErrorKind::InvalidConfig, "{} is not of IPv4", address.text());
    call.request.address = address;
    return {};
}

Result<void> publish(Call& call, std::string_view value) {
    const std::vector<Publication> ports = OCI_TRY(parse_publication(value));
    call.request.ports.insert(call.request.ports.end(), ports.begin(), ports.end());
    return {};
}

constexpr std::array options{
    Named<Take>{"--state", text<&Call::state>},
    Named<Take>{"--root",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.owner.root = value;
                    return {};
                }},
    Named<Take>{"--id",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.owner.id = value;
                    return {};
                }},
    Named<Take>{"--pid",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.pid = OCI_TRY(required(parse_number<pid_t>(value), value, "pid"));
                    return {};
                }},
    Named<Take>{"--network-name",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.network.name = value;
                    return {};
                }},
    Named<Take>{"--network-ip", network_address},
    Named<Take>{"--network-ip6",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.network.v6 =
                        OCI_TRY(required(parse_subnet(value), value, "address with /BITS"));
                    return {};
                }},
    Named<Take>{"--container-ip", container_address},
    Named<Take>{"--mtu",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.network.mtu =
                        OCI_TRY(required(parse_number<std::uint32_t>(value), value, "size"));
                    return {};
                }},
    Named<Take>{"--publish", publish},
    Named<Take>{"-p", publish},
    Named<Take>{"--hosts",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.hosts = value;
                    return {};
                }},
    Named<Take>{"--hostname",
                [](Call& call, std::string_view value) -> Result<void> {
                    call.request.hostname = value;
                    return {};
                }},
};

constexpr std::array<std::string_view, 5> verbs{"attach", "check", "detach", "reconcile", "list"};

Result<void> check_whole(const Call& call) {
    const bool is_about_one =
        call.verb == "attach" || call.verb == "detach" || call.verb == "check";
    if (is_about_one && call.request.owner.id.empty()) return misuse("--id is missing");
    if (call.request.owner.id.find('/') != std::string::npos || call.request.owner.id == "..")
        return misuse("--id is no name of a container");
    return {};
}

}  // namespace

Result<Call> parse_call(const std::vector<std::string>& words) {
    Call call;
    call.request.owner.root = "/run/oci-rt";
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (*word == "--help" || *word == "-h") call.answer = help_text;
        if (*word == "--version") call.answer = fmt::format("{}\n", version_text);
        if (!call.answer.empty()) return call;
        if (*word == "--json") {
            call.json = true;
            continue;
        }
        if (!word->starts_with('-')) {
            if (!call.verb.empty() || std::ranges::count(verbs, *word) == 0)
                return misuse(fmt::format("unexpected word \"{}\"", escape_for_display(*word)));
            call.verb = *word;
            continue;
        }
        const std::size_t equals = word->find('=');
        const std::string name = word->substr(0, equals);
        const auto take = value_named(options, name);
        if (!take) return misuse(fmt::format("unknown option {}", escape_for_display(name)));
        std::string value = equals == std::string::npos ? "" : word->substr(equals + 1);
        if (equals == std::string::npos) {
            if (++word == words.end()) return misuse(fmt::format("{} wants a value", name));
            value = *word;
        }
        OCI_TRY(with(explain((*take)(call, value), "{}", name), {.code = "usage"}));
    }
    if (call.verb.empty()) return misuse("missing verb: see --help");
    OCI_TRY(check_whole(call));
    return call;
}

}  // namespace oci::network
