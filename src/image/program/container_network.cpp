// SPDX-License-Identifier: Apache-2.0
#include "image/program/container_network.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/program/own_hooks.hpp"
#include "kernel/files.hpp"
#include "kernel/run_program.hpp"

namespace oci::image::program {
namespace {

constexpr std::string_view own_name = "oci-rt-network";

/// It lies where we lie.
Result<std::string> network_program() {
    const std::string own = OCI_TRY(own_program());
    return join_path(parent_path(own), own_name);
}

std::vector<std::string> words_of_owner(const run::Options& options, const std::string& id) {
    std::vector<std::string> words{"--root=" + options.state_root, "--id=" + id};
    const char* state = std::getenv("OCI_RT_NETWORK_STATE");
    if (state != nullptr) words.push_back("--state=" + std::string{state});
    return words;
}

std::vector<std::string> words_of_network(const run::Options& options, const std::string& id) {
    std::vector<std::string> words = words_of_owner(options, id);
    for (const std::string& each : options.ports) words.push_back("--publish=" + each);
    const std::array texts{std::pair{"--network-name=", &options.network_name},
                           std::pair{"--network-ip=", &options.network_ip},
                           std::pair{"--container-ip=", &options.container_ip}};
    for (const auto& [name, value] : texts)
        if (!value->empty()) words.push_back(name + *value);
    return words;
}

std::string hook(const std::string& path, std::string_view verb, std::vector<std::string> words) {
    words.insert(words.begin(), {path, std::string{verb}});
    return hook_text(words);
}

struct Said {
    int status = 0;
    std::string text{};
};

Result<Said> call(const std::string& path, std::vector<std::string> words) {
    const UniqueFd errors =
        OCI_TRY(explain(kernel::make_memory_file("what it says"), "cannot start {}", own_name));
    words.insert(words.begin(), path);
    const kernel::Exit end =
        OCI_TRY(explain(kernel::run_program(std::move(words), environ, errors, STDERR_FILENO),
                        "cannot run {}", own_name));
    std::array<char, 4096> buffer{};
    const std::size_t size =
        OCI_TRY(explain(kernel::read_at(errors, buffer, 0), "cannot hear {}", own_name));
    return Said{end.status, std::string{trim({buffer.data(), size})}};
}

}  // namespace

Result<std::string> check_network(const run::Options& options, const std::string& id,
                                  bool in_user_namespace) {
    if (in_user_namespace)
        return with(fail(ErrorKind::Unsupported, "--network=bridge: only root can make one"),
                    {.hint = "--network=host has the network of the host"});
    const std::string path = OCI_TRY(network_program());
    std::vector<std::string> words = words_of_network(options, id);
    words.insert(words.begin(), "check");
    Said said = OCI_TRY(call(path, std::move(words)));
    if (said.status == 0) return said.text;
    if (said.status == kernel::not_executed)
        return fail(ErrorKind::Unsupported, "there is no {}", path);
    std::string_view why = said.text;
    const std::string prefix = std::string{own_name} + ": ";
    if (why.starts_with(prefix)) why.remove_prefix(prefix.size());
    return fail(ErrorKind::InvalidConfig, "--network: {}", why);
}

Result<NetworkHooks> network_hooks(const run::Options& options, const std::string& id,
                                   const std::string& hosts, const std::string& hostname) {
    const std::string path = OCI_TRY(network_program());
    std::vector<std::string> words = words_of_network(options, id);
    words.push_back("--hosts=" + hosts);
    words.push_back("--hostname=" + hostname);
    return NetworkHooks{hook(path, "attach", std::move(words)),
                        hook(path, "detach", words_of_owner(options, id))};
}

}  // namespace oci::image::program
