// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "support/catch.hpp"
#include "unit/commands/validate/subject.hpp"

namespace {

using oci::Hook;
using oci::Severity;
using oci::test::TestBundle;
using oci::test::Words;

struct Programs : TestBundle {
    void put_tool(mode_t mode) const {
        tree.put("rootfs/bin/tool");
        ::chmod((rootfs() + "/bin/tool").c_str(), mode);
    }
    Words checked() {
        oci::commands::check_programs(subject(), files(), report);
        return found();
    }
};

TEST_CASE_METHOD(Programs, "a program that is there and may be executed is none of our business") {
    put_tool(0755);
    CHECK(checked().empty());
}

TEST_CASE_METHOD(Programs, "a program is searched in the PATH of the container") {
    put_tool(0755);
    spec.process->args = {"tool"};
    spec.process->env = {"PATH=/sbin:/bin"};
    CHECK(checked().empty());
    spec.process->env = {"PATH=/sbin"};
    CHECK(checked() == Words{"program-not-found /process/args/0"});
}

TEST_CASE_METHOD(Programs, "a missing program is an error, and a doubt where a hook may bring it") {
    CHECK(checked() == Words{"program-not-found /process/args/0"});
    CHECK(report.sorted()[0].severity == Severity::Error);
    report = {};
    spec.hooks.create_runtime = {Hook{"/bin/sh", {}, {}, {}}};
    CHECK(checked() == Words{"program-not-found /process/args/0"});
    CHECK(report.sorted()[0].severity == Severity::Warning);
}

TEST_CASE_METHOD(Programs,
                 "a file without an x bit is not executable, and how it becomes so is told") {
    put_tool(0644);
    CHECK(checked() == Words{"program-not-executable /process/args/0"});
    CHECK(report.sorted()[0].hint == "chmod +x " + rootfs() + "/bin/tool");
}

TEST_CASE_METHOD(Programs, "a working directory is no file; if it is missing, it is made") {
    put_tool(0755);
    spec.process->cwd = "/none/yet";
    CHECK(checked().empty());
    spec.process->cwd = "/bin/tool";
    CHECK(checked() == Words{"cwd-unfit /process/cwd"});
}

TEST_CASE_METHOD(Programs,
                 "hooks are files of the host, those of startContainer of the container") {
    put_tool(0755);
    spec.hooks.prestart = {Hook{"/bin/sh", {}, {}, {}}, Hook{"/no/such", {}, {}, {}},
                           Hook{"/dev/null", {}, {}, {}}};
    spec.hooks.poststop = {Hook{"/no/such", {}, {}, {}}};
    spec.hooks.start_container = {Hook{"/bin/tool", {}, {}, {}}, Hook{"/no/such", {}, {}, {}}};
    CHECK(checked() == Words{"hook-missing /hooks/poststop/0/path",
                             "hook-missing /hooks/prestart/1/path",
                             "hook-missing /hooks/startContainer/1/path",
                             "hook-not-executable /hooks/prestart/2/path"});
    for (const auto& finding : report.sorted())
        CHECK((finding.severity == Severity::Error) ==
              (finding.pointer.find("prestart") != std::string::npos));
}

}  // namespace
