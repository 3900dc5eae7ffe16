// SPDX-License-Identifier: Apache-2.0
//
// service: what the routes work with.
#pragma once

#include <string>
#include <vector>

#include "serve/containers/containers.hpp"
#include "serve/containers/executions.hpp"
#include "serve/events.hpp"
#include "serve/http/router.hpp"
#include "serve/http/tally.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve::routes {

struct Service {
    Reactor& reactor;
    RuntimeCalls& calls;
    Events& events;
    Containers& containers;
    Executions& executions;
    http::Tally& tally;
    std::string runtime;  ///< The program oci-rt.
    std::string state_directory;
    bool has_page = true;  ///< One for browsers.
    bool is_ending = false;
    unsigned streams = 0;
    std::uint64_t dropped_listeners = 0;  ///< Of events: they were too slow.
};

/// All there is. The service outlives the router.
void add_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
