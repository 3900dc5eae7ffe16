// SPDX-License-Identifier: Apache-2.0
#include "image/program/prepare.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/convert/convert.hpp"
#include "image/program/container_network.hpp"
#include "image/program/container_root.hpp"
#include "image/program/container_volumes.hpp"
#include "image/program/host_devices.hpp"
#include "image/program/obtain.hpp"
#include "image/program/own_hooks.hpp"
#include "image/run/config.hpp"
#include "image/run/network_files.hpp"
#include "image/run/random_name.hpp"
#include "image/store/containers.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr std::size_t longest_hostname = 64;

/// For a name alone: who can guess it gains nothing.
std::uint64_t some_number() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = static_cast<std::uint64_t>(::getpid()) * 0x9E3779B97F4A7C15U;
    return number;
}

/// Nobody has it, as far as the store and the runtime know.
bool is_free(const Store& store, const run::Options& options, const std::string& name) {
    if (kernel::status_of(store.root(), place::container(name).c_str())) return false;
    return !kernel::status_of(kernel::here, join_path(options.state_root, name).c_str());
}

Result<std::string> name_for(const Store& store, const run::Options& options) {
    if (!options.name.empty()) {
        if (kernel::status_of(kernel::here, join_path(options.state_root, options.name).c_str()))
            return fail(ErrorKind::AlreadyExists,
                        "there is a container {0} already: \"oci-rt delete {0}\" removes it",
                        options.name);
        return options.name;
    }
    constexpr unsigned most_attempts = 64;
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
        std::string name = run::random_name(some_number(), attempt);
        if (is_free(store, options, name)) return name;
    }
    return fail(ErrorKind::System, "no name is free: see --name");
}

std::string text_of_host(const char* path) {
    auto text = kernel::read_text(kernel::here, path, largest_file);
    return text ? std::move(text).value() : std::string{};
}

/// A resolver of the host that listens on its loopback alone knows itself whom it asks.
std::string resolv_conf_of_host(run::Network network) {
    std::string text = text_of_host("/etc/resolv.conf");
    if (network != run::Network::Bridge || run::has_distant_server(text)) return text;
    const std::string of_resolved = text_of_host("/run/systemd/resolve/resolv.conf");
    return of_resolved.empty() ? text : of_resolved;
}

/// One container on its way: what each step leaves for the next.
class Preparation {
public:
    Preparation(const Store& store, const run::Options& options, const IdMaps& maps,
                std::string name, ContainerWriter writer)
        : store_{store},
          options_{options},
          maps_{maps},
          name_{std::move(name)},
          writer_{std::move(writer)},
          place_{join_path(store.path(), place::container(name_))} {}

    Result<Prepared> carry_out(const NamedImage& named, const Platform& platform) {
        ContainerRoot root = OCI_TRY(make_root(store_, named, {.platform = platform, .maps = maps_},
                                               {.mode = options_.root_mode,
                                                .is_brief = is_removed(),
                                                .path = writer_.path(),
                                                .id = name_},
                                               writer_.directory()));
        Prepared prepared;
        const Converted converted = OCI_TRY(configure(root));
        OCI_TRY(write_files());
        std::vector<run::ExtraMount> mounts = mounts_of_files();
        const VolumeRequest request{.now = writer_.path(), .place = place_, .options = options_};
        const std::vector<run::ExtraMount> volumes = OCI_TRY(
            make_volumes(store_, writer_.directory(), root.tree, converted.volumes, request));
        mounts.insert(mounts.end(), volumes.begin(), volumes.end());
        if (!maps_.uids.empty()) add_devices_as_mounts(mounts);
        const std::string config =
            OCI_TRY(run::with_mounts(converted.config, std::move(mounts), options_.privileged));
        OCI_TRY(write("config.json", config));
        if (root.overlay) OCI_TRY(write("overlay.json", spec::root_overlay_text(*root.overlay)));
        root.tree.reset();
        OCI_TRY(commit(root));
        prepared.warnings = std::move(root.warnings);
        prepared.warnings.insert(prepared.warnings.end(), converted.warnings.begin(),
                                 converted.warnings.end());
        prepared.container = answer(root);
        return prepared;
    }

private:
    Result<void> write(const char* name, std::string_view text) {
        return explain(kernel::replace_text(writer_.directory(), name, text, 0644),
                       "cannot write {} of container {}", name, name_);
    }

    /// Who gave it a name wants to see it again.
    [[nodiscard]] bool is_removed() const {
        return options_.remove.value_or(options_.name.empty());
    }

    [[nodiscard]] std::string hostname() const {
        if (!options_.hostname.empty()) return options_.hostname;
        return name_.substr(0, longest_hostname);
    }

