// SPDX-License-Identifier: Apache-2.0
//
// logs: what a container has said, and goes on saying.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_log_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
