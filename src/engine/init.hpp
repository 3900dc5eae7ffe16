// SPDX-License-Identifier: Apache-2.0
//
// init: the far side of the clone, from the first instruction to execve(). No
// heap, no lock, no exception: see ARCHITECTURE.md, "Between clone and execve".
#pragma once

#include "engine/plan.hpp"
#include "engine/steps.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::engine {

/// gate: the listening start gate, or invalid for a further process, which
/// executes at once. Never returns: leaves by execve() or exit.
[[noreturn]] void run_init(Plan& plan, UniqueFd channel, UniqueFd gate) noexcept;

/// The same for a child of the intermediate, which has closed what init does not need.
[[noreturn]] void run_init(Stage& stage, UniqueFd channel, UniqueFd gate) noexcept;

/// What a further process needs privileges for, once the container's namespaces are joined:
/// afterwards it is who it shall be, where it shall be.
void enter_container(Stage& stage) noexcept;

/// The hop before init where a namespace takes effect for children only. The
/// result: it joins, clones init as its own sibling, and exits.
[[noreturn]] void run_intermediate(Plan& plan, UniqueFd channel, UniqueFd gate) noexcept;

}  // namespace oci::engine
