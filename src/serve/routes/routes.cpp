// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/service.hpp"
#include "serve/routes/system.hpp"

namespace oci::serve::routes {

void add_routes(http::Router& router, Service& service) { add_system_routes(router, service); }

}  // namespace oci::serve::routes
