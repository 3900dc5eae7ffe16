// SPDX-License-Identifier: Apache-2.0
//
// system: what the service is and how it is: health, versions, the host, its own description.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_system_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
