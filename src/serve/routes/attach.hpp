// SPDX-License-Identifier: Apache-2.0
//
// attach: the streams of a container itself, by way of its monitor.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_attach_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
