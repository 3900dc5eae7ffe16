// SPDX-License-Identifier: Apache-2.0
//
// resources: the limits of a container that runs.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_resource_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
