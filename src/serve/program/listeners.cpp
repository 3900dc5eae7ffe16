// SPDX-License-Identifier: Apache-2.0
#include "serve/program/listeners.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <optional>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"
#include "kernel/stream_socket.hpp"
#include "kernel/text_file.hpp"

namespace oci::serve::program {
namespace {

constexpr std::size_t shortest_token = 32;
constexpr int first_inherited = 3;

/// Without the user database of the machine, which may ask the network: /etc/group has the groups
/// that a service is set up for.
Result<gid_t> group_named(const std::string& name) {
    if (const auto number = parse_number<gid_t>(name)) return *number;
    constexpr std::size_t largest = std::size_t{1} << 20U;
    const std::string text = OCI_TRY(
        explain(kernel::read_text(kernel::here, "/etc/group", largest), "cannot read /etc/group"));
    for (const std::string_view line : split(text, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() < 3 || fields[0] != name) continue;
        if (const auto number = parse_number<gid_t>(fields[2])) return *number;
    }
    return fail(ErrorKind::InvalidConfig, "--socket-group: there is no group {} in /etc/group",
                json_quoted(name));
}

/// A socket that nobody answers at is left by a service that was killed.
Result<void> remove_stale(FdView directory, const std::string& name, const std::string& path) {
    const auto status = kernel::status_of(directory, name.c_str());
    if (!status) return {};
    if (!S_ISSOCK(status.value().st_mode))
        return fail(ErrorKind::InvalidConfig, "{}: there is something that is no socket", path);
    if (kernel::connect_at(directory, name.c_str(), kernel::SocketKind::Stream, 1))
        return fail(ErrorKind::AlreadyExists, "{}: somebody listens there already", path);
    OCI_TRY(explain(kernel::remove(directory, name.c_str()), "cannot remove {}", path));
    return {};
}

Result<Listener> listen_on_path(const Call& call, const std::string& path) {
    const std::string folder{parent_path(path)};
    const std::string name{file_name(path)};
    constexpr mode_t private_mode = 0700;
    (void)kernel::make_directory(kernel::here, folder.c_str(), private_mode);  // it may be there
    const UniqueFd directory =
        OCI_TRY(explain(kernel::open_at(kernel::here, folder.c_str(), O_RDONLY | O_DIRECTORY),
                        "cannot open {}", folder));
    const std::string lock_name = name + ".lock";
    UniqueFd lock = OCI_TRY(
        explain(kernel::open_at(directory, lock_name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0600),
                "cannot open {}/{}", folder, lock_name));
    if (!lock_for_us(lock))
        return fail(ErrorKind::AlreadyExists, "{}: another service listens there", path);
    OCI_TRY(remove_stale(directory, name, path));
    const bool has_group = !call.socket_group.empty();
    constexpr mode_t all_but_ours = 0177;
    const mode_t before = kernel::set_umask(all_but_ours);
    auto bound = kernel::listen_at(directory, name.c_str(), kernel::SocketKind::Stream);
    kernel::set_umask(before);
    UniqueFd socket = OCI_TRY(explain(std::move(bound), "cannot listen on {}", path));
    if (has_group) {
        const gid_t group = OCI_TRY(group_named(call.socket_group));
        constexpr uid_t same_user = ~uid_t{0};
        OCI_TRY(explain(kernel::change_owner(directory, name.c_str(), same_user, group),
                        "cannot give {} to group {}", path, call.socket_group));
        constexpr mode_t for_group = 0660;
        OCI_TRY(explain(kernel::change_mode(directory, name.c_str(), for_group),
                        "cannot set the mode of {}", path));
    }
    auto policy = std::make_shared<http::Policy>();
    policy->uids = call.uids;
    policy->mode_decides = has_group;
    return Listener{.socket = std::move(socket),
                    .policy = std::move(policy),
                    .name = "unix://" + path,
                    .lock = std::move(lock)};
}

std::string address_in_url(const kernel::Endpoint& endpoint) {
    const bool is_six = endpoint.address.find(':') != std::string::npos;
    return is_six ? "[" + endpoint.address + "]" : endpoint.address;
}

std::string page_of(const Call& call, const kernel::Endpoint& endpoint) {
    if (!call.has_page) return {};
    const bool is_any = endpoint.address == "0.0.0.0" || endpoint.address == "::";
    return fmt::format("http://{}:{}/", is_any ? "localhost" : address_in_url(endpoint),
                       endpoint.port);
}

/// What a client of this machine may call us.
std::vector<std::string> host_names(const Call& call, const kernel::Endpoint& endpoint) {
    const std::string address = address_in_url(endpoint);
    std::vector<std::string> hosts;
    for (const std::string& name :
         {std::string{"localhost"}, std::string{"127.0.0.1"}, std::string{"[::1]"}, address}) {
        hosts.push_back(fmt::format("{}:{}", name, endpoint.port));
        constexpr std::uint16_t port_of_http = 80;
        if (endpoint.port == port_of_http) hosts.push_back(name);
    }
    for (const std::string& name : call.hosts) hosts.push_back(name);
    return hosts;
}

Result<std::shared_ptr<http::Policy>> policy_of_tcp(const Call& call,
                                                    const kernel::Endpoint& endpoint,
                                                    const std::string& token) {
    if (!endpoint.is_loopback && !call.insecure)
        return fail(ErrorKind::InvalidConfig,
                    "{} is not a loopback address; the token would cross a network in clear text "
                    "(--insecure-listen allows that)",
                    endpoint.address);
    auto policy = std::make_shared<http::Policy>();
    policy->is_tcp = true;
    policy->hosts = host_names(call, endpoint);
    policy->token = token;
    policy->has_page = call.has_page;
    return policy;
}

Result<Listener> listen_on_address(const Call& call, const ListenAddress& address,
                                   const std::string& token) {
    UniqueFd socket = OCI_TRY(explain(kernel::listen_on_tcp(address.place.c_str(), address.port),
                                      "cannot listen on {} port {}", address.place, address.port));
    const kernel::Endpoint endpoint =
        OCI_TRY(explain(kernel::endpoint_of(socket), "cannot listen"));
    auto policy = OCI_TRY(policy_of_tcp(call, endpoint, token));
    return Listener{.socket = std::move(socket),
                    .policy = std::move(policy),
                    .name = fmt::format("tcp://{}:{}", endpoint.address, endpoint.port),
                    .page = page_of(call, endpoint)};
}

std::optional<int> inherited_count() {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr) return std::nullopt;
    if (parse_number<pid_t>(pid) != ::getpid()) return std::nullopt;
    return parse_number<int>(count);
}

Result<Listener> inherit(const Call& call, int number, const std::string& token) {
    UniqueFd socket{number};
    OCI_TRY(explain(kernel::set_close_on_exec(socket, true), "LISTEN_FDS: descriptor {}", number));
    const auto listens = kernel::is_stream_listener(socket);
    if (!listens || !listens.value())
        return fail(ErrorKind::InvalidConfig, "LISTEN_FDS: descriptor {} is no listening socket",
                    number);
    const kernel::Endpoint endpoint =
        OCI_TRY(explain(kernel::endpoint_of(socket), "LISTEN_FDS: descriptor {}", number));
    if (!endpoint.is_unix) {
        auto policy = OCI_TRY(policy_of_tcp(call, endpoint, token));
        return Listener{.socket = std::move(socket),
                        .policy = std::move(policy),
                        .name = fmt::format("tcp://{}:{}", endpoint.address, endpoint.port),
                        .page = page_of(call, endpoint)};
    }
    auto policy = std::make_shared<http::Policy>();
    policy->mode_decides = true;  // SocketMode= and SocketGroup= of the unit
    return Listener{.socket = std::move(socket),
                    .policy = std::move(policy),
                    .name = "unix://" + endpoint.address};
}

Result<std::string> make_token(const std::string& path) {
    std::array<unsigned char, shortest_token> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
        return fail(ErrorKind::System, "cannot make a token: getrandom");
    std::string token;
    for (const unsigned char each : random) token += fmt::format("{:02x}", each);
    OCI_TRY(explain(kernel::replace_text(kernel::here, path.c_str(), token + "\n", 0600),
                    "cannot write the token to {}", path));
    return token;
}

}  // namespace

