// SPDX-License-Identifier: Apache-2.0
//
// containers: the routes of light-containerd, and the list.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_container_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
