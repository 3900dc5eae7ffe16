// SPDX-License-Identifier: Apache-2.0
//
// service: what the routes work with.
#pragma once

#include <string>
#include <vector>

#include "serve/http/router.hpp"
#include "serve/reactor/children.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve::routes {

struct Service {
    Reactor& reactor;
    Children& children;
    /// oci-rt and its global options: the first words of every call.
    std::vector<std::string> runtime;
    std::string state_directory;
    bool is_ending = false;
};

/// All there is. The service outlives the router.
void add_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
