// SPDX-License-Identifier: Apache-2.0
//
// page: what browsers show of the service. One text without data; it asks for these as any client.
#pragma once

#include "serve/http/router.hpp"

namespace oci::serve::routes {

void add_page_route(http::Router& router);

}  // namespace oci::serve::routes
