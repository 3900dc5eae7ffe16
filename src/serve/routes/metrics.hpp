// SPDX-License-Identifier: Apache-2.0
//
// metrics: what Prometheus asks for.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_metric_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
