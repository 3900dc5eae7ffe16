// SPDX-License-Identifier: Apache-2.0
#include "image/registry/exchange.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "oci-rt/version.hpp"

namespace oci::image::registry {
namespace {

constexpr unsigned most_redirects = 5;
constexpr std::size_t largest_error_body = std::size_t{1} << 20U;
constexpr std::size_t largest_authorities = std::size_t{4} << 20U;

/// The option is no constant here, so that the header's macros do not look at the value.
template <typename Value>
bool set(CURL* handle, CURLoption option, Value value) {
    return curl_easy_setopt(handle, option, value) == CURLE_OK;
}

bool set_on(CURL* handle, CURLoption option, bool on) { return set(handle, option, on ? 1L : 0L); }

bool set_only_http(CURL* handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return set(handle, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/// All files in one, which libcurl is given as a path.
Result<UniqueFd> gather(const std::vector<std::string>& files) {
    UniqueFd all = OCI_TRY(explain(kernel::make_memory_file("certificates"), "certificates"));
    for (const std::string& file : files) {
        const std::string text =
            OCI_TRY(explain(kernel::read_text(kernel::here, file.c_str(), largest_authorities),
                            "cannot read the certificates of {}", file));
        OCI_TRY(explain(kernel::write_all(all, text + '\n'), "certificates"));
    }
    return all;
}

Trouble trouble_of(CURLcode code) {
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
        return Trouble::Name;
    if (code == CURLE_COULDNT_CONNECT) return Trouble::Connect;
    if (code == CURLE_SSL_CONNECT_ERROR) return Trouble::Handshake;
    constexpr std::array of_trust{CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                                  CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
                                  CURLE_SSL_ISSUER_ERROR};
    if (std::ranges::find(of_trust, code) != of_trust.end()) return Trouble::Trust;
    constexpr std::array of_ours{CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_UNSUPPORTED_PROTOCOL,
                                 CURLE_BAD_FUNCTION_ARGUMENT, CURLE_URL_MALFORMAT};
    if (std::ranges::find(of_ours, code) != of_ours.end()) return Trouble::Internal;
    return Trouble::Broken;
}

Code code_of(Trouble trouble) {
    if (trouble == Trouble::Trust || trouble == Trouble::Handshake) return "registry-tls";
    return "registry-unreachable";
}

std::string hint_of(Trouble trouble, const Url& url) {
    const std::string host = authority_of(url);
    switch (trouble) {
        case Trouble::Name:
            return "see whether the name is right, and whether this host can resolve names";
        case Trouble::Trust:
            return fmt::format(
                "if the registry has a certificate of its own authority, put that as a .crt file "
                "into /etc/containers/certs.d/{}/",
                host);
        case Trouble::Handshake:
            return fmt::format(
                "if {} is to be used without TLS, mark it as insecure in "
                "/etc/oci-rt/registries.json",
                host);
        case Trouble::Connect:
        case Trouble::Broken:
        case Trouble::None:
        case Trouble::Forbidden:
        case Trouble::TooLarge:
        case Trouble::Receiver:
        case Trouble::Cancelled:
        case Trouble::Internal: return {};
    }
    return {};
}

}  // namespace

Exchange::Exchange(Transport::Ticket ticket, Request request, const TransportSettings& settings,
                   AuthorityFiles& authorities)
    : ticket_{ticket},
      request_{std::move(request)},
      settings_{settings},
      authorities_{authorities} {
    answer_.url = request_.url;
}

void Exchange::fail(Trouble trouble, Error error) {
    answer_.trouble = trouble;
    answer_.error = std::move(error);
}

// ---- setting up -------------------------------------------------------------------

bool Exchange::prepare() {
    const Trust trust = settings_.trust_of(answer_.url);
    if (answer_.url.is_plain() && !trust.insecure && !is_loopback(answer_.url.host)) {
        fail(Trouble::Forbidden,
             with(oci::fail(ErrorKind::Unsupported, "{} would be fetched without TLS",
                            display_of(answer_.url)),
                  {.code = "registry-tls",
                   .hint = "mark the host as insecure in /etc/oci-rt/registries.json, if it is to "
                           "be trusted so far"})
                 .error);
        return false;
    }
    only_public_ = settings_.reach == Reach::Public && !trust.allowed;
    answer_.headers.clear();
    answer_.body.clear();
    words_.front() = 0;
    has_begun_ = false;
    handle_.reset(curl_easy_init());
    if (handle_ && set_up() && set_trust(trust)) return true;
    if (answer_.trouble == Trouble::None)
        fail(Trouble::Internal, oci::fail(ErrorKind::System, "libcurl cannot be set up for {}",
                                          display_of(answer_.url))
                                    .error);
    return false;
}

bool Exchange::set_up() {
    CURL* handle = handle_.get();
    const std::string url = text_of(answer_.url);
    const bool is_set =
        set(handle, CURLOPT_URL, url.c_str()) && set_only_http(handle) &&
        set(handle, CURLOPT_PRIVATE, static_cast<void*>(this)) &&
        set(handle, CURLOPT_ERRORBUFFER, words_.data()) && set_on(handle, CURLOPT_NOSIGNAL, true) &&
        set_on(handle, CURLOPT_NOPROGRESS, true) && set_on(handle, CURLOPT_FOLLOWLOCATION, false) &&
        set(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
        set(handle, CURLOPT_HEADERFUNCTION, &Exchange::on_header) &&
        set(handle, CURLOPT_HEADERDATA, static_cast<void*>(this)) &&
        set(handle, CURLOPT_WRITEFUNCTION, &Exchange::on_body) &&
        set(handle, CURLOPT_WRITEDATA, static_cast<void*>(this)) &&
        set(handle, CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_socket) &&
        set(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    return is_set && set_method() && set_limits() && set_fields();
}

bool Exchange::set_method() {
    CURL* handle = handle_.get();
    switch (request_.method) {
        case Method::Get: return true;
        case Method::Head: return set_on(handle, CURLOPT_NOBODY, true);
        case Method::Post:
            return set_on(handle, CURLOPT_POST, true) &&
                   set(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.body.size())) &&
                   set(handle, CURLOPT_POSTFIELDS, request_.body.c_str());
    }
    return false;
}

bool Exchange::set_limits() {
    CURL* handle = handle_.get();
    const auto seconds = [](std::chrono::seconds time) { return static_cast<long>(time.count()); };
    // Who judges addresses must see them: a proxy would resolve names by itself.
    if (only_public_ && !set(handle, CURLOPT_PROXY, "")) return false;
    const bool is_set = set(handle, CURLOPT_CONNECTTIMEOUT, seconds(settings_.connecting)) &&
                        set(handle, CURLOPT_LOW_SPEED_LIMIT, settings_.least_speed) &&
                        set(handle, CURLOPT_LOW_SPEED_TIME, seconds(settings_.stalled)) &&
                        set(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
    if (request_.receiver != nullptr) return is_set;
    return is_set && set(handle, CURLOPT_TIMEOUT, seconds(settings_.whole));
}

bool Exchange::set_fields() {
    std::vector<std::string> fields = request_.fields;
    fields.push_back(fmt::format("User-Agent: oci-rt/{}", version));
    // Ranges and digests are of what is stored, not of what a server may make of it.
    fields.emplace_back("Accept-Encoding: identity");
    const bool is_home = is_same_origin(request_.url, answer_.url);
    if (is_home && !request_.authorization.empty())
        fields.push_back("Authorization: " + request_.authorization);
    fields_.reset();
    for (const std::string& field : fields) {
        curl_slist* longer = curl_slist_append(fields_.get(), field.c_str());
        if (longer == nullptr) return false;
        (void)fields_.release();
        fields_.reset(longer);
    }
    return set(handle_.get(), CURLOPT_HTTPHEADER, fields_.get());
}

bool Exchange::set_trust(const Trust& trust) {
    CURL* handle = handle_.get();
    if (trust.insecure && (!set_on(handle, CURLOPT_SSL_VERIFYPEER, false) ||
                           !set(handle, CURLOPT_SSL_VERIFYHOST, 0L)))
        return false;
    if (!trust.authorities.empty()) {
        UniqueFd& file = authorities_[authority_of(answer_.url)];
        if (!file) {
            auto gathered = gather(trust.authorities);
            if (!gathered) {
                fail(Trouble::Trust, std::move(gathered).error());
                return false;
            }
            file = std::move(gathered).value();
        }
        const std::string path = fmt::format("/proc/self/fd/{}", file.get());
        if (!set(handle, CURLOPT_CAINFO, path.c_str())) return false;
    }
    if (trust.certificate.empty()) return true;
    return set(handle, CURLOPT_SSLCERT, trust.certificate.c_str()) &&
           set(handle, CURLOPT_SSLKEY, trust.key.c_str());
}

// ---- while it goes on -------------------------------------------------------------

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::string_view line{data, size * count};
    if (exchange.answer_.headers.add(line)) return line.size();
    exchange.fail(Trouble::TooLarge,
                  with(oci::fail(ErrorKind::System, "{} answers with too many headers",
                                 display_of(exchange.answer_.url)),
                       {.code = "registry-failure"})
                      .error);
    return 0;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    const std::span<const char> bytes{data, size * count};
    return static_cast<Exchange*>(self)->take_body(bytes) ? bytes.size() : 0;
}

curl_socket_t Exchange::on_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    if (exchange.only_public_ && !is_public(address->addr)) {
        exchange.is_closed_to_ = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool Exchange::begin_body() {
    has_begun_ = true;
    auto begun = request_.receiver->begin(
        {.status = answer_.status, .headers = answer_.headers, .url = answer_.url});
    if (!begun) fail(Trouble::Receiver, std::move(begun).error());
    return answer_.trouble == Trouble::None;
}

bool Exchange::take_body(std::span<const char> bytes) {
    long status = 0;
    if (curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) return false;
    answer_.status = static_cast<int>(status);
    const bool is_wanted = status == 200 || status == 206;
    if (is_wanted && request_.receiver != nullptr) {
        if (!has_begun_ && !begin_body()) return false;
        auto taken = request_.receiver->take(bytes);
        if (taken) return true;
        fail(Trouble::Receiver, std::move(taken).error());
        return false;
    }
    if (!is_wanted) {
        // Of an error its beginning says enough.
        const std::size_t room = largest_error_body - answer_.body.size();
        answer_.body.append(bytes.data(), std::min(room, bytes.size()));
        return room >= bytes.size();
    }
    answer_.body.append(bytes.data(), bytes.size());
    if (answer_.body.size() <= request_.most) return true;
    fail(Trouble::TooLarge, with(oci::fail(ErrorKind::InvalidConfig, "{} is larger than {} bytes",
                                           display_of(answer_.url), request_.most),
                                 {.code = "registry-failure"})
                                .error);
    return false;
}

// ---- its end ----------------------------------------------------------------------

bool Exchange::finish(CURLcode code) {
    long status = 0;
    (void)curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);  // 0: none came
    answer_.status = static_cast<int>(status);
    const bool is_error_cut_short =
        code == CURLE_WRITE_ERROR && answer_.trouble == Trouble::None && status >= 300;
    if (code != CURLE_OK && !is_error_cut_short) judge(code);
    if (answer_.trouble != Trouble::None) return false;
    if (is_redirect()) return redirect();
    // A body without a byte has begun, too.
    const bool is_wanted = status == 200 || status == 206;
    if (is_wanted && request_.receiver != nullptr && !has_begun_)
        (void)begin_body();  // kept in answer_
    return false;
}

void Exchange::judge(CURLcode code) {
    if (answer_.trouble != Trouble::None) return;  // it was we who ended it
    if (is_closed_to_) {
        fail(Trouble::Forbidden,
             with(oci::fail(ErrorKind::Unsupported, "{} has no public address, and is not allowed",
                            authority_of(answer_.url)),
                  {.code = "registry-forbidden"})
                 .error);
        return;
    }
    const Trouble trouble = trouble_of(code);
    const std::string_view words = words_.front() != '\0'
                                       ? std::string_view{words_.data()}
                                       : std::string_view{curl_easy_strerror(code)};
    fail(trouble, with(oci::fail(ErrorKind::System, "{}: {}", display_of(answer_.url),
                                 display_text(trim(words), 300)),
                       {.code = code_of(trouble), .hint = hint_of(trouble, answer_.url)})
                      .error);
}

bool Exchange::is_redirect() const {
    constexpr std::array statuses{301, 302, 303, 307, 308};
    return request_.method != Method::Post &&
           std::ranges::find(statuses, answer_.status) != statuses.end();
}

bool Exchange::redirect() {
    const auto location = answer_.headers.find("Location");
    if (!location || ++redirects_ > most_redirects) {
        fail(Trouble::Forbidden,
             with(oci::fail(ErrorKind::System, "{} redirects {}", display_of(request_.url),
                            location ? "more than 5 times" : "to nowhere"),
                  {.code = "registry-failure"})
                 .error);
        return false;
    }
    auto next = follow(answer_.url, *location);
    if (next) {
        answer_.url = std::move(next).value();
        return true;
    }
    fail(Trouble::Forbidden, with(oci::fail(ErrorKind::System, "{} redirects badly: {}",
                                            display_of(answer_.url), next.error().message),
                                  {.code = "registry-failure"})
                                 .error);
    return false;
}

}  // namespace oci::image::registry
