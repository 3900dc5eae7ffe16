// SPDX-License-Identifier: Apache-2.0
//
// images: what is in the store of oci-rt-image, and how it gets there and away.
#pragma once

#include "serve/routes/service.hpp"

namespace oci::serve::routes {

void add_image_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
