// SPDX-License-Identifier: Apache-2.0
//
// read: config.json and its relatives from text to values. What is returned
// has passed validate(): nobody above has to ask again. Does not look at files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "spec/examination.hpp"

namespace oci::spec {

/// The text of a config.json.
[[nodiscard]] Result<Spec> read(std::string_view text);

/// Everything that can be said about the text of a config.json without a machine.
struct Examined {
    std::vector<Error> errors;
    std::size_t left_out = 0;  ///< Errors beyond those, if there are very many.
    /// Pointers to what could not be read: in the spec it is as if absent.
    std::unordered_set<std::string> unreadable;
    std::vector<UnknownProperty> unknown;
    std::vector<std::string> foreign;  ///< Pointers to properties of other platforms.
    std::optional<Spec> spec;          ///< If the text is JSON: what could be read of it.
};
[[nodiscard]] Examined examine(std::string_view text);

/// The text of `exec --process FILE`. It replaces the container's process but
/// for user, capabilities, apparmorProfile and selinuxLabel, which are the
/// container's where the text does not name them.
[[nodiscard]] Result<Process> read_process(std::string_view text, const Process& container);

/// The text of `update --resources FILE`: the content of /linux/resources.
[[nodiscard]] Result<Resources> read_resources(std::string_view text);

}  // namespace oci::spec
