// SPDX-License-Identifier: Apache-2.0
#include "serve/program/call.hpp"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "serve/program/version.hpp"

namespace oci::serve::program {
namespace {

/// As CLI11 fills them in; judged afterwards.
struct Words {
    std::vector<std::string> listen{};
    std::uint16_t port = 0;
    unsigned head = 10;
    unsigned body = 30;
    unsigned idle = 60;
    unsigned write = 30;
    bool no_page = false;
};

void describe_listening(CLI::App& app, Call& call, Words& words) {
    app.add_option("--listen", words.listen,
                   "unix:///PATH or tcp://ADDRESS:PORT; default: /run/oci-rt/serve.sock, or "
                   "oci-rt/serve.sock in $XDG_RUNTIME_DIR")
        ->take_all();
    app.add_option("--port", words.port,
                   "also listen on this port of 127.0.0.1; light-containerd's is 8080")
        ->check(CLI::Range(1, 65535));
    app.add_option("--socket-group", call.socket_group,
                   "members of GROUP may connect to the Unix socket");
    app.add_option("--allow-uid", call.uids, "also serve this user on the Unix socket")->take_all();
    app.add_option("--allow-host", call.hosts, "HOST[:PORT] that clients may ask TCP for")
        ->take_all();
    app.add_option("--token-file", call.token_file,
                   "bearer token for TCP; default: serve.token beside the state, made if missing");
    app.add_flag("--insecure-listen", call.insecure,
                 "allow addresses of TCP that are not loopback; the token goes in clear text");
}

void describe_limits(CLI::App& app, Call& call, Words& words) {
    app.add_option("--max-connections", call.limits.connections, "of all clients")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str();
    app.add_option("--max-connections-of-peer", call.limits.connections_of_peer,
                   "of one user, or of one address")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str();
    const auto seconds = [&app](const char* name, unsigned& target, const char* meaning) {
        app.add_option(name, target, meaning)->check(CLI::Range(1, 3600))->capture_default_str();
    };
    seconds("--header-timeout", words.head, "seconds for the header of a request to arrive");
    seconds("--body-timeout", words.body, "seconds for its body");
    seconds("--idle-timeout", words.idle, "seconds that a connection may wait between requests");
    seconds("--write-timeout", words.write, "seconds without the client taking anything");
}

void describe_rest(CLI::App& app, Call& call, Words& words) {
    app.add_option("--state-dir", call.state_directory,
                   "what is remembered of containers; default: .serve in the directory of --root");
    app.add_option("--root", call.root, "of the runtime; default: as oci-rt itself")->take_last();
    app.add_option("--storage", call.storage, "of images; default: as oci-rt image")->take_last();
    app.add_option("--log-dir", call.logs,
                   "where the logs of containers go; default: logs in the directory of --storage")
        ->take_last();
    app.add_option("--runtime", call.runtime, "the program oci-rt")->take_last();
    app.add_option("--allow-registry", call.registries,
                   "HOST[:PORT] to fetch images from although its address is not public")
        ->take_all();
    app.add_option("--insecure-registry", call.insecure_registries,
                   "HOST[:PORT] that may go without TLS, or with an unknown certificate")
        ->take_all();
    app.add_flag("--keep", call.keep,
                 "leave the containers running at the end, and take them back");
    app.add_flag("--no-ui", words.no_page, "no page for browsers at /");
    app.add_flag("--debug", call.debug, "log each request");
    app.add_flag("--routes", call.routes, "print the table of routes");
}

Result<void> take(Call& call, const Words& words) {
    for (const std::string& text : words.listen) {
        ListenAddress address = OCI_TRY(parse_listen_address(text));
        call.listeners.push_back(std::move(address));
    }
    if (words.port != 0)
        call.listeners.push_back({.is_tcp = true, .place = "127.0.0.1", .port = words.port});
    call.has_page = !words.no_page;
    call.limits.head = std::chrono::seconds{words.head};
    call.limits.body = std::chrono::seconds{words.body};
    call.limits.idle = std::chrono::seconds{words.idle};
    call.limits.write = std::chrono::seconds{words.write};
    return {};
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
    constexpr std::string_view unix_scheme = "unix://";
    constexpr std::string_view tcp_scheme = "tcp://";
    const std::string whole{text};
    if (text.starts_with(unix_scheme)) text.remove_prefix(unix_scheme.size());
    if (text.starts_with('/') && text.size() > 1) return ListenAddress{.place = std::string{text}};
    const auto wrong = [&whole] {
        return fail(ErrorKind::InvalidConfig,
                    "--listen: {} is neither unix:///PATH nor tcp://ADDRESS:PORT",
                    json_quoted(display_text(whole, 80)));
    };
    if (!text.starts_with(tcp_scheme)) return wrong();
    text.remove_prefix(tcp_scheme.size());
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong();
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    std::string_view address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']') && address.size() > 2)
        address = address.substr(1, address.size() - 2);
    if (address == "localhost") address = "127.0.0.1";
    if (!port || *port == 0 || address.empty()) return wrong();
    return ListenAddress{.is_tcp = true, .place = std::string{address}, .port = *port};
}

Result<Call> parse_call(const std::vector<std::string>& arguments) {
    Call call;
    Words words;
    try {
        CLI::App app{"oci-rt-serve: containers by REST, for many clients at once"};
        app.name("oci-rt serve");
        app.set_version_flag("--version", version_text);
        describe_listening(app, call, words);
        describe_limits(app, call, words);
        describe_rest(app, call, words);
        std::vector<std::string> reversed = arguments;
        std::ranges::reverse(reversed);
        try {
            app.parse(std::move(reversed));
        } catch (const CLI::CallForHelp&) {
            call.answer = app.help();
        } catch (const CLI::CallForVersion& version) {
            call.answer = std::string{version.what()} + "\n";
        }
    } catch (const CLI::Error& error) {
        return fail(ErrorKind::InvalidConfig, "{}", error.what());
    }
    OCI_TRY(take(call, words));
    return call;
}

}  // namespace oci::serve::program
