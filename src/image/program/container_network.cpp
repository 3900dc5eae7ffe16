// SPDX-License-Identifier: Apache-2.0
#include "image/program/container_network.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"

namespace oci::image::program {
namespace {

constexpr std::string_view own_name = "oci-rt-network";
constexpr int not_executed = 127;

/// It lies where we lie.
Result<std::string> network_program() {
    std::array<char, PATH_MAX> buffer{};
    const std::string_view own =
        OCI_TRY(explain(kernel::read_link(kernel::here, "/proc/self/exe", buffer),
                        "cannot tell where oci-rt-image is"));
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
    return fmt::format(
        R"({{"path":{},"args":{},)"
        R"("env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}})",
        json_quoted(path), json_list(words));
}

struct Said {
    int status = 0;
    std::string text{};
};

Result<Said> call(const std::string& path, std::vector<std::string> words) {
    const UniqueFd errors =
        OCI_TRY(explain(kernel::make_memory_file("what it says"), "cannot start {}", own_name));
    words.insert(words.begin(), path);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    kernel::Clone child = OCI_TRY(explain(kernel::clone({}), "cannot start {}", own_name));
    if (child.pid == 0) {
        (void)kernel::die_with_parent(SIGKILL);
        (void)kernel::duplicate_onto(errors, STDERR_FILENO);
        (void)kernel::execute(path.c_str(), argv.data(), environ);
        ::_exit(not_executed);
    }
    kernel::Process process{child.pid, std::move(child.pidfd)};
    const kernel::Exit end =
        OCI_TRY(explain(kernel::wait_for_exit(process.pidfd()), "cannot wait for {}", own_name));
    (void)process.release();  // reaped: nothing left to kill
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
    if (said.status == not_executed) return fail(ErrorKind::Unsupported, "there is no {}", path);
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
