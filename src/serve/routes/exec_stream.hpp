// SPDX-License-Identifier: Apache-2.0
//
// exec stream: a program in a container whose client listens while it runs: as events, or over the
// connection itself (101), in frames of 8 bytes and what they announce, bare with a terminal.
#pragma once

#include <string>

#include "serve/containers/executions.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {

/// input: what the program reads; of a client that talks over the connection, nothing.
void stream_exec(Service& service, const Pointer& exchange, ExecWanted wanted, std::string input);

void add_exec_stream_routes(http::Router& router, Service& service);

}  // namespace oci::serve::routes
