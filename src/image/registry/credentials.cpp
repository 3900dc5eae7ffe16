// SPDX-License-Identifier: Apache-2.0
#include "image/registry/credentials.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/base64.hpp"
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "image/registry/credential_helper.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "spec/place.hpp"

namespace oci::image::registry {
namespace {

using spec::Place;

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr std::string_view server_of_docker = "https://index.docker.io/v1/";

/// Keys of Docker's are addresses, and Docker's own registry has many names.
std::string name_in(std::string_view key) {
    for (const std::string_view scheme : {"https://", "http://"})
        if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
    while (key.ends_with('/')) key.remove_suffix(1);
    for (const std::string_view version : {"/v1", "/v2"})
        if (key.ends_with(version)) key.remove_suffix(version.size());
    const std::string_view host = key.substr(0, key.find('/'));
    constexpr std::array<std::string_view, 2> others{"index.docker.io", "registry-1.docker.io"};
    if (std::ranges::find(others, host) == others.end()) return std::string{key};
    return "docker.io" + std::string{key.substr(host.size())};
}

bool is_prefix(std::string_view name, std::string_view prefix) {
    return !prefix.empty() && name.starts_with(prefix) &&
           (name.size() == prefix.size() || name[prefix.size()] == '/');
}

/// The most specific member for a name; nullptr if none is for it.
const spec::Member* best_member(const spec::Value::Object& members, std::string_view name) {
    const spec::Member* best = nullptr;
    std::size_t size = 0;
    for (const spec::Member& member : members) {
        const std::string key = name_in(member.key);
        if (!is_prefix(name, key) || key.size() <= size) continue;
        best = &member;
        size = key.size();
    }
    return best;
}

Result<std::optional<Credentials>> credentials_in(const Place& place) {
    Credentials found;
    std::string encoded;
    OCI_TRY(place.be_object());
    OCI_TRY(spec::field(place, "auth", encoded));
    OCI_TRY(spec::field(place, "username", found.user));
    OCI_TRY(spec::field(place, "password", found.password));
    OCI_TRY(spec::field(place, "identitytoken", found.identity_token));
    if (!encoded.empty()) {
        const auto decoded = from_base64(trim(encoded));
        const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
        if (colon == std::string::npos) return place.refuse("\"auth\" is not as it should be");
        found.user = decoded->substr(0, colon);
        found.password = decoded->substr(colon + 1);
        // Docker fills up with NUL.
        while (found.password.ends_with('\0')) found.password.pop_back();
    }
    // With a helper, Docker leaves an empty entry.
    if (found.user.empty() && found.identity_token.empty()) return std::optional<Credentials>{};
    return std::optional{std::move(found)};
}

Result<void> read_helper(const Place& place, std::string_view name, CredentialEntry& entry) {
    const spec::Value* helpers = place.find("credHelpers");
    if (helpers == nullptr) return {};
    const Place inside(place, "credHelpers", *helpers);
    const spec::Value::Object* members = OCI_TRY(inside.members());
    const spec::Member* member = best_member(*members, name);
    if (member == nullptr) return {};
    OCI_TRY(Place(inside, member->key, member->value).read(entry.helper));
    entry.server = member->key;
    return {};
}

Result<void> read_auths(const Place& place, std::string_view name, CredentialEntry& entry) {
    const spec::Value::Object* members = OCI_TRY(place.members());
    const spec::Member* member = best_member(*members, name);
    if (member == nullptr) return {};
    entry.credentials = OCI_TRY(credentials_in(Place(place, member->key, member->value)));
    return {};
}

Result<void> read_store(const Place& place, std::string_view name, CredentialEntry& entry) {
    OCI_TRY(spec::field(place, "credsStore", entry.helper));
    const std::string host{name.substr(0, name.find('/'))};
    entry.server = host == "docker.io" ? std::string{server_of_docker} : host;
    return {};
}

Result<CredentialEntry> read_document(const spec::Value& document, std::string_view name,
                                      bool is_old) {
    const Place place(document);
    CredentialEntry entry;
    if (is_old) {
        OCI_TRY(read_auths(place, name, entry));
        return entry;
    }
    OCI_TRY(read_helper(place, name, entry));
    if (!entry.helper.empty()) return entry;
    if (const spec::Value* auths = place.find("auths"))
        OCI_TRY(read_auths(Place(place, "auths", *auths), name, entry));
    if (!entry.credentials) OCI_TRY(read_store(place, name, entry));
    return entry;
}

/// Adds to `found` what a file has; false if nothing.
Result<bool> ask_file(const std::string& file, const Environment& environment,
                      std::string_view name, FoundCredentials& found) {
    auto text = kernel::read_text(kernel::here, file.c_str(), largest_file);
    const bool is_demanded = file == environment.registry_auth_file;
    if (!text && (text.error().code == ENOENT || text.error().code == ENOTDIR) && !is_demanded)
        return false;
    const std::string content = OCI_TRY(
        with(explain(std::move(text), "cannot read {}", file), {.code = "credentials-unusable"}));
    const bool is_old = file.ends_with("/.dockercfg");
    CredentialEntry entry =
        OCI_TRY(with(explain(read_credentials(content, name, is_old), "{}", file),
                     {.code = "credentials-unusable"}));
    found.tried.push_back(file);
    if (entry.credentials) {
        found.credentials = std::move(entry.credentials);
        return true;
    }
    if (entry.helper.empty()) return false;
    auto answer = ask_helper(environment.path, entry.helper, entry.server);
    if (!answer) {
        found.tried.back() += fmt::format(" ({})", answer.error().message);
        return false;
    }
    found.tried.back() += fmt::format(" (docker-credential-{})", entry.helper);
    found.credentials = std::move(answer).value();
    return found.credentials.has_value();
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace

Environment Environment::of_process() {
    return {.home = variable("HOME"),
            .runtime_directory = variable("XDG_RUNTIME_DIR"),
            .config_home = variable("XDG_CONFIG_HOME"),
            .docker_config = variable("DOCKER_CONFIG"),
            .registry_auth_file = variable("REGISTRY_AUTH_FILE"),
            .path = variable("PATH")};
}

std::vector<std::string> credential_files(const Environment& environment) {
    std::vector<std::string> files;
    const auto add = [&](const std::string& directory, std::string_view name) {
        if (directory.starts_with('/')) files.push_back(directory + std::string{name});
    };
    if (!environment.registry_auth_file.empty()) files.push_back(environment.registry_auth_file);
    if (!environment.runtime_directory.empty())
        add(environment.runtime_directory, "/containers/auth.json");
    else
        add(fmt::format("/run/containers/{}", ::geteuid()), "/auth.json");
    if (!environment.config_home.empty())
        add(environment.config_home, "/containers/auth.json");
    else
        add(environment.home, "/.config/containers/auth.json");
    if (!environment.docker_config.empty())
        add(environment.docker_config, "/config.json");
    else
        add(environment.home, "/.docker/config.json");
    add(environment.home, "/.dockercfg");
    return files;
}

Result<CredentialEntry> read_credentials(std::string_view text, std::string_view name,
                                         bool is_old) {
    const auto document = spec::parse_json(text);
    // What the reader has to say of it may quote a password.
    if (!document) return fail(ErrorKind::InvalidConfig, "is not JSON, or no object");
    auto entry = read_document(document.value(), name, is_old);
    if (!entry) return fail(ErrorKind::InvalidConfig, "is not as containers-auth.json(5) wants it");
    return entry;
}

Result<FoundCredentials> find_credentials(const Environment& environment, std::string_view name) {
    FoundCredentials found;
    for (const std::string& file : credential_files(environment)) {
        const bool is_there = OCI_TRY(ask_file(file, environment, name, found));
        if (is_there) break;
    }
    return found;
}

}  // namespace oci::image::registry
