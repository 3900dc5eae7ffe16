// SPDX-License-Identifier: Apache-2.0
//
// execution: one more program in a container, and what it says.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_execution_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
