// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/overlay.hpp"

#include <sys/mount.h>

#include "container.hpp"
#include "kernel/mount.hpp"

using namespace oci;
using namespace oci::test;

namespace {

RootOverlay layers() {
    return {.directory = "/store", .lower = {"l/b", "l/a"}, .upper = "up", .work = "work"};
}

/// Two layers, of which the upper one hides a file.
RootOverlay real_layers(const Bundle& bundle) {
    for (const char* name : {"a", "b", "up", "work"})
        std::filesystem::create_directory(bundle.path / name);
    write_file(bundle.path / "a/both", "a");
    write_file(bundle.path / "a/low", "a");
    write_file(bundle.path / "b/both", "b");
    return {.directory = bundle.path, .lower = {"b", "a"}, .upper = "up", .work = "work"};
}

using Enter = kernel::SysResult<UniqueFd> (*)(const rootfs::OverlayPlan&, const char*,
                                              Progress&) noexcept;

std::string trial(const Bundle& bundle, const RootOverlay& overlay, bool in_user_namespace,
                  Enter enter) {
    const auto plan = rootfs::plan_overlay(overlay, in_user_namespace);
    EXPECT(plan);
    EXPECT_DONE(
        kernel::set_attributes(kernel::here, "/", {.propagation = MS_PRIVATE}, AT_RECURSIVE));
    Progress progress;
    const auto root = enter(plan.value(), bundle.rootfs().c_str(), progress);
    EXPECT_DONE(root);
    EXPECT(read_file(bundle.rootfs() / "both") == "b");
    EXPECT(read_file(bundle.rootfs() / "low") == "a");
    write_file(bundle.rootfs() / "low", "new");
    EXPECT(read_file(bundle.path / "up/low") == "new");
    EXPECT(read_file(bundle.path / "a/low") == "a");
    return {};
}

}  // namespace

TEST_CASE("an overlay is names below one directory") {
    const auto plan = rootfs::plan_overlay(layers(), false);
    REQUIRE(plan);
    CHECK(plan.value().options == "lowerdir=l/b:l/a,upperdir=up,workdir=work");
    CHECK(rootfs::plan_overlay(layers(), true).value().options.ends_with(",userxattr"));
    RootOverlay brief = layers();
    brief.is_volatile = true;
    CHECK(rootfs::plan_overlay(brief, false).value().options.ends_with(",volatile"));
}

TEST_CASE("a name that leads elsewhere, or means something to the mount, is refused") {
    for (const char* name :
         {"", "/a", "..", "a/../b", "./a", "a//b", "a:b", "a,b", "a\\b", "a\"b"}) {
        INFO(name);
        RootOverlay overlay = layers();
        overlay.lower[1] = name;
        CHECK_FALSE(rootfs::plan_overlay(overlay, false));
        overlay = layers();
        overlay.upper = name;
        CHECK_FALSE(rootfs::plan_overlay(overlay, false));
        overlay = layers();
        overlay.work = name;
        CHECK_FALSE(rootfs::plan_overlay(overlay, false));
    }
    RootOverlay overlay = layers();
    overlay.directory = "store";
    CHECK_FALSE(rootfs::plan_overlay(overlay, false));
    overlay = layers();
    overlay.lower.clear();
    CHECK_FALSE(rootfs::plan_overlay(overlay, false));
    overlay.lower.resize(rootfs::most_overlay_layers + 1, "a");
    CHECK_FALSE(rootfs::plan_overlay(overlay, false));
}

TEST_CASE("an overlay takes a mount namespace") {
    Bundle bundle;
    bundle.spec.linux_section.namespaces.clear();
    auto plan = rootfs::plan(bundle.spec, bundle.path, false).value();
    CHECK_FALSE(rootfs::set_overlay(plan, layers(), false));
}

TEST_CASE("layers are mounted as one tree, by either call") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    const Enter enter =
        GENERATE(Enter{rootfs::enter_overlay}, Enter{rootfs::enter_overlay_by_options});
    if (!can_be(who)) return;
    Bundle bundle;
    const RootOverlay overlay = real_layers(bundle);
    CHECK(in_namespaces(who, [&] {
              return trial(bundle, overlay, who == As::UserNamespace, enter);
          }).empty());
}
