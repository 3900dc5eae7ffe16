// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/images.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

http::Answer<std::string> reference_in(const http::Request& request) {
    if (!is_image_reference(request.names.front()))
        return http::refuse("invalid-name", "that is no reference of an image");
    return request.names.front();
}

bool is_document(const ChildEnd& end) {
    const std::string_view text = trim(end.output);
    return end.status == 0 && !end.is_truncated && (text.starts_with('{') || text.starts_with('['));
}

void list(Service& service, const Pointer& exchange) {
    service.calls.call_image({"ls", "--json"}, [exchange](const ChildEnd& end) {
        if (!is_document(end))
            return exchange->refuse(
                problem_of(refusal_of(end, "runtime-failed", "the images cannot be listed")));
        exchange->answer({.body = fmt::format("{{\"items\":{}}}", trim(end.output))});
    });
}

void get(Service& service, const Pointer& exchange) {
    const auto reference = reference_in(exchange->request());
    if (!reference) return exchange->refuse(reference.error());
    service.calls.call_image({"inspect", "--json", reference.value()}, [exchange](
                                                                           const ChildEnd& end) {
        if (!is_document(end))
            return exchange->refuse({.code = "no-such-image", .detail = "there is no such image"});
        exchange->answer({.body = std::string{trim(end.output)}});
    });
}

// PUT /images/{ref}

std::string fetch_json(const std::string& reference, std::string_view state,
                       const Fetches::Layers& layers) {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    for (const LayerProgress& each : layers) {
        done += each.done;
        total += each.total;
    }
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("reference", reference).member("state", state);
    json.member("bytesDone", done).member("bytesTotal", total).end_object();
    return body;
}

void put(Service& service, const Pointer& exchange) {
    const http::Request& request = exchange->request();
    const auto reference = reference_in(request);
    if (!reference) return exchange->refuse(reference.error());
    const auto body = body_of(request);
    if (!body) return exchange->refuse(body.error());
    Mistakes mistakes;
    Reader reader{body.value(), "", mistakes};
    const std::string platform = reader.text("platform").value_or("");
    reader.finish();
    if (!mistakes.empty()) return exchange->refuse(problem_of(mistakes));
    const std::string image = reference.value();
    const auto layers = std::make_shared<Fetches::Layers>();
    const auto timer = std::make_shared<Reactor::TimerId>();
    Fetches::Listener listener;
    listener.on_progress = [layers](const Fetches::Layers& now) { *layers = now; };
    listener.on_end = [&service, exchange, image, layers,
                       timer](const std::optional<Refusal>& refusal) {
        service.reactor.cancel(*timer);
        if (!refusal) service.events.publish({.type = "image", .action = "pulled", .name = image});
        if (refusal) return exchange->refuse(problem_of(*refusal));
        exchange->answer({.status = 201, .body = fetch_json(image, "done", *layers)});
    };
    // It goes on when the client does not wait for it.
    if (!service.containers.fetches().join(image, platform, std::move(listener)))
        return exchange->refuse(
            {.code = "too-many-fetches", .detail = "too many images are being fetched"});
    const auto wait = preference_of(request).wait.value_or(std::chrono::seconds{0});
    *timer = service.reactor.after(wait, [exchange, image, layers] {
        exchange->answer({.status = 202, .body = fetch_json(image, "fetching", *layers)});
    });
}

void remove(Service& service, const Pointer& exchange) {
    const auto reference = reference_in(exchange->request());
    if (!reference) return exchange->refuse(reference.error());
    const std::string image = reference.value();
    std::string users;
    for (const auto& [name, container] : service.containers.all())
        if (container->wanted.image == image)
            users += fmt::format("{}{}", users.empty() ? "" : ", ", name.text());
    if (!users.empty())
        return exchange->refuse({.code = "image-in-use", .detail = "it is used by " + users});
    service.calls.call_image({"rm", image}, [&service, exchange, image](const ChildEnd& end) {
        if (end.status != 0)
            return exchange->refuse({.code = "no-such-image", .detail = "there is no such image"});
        service.events.publish({.type = "image", .action = "deleted", .name = image});
        exchange->answer({.status = 204});
    });
}

void prune(Service& service, const Pointer& exchange) {
    service.calls.call_image({"prune", "--json"}, [&service, exchange](const ChildEnd& end) {
        if (!is_document(end))
            return exchange->refuse(
                problem_of(refusal_of(end, "runtime-failed", "the images cannot be pruned")));
        service.events.publish({.type = "image", .action = "pruned"});
        exchange->answer({.body = std::string{trim(end.output)}});
    });
}

}  // namespace

void add_image_routes(http::Router& router, Service& service) {
    const auto add = [&](const char* method, const char* path,
                         void (*act)(Service&, const Pointer&)) {
        router.add(method, path, [&service, act](const Pointer& one) { act(service, one); });
    };
    add("GET", "/images", list);
    add("POST", "/images/prune", prune);
    add("GET", "/images/{ref}", get);
    add("PUT", "/images/{ref}", put);
    add("DELETE", "/images/{ref}", remove);
}

}  // namespace oci::serve::routes
