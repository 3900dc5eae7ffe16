// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/states.hpp"

#include <array>

#include "support/catch.hpp"

using namespace oci::serve;

TEST_CASE("what a wish leads to, in every state") {
    struct Row {
        State state;
        Act running;
        Act paused;
        Act stopped;
    };
    constexpr std::array<Row, state_count> rows{{
        {State::Pending, Act::NotReady, Act::NotReady, Act::NotReady},
        {State::Fetching, Act::NotReady, Act::NotReady, Act::NotReady},
        {State::Unpacking, Act::NotReady, Act::NotReady, Act::NotReady},
        {State::Creating, Act::NotReady, Act::NotReady, Act::NotReady},
        {State::Created, Act::Start, Act::Never, Act::Drop},
        {State::Running, Act::Nothing, Act::Freeze, Act::Stop},
        {State::Paused, Act::Thaw, Act::Nothing, Act::ThawAndStop},
        {State::Stopping, Act::Never, Act::Never, Act::Await},
        {State::Stopped, Act::Start, Act::Never, Act::Nothing},
        {State::Failed, Act::Never, Act::Never, Act::Nothing},
        {State::Deleting, Act::BeingDeleted, Act::BeingDeleted, Act::BeingDeleted},
    }};
    for (const Row& row : rows) {
        CAPTURE(word_of(row.state));
        CHECK(act_for(Wish::Running, row.state) == row.running);
        CHECK(act_for(Wish::Paused, row.state) == row.paused);
        CHECK(act_for(Wish::Stopped, row.state) == row.stopped);
    }
}

TEST_CASE("what PUT does where there is one, in every state") {
    for (int number = 0; number < state_count; ++number) {
        const auto state = static_cast<State>(number);
        CAPTURE(word_of(state));
        const bool is_deleting = state == State::Deleting;
        const PutAct same = is_deleting              ? PutAct::BeingDeleted
                            : state == State::Failed ? PutAct::Again
                                                     : PutAct::Nothing;
        CHECK(put_act_for(state, true, false) == same);
        CHECK(put_act_for(state, true, true) == same);
        CHECK(put_act_for(state, false, false) ==
              (is_deleting ? PutAct::BeingDeleted : PutAct::Conflict));
        CHECK(put_act_for(state, false, true) ==
              (is_deleting ? PutAct::BeingDeleted : PutAct::Replace));
    }
}

TEST_CASE("states have words, and the words of the runtime specification") {
    for (int number = 0; number < state_count; ++number) {
        const auto state = static_cast<State>(number);
        CHECK(state_named(word_of(state)) == state);
    }
    CHECK_FALSE(state_named("flying"));
    CHECK(oci_status_of(State::Fetching) == "creating");
    CHECK(oci_status_of(State::Paused) == "paused");
    CHECK(oci_status_of(State::Failed) == "stopped");
    CHECK(wish_named("paused") == Wish::Paused);
    CHECK_FALSE(wish_named("created"));
}
