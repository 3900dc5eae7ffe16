// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "base/path.hpp"
#include "commands/bundle.hpp"
#include "commands/validate/checks.hpp"
#include "commands/validate/container_files.hpp"
#include "oci-rt/runtime.hpp"
#include "spec/read.hpp"

namespace oci {
namespace {

void report_words(const spec::Examined& examined, commands::Report& report) {
    for (const Error& error : examined.errors) report.note(error);
    report.count_errors(examined.left_out);
    for (const spec::UnknownProperty& unknown : examined.unknown)
        report.warning(
            "unknown-property", unknown.pointer, "is no property of the specification, and ignored",
            unknown.nearest.empty() ? std::string{} : "rename it to \"" + unknown.nearest + "\"");
    for (const std::string& pointer : examined.foreign)
        report.info("other-platform", pointer, "is for another platform, and ignored");
}

void run_checks(const commands::Subject& subject, commands::Report& report) {
    const bool has_root = !report.has_error("/root");
    const commands::ContainerFiles files{subject.spec, has_root ? subject.rootfs : ""};
    commands::check_files(subject, report);
    commands::check_mounts(subject, files, report);
    commands::check_programs(subject, files, report);
    commands::check_host(subject, report);
    commands::check_cgroup(subject, report);
    commands::check_users(subject, report);
    commands::check_plans(subject, report);
    commands::check_effects(subject, report);
}

}  // namespace

Result<std::vector<Finding>> Runtime::validate(const ValidateOptions& options) const {
    const log::Silence silence;  // what the rooms warn of is found here
    const CreateOptions of_create{.bundle = options.bundle, .config = options.config};
    commands::Report report;
    const auto text = commands::read_bundle_text(of_create);
    if (!text) {
        report.error("config-unreadable", "", text.error().message);
        return report.sorted();
    }
    spec::Examined examined = spec::examine(text.value().config);
    report_words(examined, report);
    if (!examined.spec) return report.sorted();
    report.leave_out(std::move(examined.unreadable));
    const host::Facts facts = host::measure();
    const commands::Subject subject{
        .spec = *examined.spec,
        .facts = facts,
        .settings = settings_,
        .bundle = text.value().path,
        .rootfs = clean_path(join_path(text.value().path, examined.spec->root.path))};
    run_checks(subject, report);
    return report.sorted();
}

}  // namespace oci
