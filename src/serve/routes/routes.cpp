// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/attach.hpp"
#include "serve/routes/containers.hpp"
#include "serve/routes/events.hpp"
#include "serve/routes/exec_stream.hpp"
#include "serve/routes/execution.hpp"
#include "serve/routes/images.hpp"
#include "serve/routes/logs.hpp"
#include "serve/routes/metrics.hpp"
#include "serve/routes/observing.hpp"
#include "serve/routes/page.hpp"
#include "serve/routes/resources.hpp"
#include "serve/routes/service.hpp"
#include "serve/routes/system.hpp"

namespace oci::serve::routes {

void add_routes(http::Router& router, Service& service) {
    add_container_routes(router, service);
    add_execution_routes(router, service);
    add_exec_stream_routes(router, service);
    add_attach_routes(router, service);
    add_log_routes(router, service);
    add_observing_routes(router, service);
    add_image_routes(router, service);
    add_metric_routes(router, service);
    add_resource_routes(router, service);
    add_event_routes(router, service);
    add_system_routes(router, service);
    if (service.has_page) add_page_route(router);
}

}  // namespace oci::serve::routes
