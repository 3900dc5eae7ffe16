// SPDX-License-Identifier: Apache-2.0
#include "features/process/keyring.hpp"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

long session_keyring() {
    return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

}  // namespace

TEST_CASE("the session keyring is a new one unless it is unwanted") {
    if (session_keyring() < 0) return;  // a kernel or a sandbox without keyrings
    const auto changes = [](bool no_new_keyring) {
        return test::in_child([no_new_keyring] {
            const long before = session_keyring();
            oci::Progress progress;
            if (!oci::keyring::enter(oci::keyring::plan(no_new_keyring), progress)) return 2;
            return session_keyring() == before ? 0 : 1;
        });
    };
    CHECK(changes(false) == 1);
    CHECK(changes(true) == 0);
}
