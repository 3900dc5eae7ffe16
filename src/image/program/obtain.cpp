// SPDX-License-Identifier: Apache-2.0
#include "image/program/obtain.hpp"

#include <unistd.h>

#include <csignal>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "image/program/pull.hpp"
#include "image/store/images.hpp"
#include "kernel/signals.hpp"

namespace oci::image::program {
namespace {

constexpr const char* registries_file = "/etc/oci-rt/registries.json";

/// As it is in the store, for this platform; NotFound if a part of it is missing.
Result<NamedImage> find_complete(const Store& store, const run::Options& options,
                                 const Platform& platform) {
    NamedImage named = OCI_TRY(find_reference(store, options.image));
    OCI_TRY(load_image(store, named.descriptor, platform));
    return named;
}

Result<Pulled> fetch(const Store& store, const run::Options& options, const Platform& platform,
                     ProgressView& view) {
    PullRequest request;
    request.reference = OCI_TRY(parse_reference(options.image));
    request.platform = platform;
    request.is_platform_asked_for = !options.platform.empty();
    request.settings = OCI_TRY(registry_settings(options.credentials, options.insecure));
    const UniqueFd signals = OCI_TRY(open_end_signals());
    request.settings.cancel_fd = signals.get();
    return pull_image(store, request, view);
}

}  // namespace

Result<Platform> platform_for(const std::string& word) {
    if (word.empty()) return host_platform();
    return explain(parse_platform(word), "--platform");
}

Result<UniqueFd> open_end_signals() {
    sigset_t mask = kernel::no_signals();
    ::sigaddset(&mask, SIGINT);
    ::sigaddset(&mask, SIGTERM);
    ::sigaddset(&mask, SIGHUP);
    OCI_TRY(explain(kernel::set_signal_mask(mask), "cannot block signals"));
    return explain(kernel::open_signals(mask), "cannot wait for signals");
}

Result<registry::Settings> registry_settings(const std::string& credentials,
                                             const std::vector<std::string>& insecure) {
    registry::Settings settings;
    settings.configuration = OCI_TRY(registry::load_configuration(registries_file));
    settings.environment = registry::Environment::of_process();
    if (!credentials.empty()) settings.environment.registry_auth_file = credentials;
    settings.insecure = insecure;
    return settings;
}

Result<Obtained> obtain(const Store& store, const run::Options& options, const Platform& platform) {
    if (options.pull != run::Pull::Always) {
        auto found = find_complete(store, options, platform);
        if (found) return Obtained{std::move(found).value()};
        if (found.error().kind != ErrorKind::NotFound) return Failure{found.error()};
        if (options.pull == run::Pull::Never)
            return with(Failure<Error>{found.error()}, {.hint = "--pull=missing fetches it"});
    }
    const FdView output{STDERR_FILENO};
    const ProgressStyle style = OCI_TRY(parse_progress_style(options.progress, output));
    ProgressView view{style, output};
    const Result<Pulled> pulled = fetch(store, options, platform, view);
    view.end();
    if (!pulled) return Failure{pulled.error()};
    Obtained obtained;
    obtained.named = OCI_TRY(find_reference(store, options.image));
    if (!pulled.value().warning.empty()) obtained.warnings.push_back(pulled.value().warning);
    return obtained;
}

}  // namespace oci::image::program
