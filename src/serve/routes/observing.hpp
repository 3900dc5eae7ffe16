// SPDX-License-Identifier: Apache-2.0
//
// observing: what is going on in a container: its processes, what they use, its configuration.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_observing_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
