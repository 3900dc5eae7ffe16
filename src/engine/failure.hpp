// SPDX-License-Identifier: Apache-2.0
//
// failure: what became of init, as an error for people and programs.
#pragma once

#include "engine/protocol.hpp"
#include "kernel/process.hpp"
#include "oci-rt/error.hpp"

namespace oci::engine {

/// The error that a Failed message stands for.
Error error_of(const Message& message);

/// That of an init which ended without a message.
Error error_of(const kernel::Exit& exit);

}  // namespace oci::engine
