// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/uts.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

oci::Spec spec_named(std::string hostname, std::string domainname) {
    oci::Spec spec;
    spec.hostname = std::move(hostname);
    spec.domainname = std::move(domainname);
    spec.linux_section.namespaces = {{oci::NamespaceKind::Uts, ""}};
    return spec;
}

}  // namespace

TEST_CASE("a hostname needs a namespace of its own") {
    oci::Spec spec = spec_named("box", "");
    CHECK(oci::uts::plan(spec));
    spec.linux_section.namespaces.clear();
    CHECK_FALSE(oci::uts::plan(spec));
    spec.hostname.clear();
    CHECK(oci::uts::plan(spec));
    spec.domainname = "example";
    CHECK_FALSE(oci::uts::plan(spec));
}

TEST_CASE("a hostname has at most 64 bytes") {
    CHECK(oci::uts::plan(spec_named(std::string(64, 'h'), "")));
    CHECK_FALSE(oci::uts::plan(spec_named(std::string(65, 'h'), "")));
}

TEST_CASE("the names are the container's") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        if (::unshare(CLONE_NEWUTS) != 0) return 1;
        oci::Progress progress;
        if (!oci::uts::enter(oci::uts::plan(spec_named("box", "example")).value(), progress))
            return 2;
        utsname names{};
        ::uname(&names);
        return std::string_view{names.nodename} == "box" &&
                       std::string_view{names.domainname} == "example"
                   ? 0
                   : 3;
    });
    CHECK(status == 0);
}
