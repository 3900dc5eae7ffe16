// SPDX-License-Identifier: Apache-2.0
//
// A bundle in a temporary directory, as the checks see it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "commands/validate/checks.hpp"
#include "commands/validate/container_files.hpp"
#include "support/fake_tree.hpp"

namespace oci::test {

struct TestBundle {
    FakeTree tree;
    Spec spec;
    host::Facts facts;
    Settings settings;
    commands::Report report;

    TestBundle() {
        tree.make_directory("rootfs/bin");
        spec.oci_version = "1.3.0";
        spec.root.path = "rootfs";
        spec.process.emplace().args = {"/bin/tool"};
        spec.process->cwd = "/";
        spec.linux_section.namespaces = {{NamespaceKind::Mount, ""}};
    }

    [[nodiscard]] std::string rootfs() const { return tree.root() + "/rootfs"; }
    [[nodiscard]] commands::Subject subject() const {
        return {spec, facts, settings, tree.root(), rootfs()};
    }
    [[nodiscard]] commands::ContainerFiles files() const { return {spec, rootfs()}; }

    /// "CODE POINTER" of each finding, sorted.
    [[nodiscard]] std::vector<std::string> found() const {
        std::vector<std::string> words;
        for (const Finding& finding : report.sorted())
            words.push_back(finding.code + " " + finding.pointer);
        std::ranges::sort(words);
        return words;
    }
};

using Words = std::vector<std::string>;

}  // namespace oci::test
