// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/states.hpp"

#include <array>

#include "base/named_values.hpp"

namespace oci::serve {
namespace {

constexpr std::array<std::string_view, state_count> words{
    "pending", "fetching", "unpacking", "creating", "created", "running",
    "paused",  "stopping", "stopped",   "failed",   "deleting"};

constexpr std::array<std::string_view, state_count> statuses{
    "creating", "creating", "creating", "creating", "created", "running",
    "paused",   "running",  "stopped",  "stopped",  "stopped"};

constexpr std::array wishes{
    Named<Wish>{"running", Wish::Running},
    Named<Wish>{"paused", Wish::Paused},
    Named<Wish>{"stopped", Wish::Stopped},
};

struct Row {
    State state;
    Act running;
    Act paused;
    Act stopped;
};
/// Lines are what the container is, columns what is wished.
constexpr std::array<Row, state_count> transitions{{
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

constexpr std::size_t index_of(State state) { return static_cast<std::size_t>(state); }

}  // namespace

std::string_view word_of(State state) noexcept { return words[index_of(state)]; }

std::optional<State> state_named(std::string_view word) noexcept {
    for (std::size_t at = 0; at < words.size(); ++at)
        if (words[at] == word) return static_cast<State>(at);
    return std::nullopt;
}

std::string_view oci_status_of(State state) noexcept { return statuses[index_of(state)]; }

std::optional<Wish> wish_named(std::string_view word) noexcept { return value_named(wishes, word); }

Act act_for(Wish wish, State state) noexcept {
    const Row& row = transitions[index_of(state)];
    switch (wish) {
        case Wish::Running: return row.running;
        case Wish::Paused: return row.paused;
        case Wish::Stopped: return row.stopped;
    }
    return Act::Never;
}

PutAct put_act_for(State state, bool is_same, bool replaces) noexcept {
    if (state == State::Deleting) return PutAct::BeingDeleted;
    if (!is_same) return replaces ? PutAct::Replace : PutAct::Conflict;
    return state == State::Failed ? PutAct::Again : PutAct::Nothing;
}

bool is_settled(State state) noexcept {
    switch (state) {
        case State::Created:
        case State::Running:
        case State::Paused:
        case State::Stopped:
        case State::Failed: return true;
        case State::Pending:
        case State::Fetching:
        case State::Unpacking:
        case State::Creating:
        case State::Stopping:
        case State::Deleting: return false;
    }
    return false;
}

}  // namespace oci::serve
