// SPDX-License-Identifier: Apache-2.0
#include "serve/http/problem.hpp"

#include <array>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace oci::serve::http {
namespace {

constexpr std::array kinds{
    ProblemKind{"invalid-request", 400, "The request is not well-formed HTTP"},
    ProblemKind{"no-host", 400, "The request needs one Host"},
    ProblemKind{"invalid-name", 400, "The path has no valid name"},
    ProblemKind{"invalid-query", 400, "A parameter of the query is not valid"},
    ProblemKind{"invalid-json", 400, "The body is not valid JSON"},
    ProblemKind{"invalid-spec", 400, "The body does not say what it should"},
    ProblemKind{"bad-token", 401, "A bearer token is needed"},
    ProblemKind{"forbidden-origin", 403, "Requests of other web pages are not served"},
    ProblemKind{"forbidden-peer", 403, "This user or process is not served"},
    ProblemKind{"registry-denied", 403, "Images are not fetched from there"},
    ProblemKind{"no-route", 404, "There is nothing at this path"},
    ProblemKind{"no-such-container", 404, "There is no such container"},
    ProblemKind{"no-such-exec", 404, "There is no such program"},
    ProblemKind{"no-such-image", 404, "There is no such image"},
    ProblemKind{"image-not-found", 404, "The registry has no such image"},
    ProblemKind{"method-not-allowed", 405, "The path does not know this method"},
    ProblemKind{"not-acceptable", 406, "No acceptable representation"},
    ProblemKind{"request-timeout", 408, "The request took too long to arrive", true},
    ProblemKind{"spec-conflict", 409, "The container exists with another specification"},
    ProblemKind{"invalid-transition", 409, "The state of the container does not allow this"},
    ProblemKind{"not-ready", 409, "The container is not ready yet", true},
    ProblemKind{"not-running", 409, "The container does not run"},
    ProblemKind{"still-running", 409, "The container runs"},
    ProblemKind{"deleting", 409, "The container is being deleted", true},
    ProblemKind{"no-logs", 409, "The container has no logs"},
    ProblemKind{"image-in-use", 409, "The image is in use"},
    ProblemKind{"events-lost", 410, "These events are not kept any more"},
    ProblemKind{"precondition-failed", 412, "A precondition does not hold"},
    ProblemKind{"too-large", 413, "The body is too large"},
    ProblemKind{"uri-too-long", 414, "The request line is too long"},
    ProblemKind{"bad-media-type", 415, "The body has to be application/json"},
    ProblemKind{"wrong-host", 421, "This is not the host that was asked for"},
    ProblemKind{"unknown-value", 422, "A value is not known"},
    ProblemKind{"manifest-unsupported", 422, "The image says what cannot be"},
    ProblemKind{"not-runnable", 422, "No container can be made of the image in this way"},
    ProblemKind{"upgrade-required", 426, "The connection has to be upgraded"},
    ProblemKind{"too-many-failures", 429, "Too many wrong tokens", true},
    ProblemKind{"headers-too-large", 431, "The header is too large"},
    ProblemKind{"runtime-failed", 500, "The runtime has failed"},
    ProblemKind{"internal", 500, "The service has failed"},
    ProblemKind{"unknown-method", 501, "The method is not known"},
    ProblemKind{"unknown-encoding", 501, "The transfer encoding is not known"},
    ProblemKind{"unsupported", 501, "This is not possible here"},
    ProblemKind{"registry-error", 502, "The registry has failed", true},
    ProblemKind{"registry-auth", 502, "The registry wants to be logged in to"},
    ProblemKind{"registry-tls", 502, "The registry cannot be trusted"},
    ProblemKind{"digest-mismatch", 502, "The registry sends something else"},
    ProblemKind{"no-platform", 502, "The image is not there for this platform"},
    ProblemKind{"registry-busy", 503, "The registry answers no more requests for now", true},
    ProblemKind{"overloaded", 503, "The service is busy", true},
    ProblemKind{"too-many-fetches", 503, "Too many images are being fetched", true},
    ProblemKind{"shutting-down", 503, "The service is about to end", true},
    ProblemKind{"registry-timeout", 504, "No answer comes from the registry", true},
    ProblemKind{"exec-timeout", 504, "The command took too long"},
    ProblemKind{"stop-timeout", 504, "The container does not end", true},
    ProblemKind{"unknown-version", 505, "The version of HTTP is not 1.1"},
    ProblemKind{"no-space", 507, "There is no room left"},
};

}  // namespace

std::span<const ProblemKind> problem_kinds() noexcept { return kinds; }

const ProblemKind& kind_of(std::string_view code) noexcept {
    const ProblemKind* internal = &kinds[0];
    for (const ProblemKind& each : kinds) {
        if (each.code == code) return each;
        if (each.code == "internal") internal = &each;
    }
    return *internal;
}

Failure<Problem> refuse(std::string_view code, std::string detail) {
    return Failure{Problem{.code = std::string{code}, .detail = std::move(detail)}};
}

std::string problem_json(const Problem& problem, std::string_view instance,
                         std::string_view request) {
    const ProblemKind& kind = kind_of(problem.code);
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("type", "urn:oci-rt:problem:" + std::string{kind.code});
    json.member("title", kind.title).member("status", kind.status);
    json.member("detail", escape_for_display(problem.detail));
    if (!instance.empty()) json.member("instance", escape_for_display(instance));
    json.member("code", kind.code).member("retryable", kind.is_retryable);
    if (!problem.errors.empty()) {
        json.key("errors").begin_array();
        for (const auto& [pointer, detail] : problem.errors)
            json.begin_object()
                .member("pointer", escape_for_display(pointer))
                .member("detail", escape_for_display(detail))
                .end_object();
        json.end_array();
    }
    if (!problem.runtime_errors.empty() || problem.runtime_status != 0)
        json.key("runtime")
            .begin_object()
            .member("exitCode", problem.runtime_status)
            .member("stderrTail", escape_for_display(problem.runtime_errors))
            .end_object();
    if (!request.empty()) json.member("requestId", request);
    json.end_object();
    return text;
}

Response problem_response(const Problem& problem, std::string_view instance,
                          std::string_view request) {
    const ProblemKind& kind = kind_of(problem.code);
    Response response{.status = kind.status,
                      .type = "application/problem+json",
                      .fields = problem.fields,
                      .body = problem_json(problem, instance, request)};
    const auto has = [&](std::string_view name) { return count_fields(response.fields, name) > 0; };
    if (kind.is_retryable && !has("Retry-After")) response.fields.emplace_back("Retry-After", "1");
    if (kind.code == "bad-token") response.fields.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace oci::serve::http
