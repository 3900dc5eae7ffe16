// SPDX-License-Identifier: Apache-2.0
//
// events: what happens, as a stream that goes on where it broke off.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_event_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
