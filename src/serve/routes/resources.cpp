// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/resources.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.hpp"
#include "serve/routes/asking.hpp"
#include "spec/document.hpp"
#include "spec/problems.hpp"
#include "spec/read.hpp"
#include "spec/validate.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::size_t largest_body = std::size_t{60} * 1024;

/// A member of linux.resources and what may be in it; nothing: whatever the runtime takes.
struct Group {
    std::string_view name;
    std::array<std::string_view, 7> members{};
};
/// Devices stay as the container was made with.
constexpr std::array groups{
    Group{"memory", {"limit", "reservation", "swap", "checkBeforeUpdate"}},
    Group{"cpu", {"shares", "quota", "burst", "period", "idle", "cpus", "mems"}},
    Group{"pids", {"limit"}},
    Group{"blockIO",
          {"weight", "weightDevice", "throttleReadBpsDevice", "throttleWriteBpsDevice",
           "throttleReadIOPSDevice", "throttleWriteIOPSDevice"}},
    Group{"hugepageLimits"},
    Group{"rdma"},
    Group{"unified"},
};

using Errors = std::vector<std::pair<std::string, std::string>>;

void examine(const spec::Value& body, Errors& errors) {
    const auto* all = std::get_if<spec::Value::Object>(&body.content);
    if (all == nullptr) return;  // the reader says so
    for (const spec::Member& each : *all) {
        const std::string pointer = spec::pointer_step(each.key);
        const auto* const group = std::ranges::find(groups, each.key, &Group::name);
        if (group == groups.end()) {
            errors.emplace_back(pointer, "is not known, or cannot be changed");
            continue;
        }
        const auto* members = std::get_if<spec::Value::Object>(&each.value.content);
        if (members == nullptr || group->members.front().empty()) continue;
        for (const spec::Member& inner : *members)
            if (std::ranges::find(group->members, inner.key) == group->members.end())
                errors.emplace_back(pointer + spec::pointer_step(inner.key), "is not known");
    }
}

http::Problem problem_of_errors(Errors errors) {
    return {.code = "unknown-value",
            .detail = "the resources are not as they should be",
            .errors = std::move(errors)};
}

http::Answer<spec::Value> read_resources(const http::Request& request) {
    spec::Value body = OCI_TRY(body_of(request));
    Errors errors;
    examine(body, errors);
    if (!errors.empty()) return Failure{problem_of_errors(std::move(errors))};
    const std::string text = spec::document_text(body);
    if (text.size() > largest_body) return http::refuse("too-large", "that is too much");
    const auto resources = spec::read_resources(text);
    if (!resources) return Failure{problem_of_errors({{"", resources.error().message}})};
    spec::Problems problems;
    spec::validate_resources(resources.value(), "", problems);
    if (const auto valid = problems.first(); !valid)
        return Failure{problem_of_errors({{"", valid.error().message}})};
    return body;
}

void put(Service& service, const Pointer& exchange) {
    const auto found = container_in(service, exchange->request());
    if (!found) return exchange->refuse(found.error());
    auto resources = read_resources(exchange->request());
    if (!resources) return exchange->refuse(resources.error());
    const ContainerRef& container = found.value();
    if (container->state != State::Running && container->state != State::Paused)
        return exchange->refuse({.code = "not-running", .detail = "the container does not run"});
    service.containers.change_resources(container, std::move(resources).value(),
                                        [exchange, container](const Reply<void>& reply) {
                                            if (!reply)
                                                return exchange->refuse(problem_of(reply.error()));
                                            answer_status(exchange, *container, 200);
                                        });
}

}  // namespace

void add_resource_routes(http::Router& router, Service& service) {
    router.add("PUT", "/containers/{name}/resources",
               [&service](const Pointer& one) { put(service, one); });
}

}  // namespace oci::serve::routes