    Result<Converted> configure(const ContainerRoot& root) {
        ConvertRequest request;
        request.terminal = options_.terminal;
        if (!maps_.uids.empty()) request.rootless = {maps_.uids, maps_.gids};
        request.processors =
            static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L));
        request.hostname = hostname();
        request.overrides = {.entrypoint = options_.entrypoint,
                             .command = options_.command,
                             .environment = options_.environment,
                             .user = options_.user,
                             .working_directory = options_.working_directory};
        OCI_TRY(choose_seccomp(request));
        run::Situation situation{.id = name_, .in_user_namespace = !maps_.uids.empty()};
        if (!situation.in_user_namespace)
            situation.devices = OCI_TRY(find_devices(options_.devices, options_.privileged));
        request.assignments = OCI_TRY(run::assignments_of(options_, situation));
        std::string hook = OCI_TRY(hooks());
        request.assignments.push_back(std::move(hook));
        return convert(root.image.config, root.tree, request);
    }

    /// What is run when the container is deleted, by whatever command.
    [[nodiscard]] Result<std::string> release_hook() const {
        std::string own = OCI_TRY(own_program());
        return hook_text({std::move(own), "--storage", store_.path(), "release", name_});
    }

    /// The network first: who looks for the name then finds neither.
    [[nodiscard]] Result<std::string> hooks() const {
        const std::string release = OCI_TRY(release_hook());
        if (options_.network != run::Network::Bridge)
            return fmt::format(R"(/hooks={{"poststop":[{}]}})", release);
        const NetworkHooks network =
            OCI_TRY(network_hooks(options_, name_, join_path(place_, "hosts"), hostname()));
        return fmt::format(R"(/hooks={{"createRuntime":[{}],"poststop":[{},{}]}})", network.attach,
                           network.detach, release);
    }

    Result<void> choose_seccomp(ConvertRequest& request) const {
        if (options_.seccomp == "unconfined" || (options_.privileged && options_.seccomp.empty())) {
            request.seccomp = spec::SeccompSource::None;
            return {};
        }
        if (options_.seccomp.empty()) return {};
        request.seccomp = spec::SeccompSource::Given;
        request.seccomp_text =
            OCI_TRY(explain(kernel::read_text(kernel::here, options_.seccomp.c_str(), largest_file),
                            "--security-opt: cannot read {}", options_.seccomp));
        return {};
    }

    Result<void> write_files() {
        const run::NetworkFiles files =
            run::network_files(*options_.network, hostname(), text_of_host("/etc/hosts"),
                               resolv_conf_of_host(*options_.network));
        OCI_TRY(write("hosts", files.hosts));
        OCI_TRY(write("hostname", files.hostname));
        return write("resolv.conf", files.resolv_conf);
    }

    [[nodiscard]] std::vector<run::ExtraMount> mounts_of_files() const {
        std::vector<run::ExtraMount> mounts;
        for (const char* name : {"hosts", "hostname", "resolv.conf"})
            mounts.push_back({.path = std::string{"/etc/"} + name,
                              .type = "bind",
                              .source = join_path(place_, name),
                              .options = {"bind", "rprivate"}});
        return mounts;
    }

    /// Who may not make device nodes gets the host's.
    void add_devices_as_mounts(std::vector<run::ExtraMount>& mounts) const {
        for (const run::Device& device : options_.devices)
            mounts.push_back({.path = device.path,
                              .type = "bind",
                              .source = device.source,
                              .options = {"bind", "rprivate"}});
    }

    Result<void> commit(const ContainerRoot& root) {
        const auto status = OCI_TRY(explain(kernel::process_status(options_.runner),
                                            "cannot look at process {}", options_.runner));
        return writer_.commit({.state_root = options_.state_root,
                               .runner = options_.runner,
                               .runner_start = status.start_time},
                              root.held);
    }

    [[nodiscard]] spec::PreparedContainer answer(const ContainerRoot& root) const {
        spec::PreparedContainer container;
        container.id = name_;
        container.bundle = place_;
        if (root.overlay) container.overlay = join_path(place_, "overlay.json");
        container.directory = place_;
        container.storage = store_.path();
        container.terminal = options_.terminal;
        container.interactive = options_.interactive;
        container.detach = options_.detach;
        container.remove = is_removed();
        return container;
    }

    const Store& store_;
    const run::Options& options_;
    const IdMaps& maps_;
    std::string name_;
    ContainerWriter writer_;
    std::string place_;  ///< Where it will be.
};

}  // namespace

Result<Prepared> prepare(const Store& store, const run::Options& options, const IdMaps& maps) {
    std::string name = OCI_TRY(name_for(store, options));
    // The name is asked for before minutes are spent on fetching.
    ContainerWriter writer = OCI_TRY(ContainerWriter::begin(store, name));
    std::string warning;
    if (options.network == run::Network::Bridge)
        warning = OCI_TRY(check_network(options, name, !maps.uids.empty()));
    const Platform platform = OCI_TRY(platform_for(options.platform));
    Obtained obtained = OCI_TRY(obtain(store, options, platform));
    Preparation preparation{store, options, maps, std::move(name), std::move(writer)};
    Prepared prepared = OCI_TRY(preparation.carry_out(obtained.named, platform));
    if (!warning.empty()) prepared.warnings.push_back(std::move(warning));
    prepared.warnings.insert(prepared.warnings.begin(), obtained.warnings.begin(),
                             obtained.warnings.end());
    return prepared;
}

}  // namespace oci::image::program
