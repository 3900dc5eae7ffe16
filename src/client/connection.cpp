// SPDX-License-Identifier: Apache-2.0
#include "client/connection.hpp"

#include <array>
#include <optional>

#include <curl/curl.h>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::client {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t largest_head = std::size_t{64} << 10U;
constexpr long connecting_seconds = 10;

struct FreeHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeFields {
    void operator()(curl_slist* fields) const noexcept { curl_slist_free_all(fields); }
};

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

/// An answer while it arrives.
struct Arrival {
    CURL* handle = nullptr;
    const Request* request = nullptr;
    Reply reply{};
    std::size_t head = 0;
    steady_clock::time_point end{};
    std::optional<std::string> complaint{};

    [[nodiscard]] bool streams() const {
        constexpr unsigned ok = 200;
        return request->receiver && reply.status == ok;
    }
};

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& arrival = *static_cast<Arrival*>(self);
    arrival.head += size * count;
    constexpr long first_final = 200;
    long status = 0;
    if (trim({data, size * count}).empty() &&
        curl_easy_getinfo(arrival.handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
        status >= first_final)
        arrival.reply.status = static_cast<unsigned>(status);
    if (arrival.head <= largest_head) return size * count;
    arrival.complaint = "it answers with too large a head";
    return 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& arrival = *static_cast<Arrival*>(self);
    const std::string_view bytes{data, size * count};
    if (arrival.streams()) return arrival.request->receiver(bytes) ? bytes.size() : 0;
    if (arrival.reply.body.size() + bytes.size() > largest_reply) {
        arrival.complaint = fmt::format("it answers with more than {} bytes", largest_reply);
        return 0;
    }
    arrival.reply.body.append(bytes);
    return bytes.size();
}

/// Streams go on as long as there is a head; all else has its time.
int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& arrival = *static_cast<Arrival*>(self);
    if (arrival.streams() || steady_clock::now() < arrival.end) return 0;
    arrival.complaint = "it takes too long to answer";
    return 1;
}

}  // namespace

struct Connection::Curl {
    Address address;
    std::string token;
    std::unique_ptr<CURL, FreeHandle> handle;
    std::unique_ptr<curl_slist, FreeFields> fields{};
    std::array<char, CURL_ERROR_SIZE> words{};

    bool set_up(Arrival& arrival);
    bool set_method(const Request& request);
    bool set_fields(const Request& request);
    [[nodiscard]] Failure<Error> failed(CURLcode code, const Arrival& arrival) const;
};

bool Connection::Curl::set_up(Arrival& arrival) {
    CURL* one = handle.get();
    curl_easy_reset(one);
    words.front() = 0;
    const std::string url = address.origin + arrival.request->path;
    const bool has_place =
        address.socket.empty() || set(one, CURLOPT_UNIX_SOCKET_PATH, address.socket.c_str());
    return has_place && set(one, CURLOPT_URL, url.c_str()) && set_only_http(one) &&
           set(one, CURLOPT_PROXY, "") && set(one, CURLOPT_ERRORBUFFER, words.data()) &&
           set(one, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
           set(one, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
           set(one, CURLOPT_CONNECTTIMEOUT, connecting_seconds) &&
           set_on(one, CURLOPT_NOSIGNAL, true) && set_on(one, CURLOPT_FOLLOWLOCATION, false) &&
           set_on(one, CURLOPT_PATH_AS_IS, true) && set_on(one, CURLOPT_NOPROGRESS, false) &&
           set(one, CURLOPT_XFERINFOFUNCTION, &on_progress) &&
           set(one, CURLOPT_XFERINFODATA, static_cast<void*>(&arrival)) &&
           set(one, CURLOPT_HEADERFUNCTION, &on_header) &&
           set(one, CURLOPT_HEADERDATA, static_cast<void*>(&arrival)) &&
           set(one, CURLOPT_WRITEFUNCTION, &on_body) &&
           set(one, CURLOPT_WRITEDATA, static_cast<void*>(&arrival)) &&
           set_method(*arrival.request) && set_fields(*arrival.request);
}

bool Connection::Curl::set_method(const Request& request) {
    CURL* one = handle.get();
    if (!set(one, CURLOPT_CUSTOMREQUEST, request.method.c_str())) return false;
    if (request.body.empty()) return true;
    return set(one, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())) &&
           set(one, CURLOPT_POSTFIELDS, request.body.c_str());
}

bool Connection::Curl::set_fields(const Request& request) {
    std::vector<std::string> all = request.fields;
    if (!request.body.empty()) all.emplace_back("Content-Type: application/json");
    all.emplace_back("Expect:");  // it only costs a round
    if (!token.empty()) all.push_back("Authorization: Bearer " + token);
    fields.reset();
    for (const std::string& each : all) {
        curl_slist* longer = curl_slist_append(fields.get(), each.c_str());
        if (longer == nullptr) return false;
        (void)fields.release();
        fields.reset(longer);
    }
    return set(handle.get(), CURLOPT_HTTPHEADER, fields.get());
}

Failure<Error> Connection::Curl::failed(CURLcode code, const Arrival& arrival) const {
    const std::string place = address.socket.empty() ? address.origin : address.socket;
    if (arrival.complaint)
        return fail(ErrorKind::System, "the service at {}: {}", place, *arrival.complaint);
    const std::string why =
        words.front() != 0 ? std::string{words.data()} : std::string{curl_easy_strerror(code)};
    const bool is_absent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
    return fail(is_absent ? ErrorKind::NotFound : ErrorKind::System,
                "cannot ask the service at {}: {}", place, display_text(why, 300));
}

Connection::Connection(std::unique_ptr<Curl> curl) : curl_{std::move(curl)} {}
Connection::Connection(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::make(Address address, std::string token) {
    auto curl = std::make_unique<Curl>(
        Curl{.address = std::move(address), .token = std::move(token), .handle = nullptr});
    curl->handle.reset(curl_easy_init());
    if (!curl->handle) return fail(ErrorKind::System, "libcurl cannot be set up");
    return Connection{std::move(curl)};
}

Result<Reply> Connection::ask(const Request& request) {
    was_answered_ = false;
    Arrival arrival{.handle = curl_->handle.get(),
                    .request = &request,
                    .end = steady_clock::now() + request.patience};
    if (!curl_->set_up(arrival)) return fail(ErrorKind::System, "libcurl cannot be set up");
    const CURLcode code = curl_easy_perform(curl_->handle.get());
    // Who has had enough of a stream has its answer.
    const bool is_enough = code == CURLE_WRITE_ERROR && arrival.streams() && !arrival.complaint;
    if (code != CURLE_OK && !is_enough) return curl_->failed(code, arrival);
    was_answered_ = true;
    char* type = nullptr;
    (void)curl_easy_getinfo(arrival.handle, CURLINFO_CONTENT_TYPE, &type);  // null: none
    const std::string_view whole = type == nullptr ? "" : type;
    arrival.reply.type = lower_case(trim(whole.substr(0, whole.find(';'))));
    return std::move(arrival.reply);
}

}  // namespace oci::client
