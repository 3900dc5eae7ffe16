// SPDX-License-Identifier: Apache-2.0
#include "engine/notify_plan.hpp"

#include <sys/mount.h>

#include "support/catch.hpp"

using oci::NamespaceKind;
using oci::Settings;
using oci::Spec;
namespace notify = oci::engine::notify;

namespace {

Spec with_mount_namespace(const std::string& path = "") {
    Spec spec;
    spec.linux_section.namespaces = {{NamespaceKind::Mount, path}};
    return spec;
}

}  // namespace

TEST_CASE("the manager's socket is a path or an abstract name") {
    const Spec spec = with_mount_namespace();
    CHECK(notify::check(spec, {}, "/run/systemd/notify"));
    CHECK(notify::check(spec, {}, "@/org/freedesktop/notify"));
    CHECK_FALSE(notify::check(spec, {}, "run/notify"));
    CHECK_FALSE(notify::check(spec, {}, "vsock:2:1234"));
}

TEST_CASE("the manager's socket fits into an address") {
    const Spec spec = with_mount_namespace();
    CHECK(notify::check(spec, {}, "/" + std::string(106, 'x')));
    CHECK_FALSE(notify::check(spec, {}, "/" + std::string(107, 'x')));
}

TEST_CASE("a socket in the container needs a new mount namespace") {
    CHECK_FALSE(notify::check(Spec{}, {}, "/n"));
    CHECK_FALSE(notify::check(with_mount_namespace("/proc/1/ns/mnt"), {}, "/n"));
    CHECK(notify::check(Spec{}, {}, ""));
}

TEST_CASE("the directory with the socket is bound from an absolute root") {
    Settings settings;
    settings.root = "/run/x/";
    const auto entry = notify::mount_entry(settings, "box", 3);
    CHECK(entry.source == "/run/x/box/notify");
    CHECK(entry.destination == "/run/notify");
    CHECK(entry.position == 3);
    CHECK((entry.options.set & MOUNT_ATTR_RDONLY) != 0);
    settings.root = "relative";
    CHECK_FALSE(notify::check(with_mount_namespace(), settings, "/n"));
}

TEST_CASE("the container is told where the socket is") {
    CHECK(notify::variable() == "NOTIFY_SOCKET=/run/notify/notify.sock");
}
