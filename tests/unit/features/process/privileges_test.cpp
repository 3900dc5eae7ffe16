// SPDX-License-Identifier: Apache-2.0
#include "features/process/privileges.hpp"

#include <sys/prctl.h>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

int no_new_privileges_after(bool wanted) {
    return test::in_child([wanted] {
        oci::Process process;
        process.no_new_privileges = wanted;
        oci::Progress progress;
        if (!oci::privileges::enter(oci::privileges::plan(process).value(), progress)) return 2;
        return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    });
}

}  // namespace

TEST_CASE("new privileges are forbidden only if the spec says so") {
    CHECK(no_new_privileges_after(true) == 1);
    CHECK(no_new_privileges_after(false) == 0);
}
