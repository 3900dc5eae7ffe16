// SPDX-License-Identifier: Apache-2.0
#include "network/nftables.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/netlink.hpp"
#include "kernel/process.hpp"
#include "kernel/run_program.hpp"

namespace oci::network {
namespace {

using kernel::NetlinkAttribute;
using kernel::NetlinkMessage;
using kernel::NetlinkRequest;
using kernel::NetlinkResult;
using kernel::RouteSocket;

constexpr const char* library_name = "libnftables.so.1";
constexpr std::array programs{"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft"};

// ---- the library --------------------------------------------------------------

/// The functions that are used, as nftables/libnftables.h declares them.
struct Library {
    void* (*make)(std::uint32_t) = nullptr;
    void (*free)(void*) = nullptr;
    int (*keep_errors)(void*) = nullptr;
    const char* (*errors)(void*) = nullptr;
    int (*run)(void*, const char*) = nullptr;
};

template <typename Function>
bool find(void* handle, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(handle, name));
    return function != nullptr;
}

/// Loaded once, for good.
const Library* library() {
    static const std::optional<Library> loaded = []() -> std::optional<Library> {
        void* handle = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) return std::nullopt;
        Library found;
        const bool is_whole = find(handle, "nft_ctx_new", found.make) &&
                              find(handle, "nft_ctx_free", found.free) &&
                              find(handle, "nft_ctx_buffer_error", found.keep_errors) &&
                              find(handle, "nft_ctx_get_error_buffer", found.errors) &&
                              find(handle, "nft_run_cmd_from_buffer", found.run);
        if (!is_whole) return std::nullopt;
        return found;
    }();
    return loaded ? &*loaded : nullptr;
}

std::string in_one_line(std::string_view text) {
    std::string line{trim(text.substr(0, text.find("\n\n")))};
    std::ranges::replace(line, '\n', ' ');
    return display_text(line, 400);
}

Result<void> run_in_library(const Library& nft, const std::string& rules) {
    void* context = nft.make(0);
    if (context == nullptr) return fail(ErrorKind::System, "cannot begin with libnftables");
    (void)nft.keep_errors(context);  // else they come to standard error
    const int status = nft.run(context, rules.c_str());
    std::string said;
    if (const char* text = nft.errors(context); status != 0 && text != nullptr)
        said = in_one_line(text);
    nft.free(context);
    if (status == 0) return {};
    return fail(ErrorKind::System, "nftables refuses a rule: {}", said);
}

// ---- the program --------------------------------------------------------------

const char* program() {
    for (const char* path : programs)
        if (kernel::check_executable(path)) return path;
    return nullptr;
}

Result<void> run_program(const char* path, const std::string& rules) {
    const UniqueFd text = OCI_TRY(explain(kernel::make_memory_file("rules"), "cannot start nft"));
    OCI_TRY(explain(kernel::write_at(text, rules, 0), "cannot start nft"));
    const std::array<char*, 1> no_environment{nullptr};
    const kernel::Exit end = OCI_TRY(
        explain(kernel::run_program({path, "-f", "-"}, no_environment.data(), text, STDIN_FILENO),
                "cannot run nft"));
    if (end.status == 0) return {};
    return fail(ErrorKind::System, "nft refuses a rule: exit status {}", end.status);
}

// ---- the kernel ---------------------------------------------------------------

NetlinkRequest filter_request(const char* name, int message, std::uint8_t family,
                              std::uint16_t flags) {
    NetlinkRequest request{name, static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8U | message),
                           flags};
    request.header(nfgenmsg{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0});
    return request;
}

constexpr std::array families{
    Named<std::uint8_t>{"ip", NFPROTO_IPV4},
    Named<std::uint8_t>{"ip6", NFPROTO_IPV6},
    Named<std::uint8_t>{"inet", NFPROTO_INET},
};

std::optional<std::uint32_t> big_endian(const NetlinkAttribute& attribute) {
    const auto value = kernel::value_of<std::uint32_t>(attribute);
    return value ? std::optional{ntohl(*value)} : std::nullopt;
}

bool hooks_forward(const NetlinkAttribute& hook) {
    const auto inner = kernel::attributes_of(hook);
    if (!inner) return false;
    return std::ranges::any_of(*inner, [](const NetlinkAttribute& each) {
        return each.type == NFTA_HOOK_HOOKNUM && big_endian(each) == NF_INET_FORWARD;
    });
}

struct Chain {
    ForwardChain chain{};
    bool forwards = false;
};

std::optional<Chain> read_chain(const NetlinkMessage& message) {
    const auto header = kernel::header_of<nfgenmsg>(message);
    const auto attributes = kernel::attributes_of(message, sizeof(nfgenmsg));
    if (!header || !attributes) return std::nullopt;
    Chain read;
    read.chain.family = name_of_value(families, header->nfgen_family);
    for (const NetlinkAttribute& each : *attributes) {
        if (each.type == NFTA_CHAIN_TABLE) read.chain.table = kernel::text_of(each);
        if (each.type == NFTA_CHAIN_NAME) read.chain.name = kernel::text_of(each);
        if (each.type == NFTA_CHAIN_POLICY) read.chain.drops = big_endian(each) == NF_DROP;
        if (each.type == NFTA_CHAIN_HOOK) read.forwards = hooks_forward(each);
    }
    if (read.chain.family.empty()) return std::nullopt;
    return read;
}

std::vector<Chain> all_chains() {
    std::vector<Chain> chains;
    auto socket = RouteSocket::open_netfilter();
    if (!socket) return chains;
    const auto answer = socket.value().ask(
        filter_request("NFT_MSG_GETCHAIN", NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, NLM_F_DUMP));
    if (!answer) return chains;  // without nftables there are none
    for (const NetlinkMessage& message : answer.value())
        if (auto chain = read_chain(message)) chains.push_back(*std::move(chain));
    return chains;
}

/// 0: it is there. ENOENT: it is not. All else: this kernel has no nftables.
int ask_for_table() {
    auto socket = RouteSocket::open_netfilter();
    if (!socket) return socket.error().code;
    NetlinkRequest request = filter_request("NFT_MSG_GETTABLE", NFT_MSG_GETTABLE, NFPROTO_INET, 0);
    request.add_text(NFTA_TABLE_NAME, "oci_rt");
    const auto answer = socket.value().ask(std::move(request));
    return answer ? 0 : answer.error().code;
}

}  // namespace

Result<void> carry_out(const std::string& rules) {
    if (const Library* nft = library()) return run_in_library(*nft, rules);
    if (const char* path = program()) return run_program(path, rules);
    return with(fail(ErrorKind::Unsupported, "there is neither {} nor a program nft", library_name),
                {.hint = "install nftables (Debian: libnftables1 or nftables)"});
}

bool has_nftables() {
    const int code = ask_for_table();
    return (code == 0 || code == ENOENT) && (library() != nullptr || program() != nullptr);
}

bool has_table() { return ask_for_table() == 0; }

std::vector<ForwardChain> forward_chains() {
    std::vector<ForwardChain> chains;
    for (Chain& each : all_chains())
        if (each.forwards && each.chain.table != "oci_rt") chains.push_back(std::move(each.chain));
    return chains;
}

bool has_chain(const std::string& table, const std::string& name) {
    return std::ranges::any_of(all_chains(), [&](const Chain& each) {
        return each.chain.table == table && each.chain.name == name;
    });
}

}  // namespace oci::network
