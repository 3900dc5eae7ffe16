// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/system.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "oci-rt/version.hpp"
#include "serve/routes/openapi_text.hpp"

namespace oci::serve::routes {
namespace {

using http::Exchange;
using http::Router;

using Pointer = std::shared_ptr<Exchange>;

void health(const Pointer& exchange) { exchange->answer({.body = R"({"status":"ok"})"}); }

/// What has to be there for anything to work.
void ready(const Service& service, const Pointer& exchange) {
    const bool has_runtime = static_cast<bool>(kernel::check_executable(service.runtime.c_str()));
    const bool has_state = static_cast<bool>(
        kernel::open_at(kernel::here, service.state_directory.c_str(), O_RDWR | O_TMPFILE, 0600));
    const bool is_ready = has_runtime && has_state && !service.is_ending;
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("status", is_ready ? "ok" : "not-ready");
    json.key("checks").begin_object();
    json.member("runtime", has_runtime).member("state", has_state);
    json.member("ending", service.is_ending).end_object().end_object();
    constexpr unsigned unavailable = 503;
    exchange->answer({.status = is_ready ? 200 : unavailable,
                      .fields = is_ready ? http::Fields{} : http::Fields{{"Retry-After", "1"}},
                      .body = std::move(body)});
}

void version_of_all(const Pointer& exchange) {
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("version", version).member("apiVersion", "v1");
    json.member("ociVersion", spec_version).end_object();
    exchange->answer({.body = std::move(body)});
}

/// The host as `oci-rt info` sees it.
void info(Service& service, const Pointer& exchange) {
    service.calls.call(
        {"info", "--format", "json"}, std::chrono::seconds{10}, [exchange](const ChildEnd& end) {
            std::string body;
            JsonWriter json{body};
            json.begin_object().member("version", version).member("ociVersion", spec_version);
            json.member("isRoot", ::geteuid() == 0).key("host");
            const std::string_view host = trim(end.output);
            const bool is_whole = end.status == 0 && host.starts_with('{') && !end.is_truncated;
            if (is_whole)
                json.json(host);
            else
                json.null();
            json.end_object();
            exchange->answer({.body = std::move(body)});
        });
}

void document(const Pointer& exchange) { exchange->answer({.body = std::string{openapi_text}}); }

}  // namespace

void add_system_routes(Router& router, Service& service) {
    router.add("GET", "/healthz", health);
    router.add("GET", "/readyz", [&service](const Pointer& one) { ready(service, one); });
    router.add("GET", "/version", version_of_all);
    router.add("GET", "/info", [&service](const Pointer& one) { info(service, one); });
    router.add("GET", "/openapi.json", document);
}

}  // namespace oci::serve::routes
