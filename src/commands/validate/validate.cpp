// SPDX-License-Identifier: Apache-2.0
#include "base/path.hpp"
#include "commands/bundle.hpp"
#include "commands/validate/checks.hpp"
#include "oci-rt/runtime.hpp"
#include "spec/read.hpp"

namespace oci {
namespace {

void report_words(const spec::Examined& examined, commands::Report& report) {
    for (const Error& error : examined.errors) report.note(error);
    for (const spec::UnknownProperty& unknown : examined.unknown)
        report.warning(
            "unknown-property", unknown.pointer, "is no property of the specification, and ignored",
            unknown.nearest.empty() ? std::string{} : "rename it to \"" + unknown.nearest + "\"");
    for (const std::string& pointer : examined.foreign)
        report.info("other-platform", pointer, "is for another platform, and ignored");
}

}  // namespace

Result<std::vector<Finding>> Runtime::validate(const ValidateOptions& options) const {
    const CreateOptions of_create{.bundle = options.bundle, .config = options.config};
    const commands::BundleText text = OCI_TRY(commands::read_bundle_text(of_create));
    const spec::Examined examined = spec::examine(text.config);
    commands::Report report;
    report_words(examined, report);
    if (!examined.spec) return report.sorted();
    const host::Facts facts = host::measure();
    const commands::Subject subject{
        .spec = *examined.spec,
        .facts = facts,
        .settings = settings_,
        .bundle = text.path,
        .rootfs = clean_path(join_path(text.path, examined.spec->root.path))};
    commands::check_plans(subject, report);
    commands::check_files(subject, report);
    commands::check_host(subject, report);
    commands::check_effects(subject, report);
    return report.sorted();
}

}  // namespace oci