bool lock_for_us(FdView file) {
    constexpr int attempts = 40;
    constexpr timespec moment{.tv_sec = 0, .tv_nsec = 25'000'000};
    for (int each = 0; each < attempts; ++each) {
        if (kernel::lock(file, LOCK_EX | LOCK_NB)) return true;
        ::nanosleep(&moment, nullptr);
    }
    return false;
}

std::string address_with_token(const std::string& page, std::string_view token) {
    std::string text = page + "#token=";
    for (const char each : token) {
        const bool is_plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                              (each >= '0' && each <= '9') || each == '-' || each == '_';
        text += is_plain ? std::string(1, each)
                         : fmt::format("%{:02X}", static_cast<unsigned char>(each));
    }
    return text;
}

bool wants_token(const Call& call) {
    if (inherited_count()) return true;
    for (const ListenAddress& each : call.listeners)
        if (each.is_tcp) return true;
    return false;
}

Result<std::string> read_token(const std::string& path) {
    const auto status = kernel::status_of(kernel::here, path.c_str());
    if (!status && status.error().code == ENOENT) return make_token(path);
    const struct stat file = OCI_TRY(explain(status, "cannot look at the token {}", path));
    constexpr mode_t others = 077;
    if (!S_ISREG(file.st_mode) || (file.st_mode & others) != 0 || file.st_uid != ::geteuid())
        return fail(ErrorKind::InvalidConfig,
                    "the token {} has to be a regular file of mode 0600, and ours", path);
    constexpr std::size_t longest = 4096;
    const std::string text = OCI_TRY(
        explain(kernel::read_text(kernel::here, path.c_str(), longest), "cannot read {}", path));
    const std::string_view token = trim(text);
    if (token.size() < shortest_token)
        return fail(ErrorKind::InvalidConfig, "the token {} has less than {} characters", path,
                    shortest_token);
    return std::string{token};
}

Result<std::vector<Listener>> open_listeners(const Call& call, const std::string& token) {
    std::vector<Listener> listeners;
    for (const ListenAddress& each : call.listeners) {
        Listener one = OCI_TRY(each.is_tcp ? listen_on_address(call, each, token)
                                           : listen_on_path(call, clean_path(each.place)));
        listeners.push_back(std::move(one));
    }
    return listeners;
}

Result<std::vector<Listener>> inherited_listeners(const Call& call, const std::string& token) {
    std::vector<Listener> listeners;
    constexpr int most = 64;
    const int count = inherited_count().value_or(0);
    if (count > most) return fail(ErrorKind::InvalidConfig, "LISTEN_FDS: more than {}", most);
    for (int each = 0; each < count; ++each) {
        Listener one = OCI_TRY(inherit(call, first_inherited + each, token));
        listeners.push_back(std::move(one));
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    return listeners;
}

}  // namespace oci::serve::program
