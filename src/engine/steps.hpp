// SPDX-License-Identifier: Apache-2.0
//
// steps: how init's tables are written and run.
#pragma once

#include <string_view>

#include "engine/plan.hpp"
#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::engine {

/// What init holds while it works. Its memory is a private copy of the parent's.
struct Stage {
    Plan& plan;
    FdView channel;
    Progress progress;
    UniqueFd root;               ///< The container's root, from the step that opens it on.
    UniqueFd terminal;           ///< The slave, from the step that opens it until it is taken over.
    hooks::Outcome hook;         ///< Of the hook that failed.
    bool has_directory = false;  ///< The working directory is set.
};

struct Step {
    std::string_view name;
    kernel::SysResult<void> (*run)(Stage&) noexcept;
};

namespace detail {

template <typename Member>
struct PartOf;
template <typename Part>
struct PartOf<Part Plan::*> {
    static Part& in(Plan& plan, Part Plan::*member) { return plan.*member; }
};
template <typename Part>
struct PartOf<Part ProcessPlan::*> {
    static Part& in(Plan& plan, Part ProcessPlan::*member) { return plan.process.*member; }
};

}  // namespace detail

/// A step that needs only its room's part of the plan.
template <auto part, auto enter>
constexpr Step step(std::string_view name) {
    return {name, [](Stage& stage) noexcept -> kernel::SysResult<void> {
                return enter(detail::PartOf<decltype(part)>::in(stage.plan, part), stage.progress);
            }};
}

/// A step that also needs the container's root.
template <auto part, auto enter>
constexpr Step step_in_root(std::string_view name) {
    return {name, [](Stage& stage) noexcept -> kernel::SysResult<void> {
                return enter(detail::PartOf<decltype(part)>::in(stage.plan, part), stage.root,
                             stage.progress);
            }};
}

}  // namespace oci::engine
