// SPDX-License-Identifier: Apache-2.0
#include "image/registry/configuration.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "spec/place.hpp"

namespace oci::image::registry {
namespace {

using spec::Place;

constexpr std::size_t largest_file = std::size_t{1} << 20U;

constexpr std::array pull_words{
    Named<PullFromMirror>{"all", PullFromMirror::All},
    Named<PullFromMirror>{"digest-only", PullFromMirror::DigestOnly},
};

// ---- reading ----------------------------------------------------------------------

Result<void> check_members(const Place& place, std::initializer_list<std::string_view> known) {
    const spec::Value::Object* members = OCI_TRY(place.members());
    for (const spec::Member& member : *members)
        if (std::ranges::find(known, member.key) == known.end())
            return Place(place, member.key, member.value).refuse("there is no such property");
    return {};
}

/// HOST[:PORT][/PATH]
Result<void> check_location(const Place& place, std::string_view key, const std::string& text) {
    const auto reference = parse_reference(text + "/image");
    const std::string first = text.substr(0, text.find('/'));
    if (reference && reference.value().registry == first) return {};
    return Place(place, key, *place.find(key))
        .refuse(
            "must be a host, or a host and the first parts of a name, as "
            "registry.example:5000/team");
}

Result<void> check_path(const Place& place, std::string_view key, const std::string& path) {
    if (path.empty() || path.starts_with('/')) return {};
    return Place(place, key, *place.find(key)).refuse("must be an absolute path");
}

Result<void> read_mirror(const Place& place, Mirror& mirror) {
    OCI_TRY(check_members(place, {"location", "insecure", "caFile", "pullFromMirror"}));
    OCI_TRY(spec::required(place, "location", mirror.location));
    OCI_TRY(check_location(place, "location", mirror.location));
    OCI_TRY(spec::field(place, "insecure", mirror.insecure));
    OCI_TRY(spec::field(place, "caFile", mirror.ca_file));
    OCI_TRY(check_path(place, "caFile", mirror.ca_file));
    if (const spec::Value* value = place.find("pullFromMirror"))
        OCI_TRY(Place(place, "pullFromMirror", *value).read_name(pull_words, mirror.pull));
    return {};
}

Result<void> read_registry(const Place& place, RegistryEntry& entry) {
    OCI_TRY(
        check_members(place, {"prefix", "insecure", "blocked", "caFile", "tokenHosts", "mirrors"}));
    OCI_TRY(spec::required(place, "prefix", entry.prefix));
    OCI_TRY(check_location(place, "prefix", entry.prefix));
    OCI_TRY(spec::field(place, "insecure", entry.insecure));
    OCI_TRY(spec::field(place, "blocked", entry.blocked));
    OCI_TRY(spec::field(place, "caFile", entry.ca_file));
    OCI_TRY(check_path(place, "caFile", entry.ca_file));
    OCI_TRY(spec::field(place, "tokenHosts", entry.token_hosts));
    return spec::list(place, "mirrors", entry.mirrors, read_mirror);
}

// ---- choosing ---------------------------------------------------------------------

bool is_prefix(std::string_view name, std::string_view prefix) {
    return name.starts_with(prefix) && (name.size() == prefix.size() || name[prefix.size()] == '/');
}

const RegistryEntry* entry_for(const Configuration& configuration, std::string_view name) {
    const RegistryEntry* best = nullptr;
    for (const RegistryEntry& entry : configuration.registries)
        if (is_prefix(name, entry.prefix) &&
            (best == nullptr || entry.prefix.size() > best->prefix.size()))
            best = &entry;
    return best;
}

std::string_view host_part(std::string_view location) {
    return location.substr(0, location.find('/'));
}

Endpoint endpoint_at(const std::string& name, bool is_mirror) {
    const std::size_t slash = name.find('/');
    Reference at;
    at.registry = name.substr(0, slash);
    return {.host = host_of(at),
            .repository = name.substr(slash + 1),
            .name = name,
            .is_mirror = is_mirror};
}

// ---- trust ------------------------------------------------------------------------

/// certs.d/HOST/: *.crt are authorities, NAME.cert and NAME.key the client's own.
void add_certificates(const std::string& directory, Trust& trust) {
    const auto opened = kernel::open_at(kernel::here, directory.c_str(), O_RDONLY | O_DIRECTORY);
    if (!opened) return;
    auto names = kernel::read_directory(opened.value());
    if (!names) return;
    std::vector<std::string> sorted = std::move(names).value();
    std::ranges::sort(sorted);
    for (const std::string& name : sorted) {
        if (name.ends_with(".crt")) trust.authorities.push_back(directory + '/' + name);
        if (!name.ends_with(".cert") || !trust.certificate.empty()) continue;
        const std::string key = name.substr(0, name.size() - 5) + ".key";
        if (!std::ranges::binary_search(sorted, key)) continue;
        trust.certificate = directory + '/' + name;
        trust.key = directory + '/' + key;
    }
}

void add(const std::string& ca_file, bool insecure, Trust& trust) {
    trust.insecure = trust.insecure || insecure;
    if (!ca_file.empty()) trust.authorities.push_back(ca_file);
}

}  // namespace

Result<Configuration> read_configuration(std::string_view text) {
    const spec::Value document = OCI_TRY(spec::parse_json(text));
    const Place place(document);
    OCI_TRY(check_members(place, {"registries"}));
    Configuration configuration;
    OCI_TRY(spec::list(place, "registries", configuration.registries, read_registry));
    return configuration;
}

Result<Configuration> load_configuration(const std::string& path) {
    auto text = kernel::read_text(kernel::here, path.c_str(), largest_file);
    if (!text && text.error().code == ENOENT) return Configuration{};
    const std::string content = OCI_TRY(explain(std::move(text), "cannot read {}", path));
    return explain(read_configuration(content), "{}", path);
}

Result<std::vector<Endpoint>> endpoints_of(const Configuration& configuration,
                                           const Reference& reference, bool by_digest) {
    const std::string name = reference.registry + '/' + reference.repository;
    const RegistryEntry* entry = entry_for(configuration, name);
    std::vector<Endpoint> endpoints;
    if (entry != nullptr && entry->blocked)
        return with(
            fail(ErrorKind::Unsupported, "{} is blocked by the configuration of registries", name),
            {.code = "registry-forbidden"});
    if (entry != nullptr) {
        for (const Mirror& mirror : entry->mirrors) {
            if (mirror.pull == PullFromMirror::DigestOnly && !by_digest) continue;
            endpoints.push_back(
                endpoint_at(mirror.location + name.substr(entry->prefix.size()), true));
        }
    }
    endpoints.push_back(endpoint_at(name, false));
    if (entry != nullptr) endpoints.back().token_hosts = entry->token_hosts;
    return endpoints;
}

bool is_at(const Url& url, std::string_view host) {
    Reference known;
    known.registry = host;
    const auto authority = parse_authority(host_of(known));
    if (!authority || authority.value().host != url.host) return false;
    const std::uint16_t usual = url.is_plain() ? 80 : 443;
    return url.port == (authority.value().port == 0 ? usual : authority.value().port);
}

Trust trust_of(const Configuration& configuration, const std::vector<std::string>& insecure,
               const std::vector<std::string>& certificate_directories, const Url& url) {
    Trust trust;
    trust.insecure =
        std::ranges::any_of(insecure, [&](const std::string& host) { return is_at(url, host); });
    for (const RegistryEntry& entry : configuration.registries) {
        if (is_at(url, host_part(entry.prefix))) add(entry.ca_file, entry.insecure, trust);
        for (const Mirror& mirror : entry.mirrors)
            if (is_at(url, host_part(mirror.location))) add(mirror.ca_file, mirror.insecure, trust);
    }
    const std::string host = authority_of(url);
    for (const std::string& directory : certificate_directories) {
        add_certificates(directory + '/' + host, trust);
        // Where a port that is usual is named, too.
        if (host == url.host)
            add_certificates(fmt::format("{}/{}:{}", directory, host, url.port), trust);
        if (is_at(url, "docker.io")) add_certificates(directory + "/docker.io", trust);
    }
    return trust;
}

}  // namespace oci::image::registry
