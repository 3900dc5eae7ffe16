// SPDX-License-Identifier: Apache-2.0
#include "features/process/oom_score.hpp"

#include <unistd.h>

#include <fstream>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

int own_score() {
    int score = -1;
    std::ifstream{"/proc/self/oom_score_adj"} >> score;
    return score;
}

}  // namespace

TEST_CASE("an absent oom score leaves it unchanged") {
    const int before = own_score();
    CHECK(oom_score::prepare_child(std::nullopt, ::getpid(), {}));
    CHECK(own_score() == before);
}

TEST_CASE("an oom score is set") {
    const int status = test::in_child([] {
        if (!oom_score::prepare_child(987, ::getpid(), {})) return 1;
        return own_score() == 987 ? 0 : 2;
    });
    CHECK(status == 0);
}

TEST_CASE("an oom score out of range is refused") {
    CHECK_FALSE(oom_score::prepare_child(1001, ::getpid(), {}));
    CHECK_FALSE(oom_score::prepare_child(-1001, ::getpid(), {}));
}

TEST_CASE("without privilege a refused oom score is no error, with privilege it is") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        if (::setresuid(1234, 1234, 1234) != 0) return 1;
        host::Facts facts;
        facts.effective_user = 1234;
        if (!oom_score::prepare_child(-999, 1, facts)) return 2;
        facts.effective_user = 0;
        return oom_score::prepare_child(-999, 1, facts) ? 3 : 0;
    });
    CHECK(status == 0);
}
