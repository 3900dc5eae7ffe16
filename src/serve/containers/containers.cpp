// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/containers.hpp"

#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::serve {
namespace {

constexpr std::size_t most_containers = 10'000;
constexpr std::size_t largest_record = std::size_t{4} << 20U;

std::string file_of(const Container& container) { return container.id + ".json"; }

}  // namespace

Containers::Containers(Reactor& reactor, RuntimeCalls& calls, Keeper& keeper, Events& events,
                       UniqueFd directory)
    : reactor_{reactor},
      calls_{calls},
      keeper_{keeper},
      events_{events},
      directory_{std::move(directory)},
      fetches_{calls},
      memory_{reactor} {}

Result<void> Containers::load() {
    const auto names = OCI_TRY(
        explain(kernel::read_directory(directory_), "cannot read the records of containers"));
    for (const std::string& name : names) {
        // Of a service that was killed while it wrote; nobody else writes here.
        if (name.starts_with('.')) (void)kernel::remove(directory_, name.c_str());
        if (!name.ends_with(".json") || name.starts_with('.')) continue;
        const auto text = kernel::read_text(directory_, name.c_str(), largest_record);
        const auto record = text ? read_record(text.value())
                                 : Result<ContainerRef>{fail(ErrorKind::System, "cannot be read")};
        if (!record) {
            log::warning("{}: {}", name, record.error().message);
            continue;
        }
        containers_.emplace(record.value()->name, record.value());
    }
    for (const auto& [name, container] : containers_) adopt(container);
    return {};
}

Reply<Put> Containers::put(const Name& name, Wanted wanted, bool replaces) {
    const auto refuse = [](const char* code, std::string detail) {
        return Failure{Refusal{.code = code, .detail = std::move(detail)}};
    };
    const std::string digest = digest_of(wanted);
    const ContainerRef old = find(name);
    if (!old && containers_.size() >= most_containers)
        return refuse("no-space", "there are too many containers");
    if (old) {
        const State state = old->is_removing ? State::Deleting : old->state;
        switch (put_act_for(state, old->digest == digest, replaces)) {
            case PutAct::Nothing: return Put{.container = old};
            case PutAct::Conflict:
                return refuse("spec-conflict",
                              fmt::format("it was made with {}, this is {}", old->digest, digest));
            case PutAct::BeingDeleted: return refuse("deleting", "it is being deleted");
            case PutAct::Again:
                old->error.reset();
                set_state(old, State::Pending, "created");
                add_work(old, [this, old] { bring_up(old); });
                return Put{.container = old, .is_new = true};
            case PutAct::Replace: break;
        }
    }
    auto container = std::make_shared<Container>();
    container->name = name;
    container->id = runtime_id(name);
    container->wanted = std::move(wanted);
    container->digest = digest;
    container->created_at = rfc3339_now();
    container->in_runtime = old && old->in_runtime;  // under the same id
    if (!save(*container)) return refuse("no-space", "the record of it cannot be written");
    containers_[name] = container;
    tell(*container, "created");
    if (!old) {
        add_work(container, [this, container] { bring_up(container); });
        return Put{.container = container, .is_new = true};
    }
    // The old one has the same id: first it has to go.
    container->is_busy = true;
    remove(old, std::chrono::seconds{old->wanted.stop_seconds},
           [this, container](const Reply<void>& reply) {
               container->is_busy = false;
               if (reply)
                   add_work(container, [this, container] { bring_up(container); });
               else
                   give_up(container, reply.error());
               next_work(container);
           });
    return Put{.container = container, .is_new = true};
}

ContainerRef Containers::find(const Name& name) const {
    const auto found = containers_.find(name);
    return found == containers_.end() ? nullptr : found->second;
}

void Containers::add_work(const ContainerRef& container, std::function<void()> work) {
    container->queue.push_back(std::move(work));
    next_work(container);
}

void Containers::next_work(const ContainerRef& container) {
    if (container->is_busy || container->queue.empty()) return;
    container->is_busy = true;
    const std::function<void()> work = std::move(container->queue.front());
    container->queue.pop_front();
    work();
}

void Containers::end_work(const ContainerRef& container) {
    container->cancel = nullptr;
    container->is_busy = false;
    next_work(container);
}

void Containers::remove(const ContainerRef& container, std::chrono::seconds patience, Done done) {
    if (!container->is_removing) {
        container->is_removing = true;
        container->stop_wished = true;
        reactor_.cancel(container->restart_timer);
        set_state(container, is_settled(container->state) ? container->state : State::Deleting,
                  "stopping");
    }
    // Whatever of it can be ended, is.
    if (container->cancel) std::exchange(container->cancel, nullptr)();
    add_work(container, [this, container, patience, done = std::move(done)] {
        take_away(container, {.patience = patience}, done);
    });
}

void Containers::wish(const ContainerRef& container, Wish wish, WishOptions options, Done done) {
    // What is on its way to somewhere else is told so now, and not when it has arrived.
    const State state = container->is_removing ? State::Deleting : container->state;
    const Act act_now = act_for(wish, state);
    if (act_now == Act::NotReady || act_now == Act::BeingDeleted ||
        (act_now == Act::Never && !is_settled(state)))
        return done(refusal_of(act_now, state));
    add_work(container, [this, container, wish, options = std::move(options),
                         done = std::move(done)] { act(container, wish, options, done); });
}

void Containers::signal(const ContainerRef& container, const std::string& signal, bool all,
                        Done done) {
    if (container->state != State::Running && container->state != State::Paused)
        return done(Failure{Refusal{.code = "not-running", .detail = "it does not run"}});
    calls_.kill(container->id, signal, all, [done = std::move(done)](const ChildEnd& end) {
        if (end.status == 0) return done({});
        done(Failure{refusal_of(end, "runtime-failed", "the signal could not be sent")});
    });
}

Containers::Ticket Containers::when(const ContainerRef& container, Condition condition,
                                    std::chrono::milliseconds patience,
                                    std::function<void(bool)> act) {
    const Ticket ticket = ++last_;
    if (condition(*container)) {
        act(true);
        return ticket;
    }
    auto waiter = std::make_shared<Waiter>(
        Waiter{.container = container, .condition = std::move(condition), .act = std::move(act)});
    waiter->timer = reactor_.after(patience, [this, ticket, waiter] {
        waiters_.erase(ticket);
        waiter->act(false);
    });
    waiters_.emplace(ticket, std::move(waiter));
    return ticket;
}

void Containers::stop_waiting(Ticket ticket) {
    const auto found = waiters_.find(ticket);
    if (found == waiters_.end()) return;
    reactor_.cancel(found->second->timer);
    waiters_.erase(found);
}

void Containers::remove_all(std::function<void()> done) {
    auto left = std::make_shared<std::size_t>(containers_.size());
    if (*left == 0) return done();
    const auto all = containers_;
    constexpr std::uint64_t most_seconds = 10;
    for (const auto& [name, container] : all)
        remove(container,
               std::chrono::seconds{std::min(container->wanted.stop_seconds, most_seconds)},
               [left, done](const Reply<void>&) {
                   if (--*left == 0) done();
               });
}

void Containers::rest() {
    is_resting_ = true;
    const auto all = containers_;
    for (const auto& [name, container] : all) changed(container);
}

void Containers::set_state(const ContainerRef& container, State state, std::string_view action) {
    const bool is_other = container->state != state;
    container->state = state;
    if (!container->is_gone && find(container->name) == container && !save(*container))
        log::warning("{}: its record cannot be written", container->id);
    if (is_other) tell(*container, action);
    changed(container);
}

/// Waiters may wait for more, and clients may go: the list is looked through by number.
void Containers::changed(const ContainerRef& container) {
    ++container->revision;
    std::vector<Ticket> all;
    for (const auto& [ticket, waiter] : waiters_)
        if (waiter->container == container) all.push_back(ticket);
    for (const Ticket ticket : all) {
        const auto found = waiters_.find(ticket);
        if (found == waiters_.end() || !found->second->condition(*container)) continue;
        const std::shared_ptr<Waiter> waiter = found->second;
        stop_waiting(ticket);
        waiter->act(true);
    }
}

bool Containers::save(const Container& container) {
    return static_cast<bool>(kernel::replace_text(directory_, file_of(container).c_str(),
                                                  record_json(container) + "\n", 0600));
}

void Containers::forget(const Container& container) {
    // A record that stays is found to be of nothing at the next start.
    (void)kernel::remove(directory_, file_of(container).c_str());
}

void Containers::tell(const Container& container, std::string_view action,
                      std::vector<std::pair<std::string, std::string>> attributes) {
    events_.publish({.type = "container",
                     .action = std::string{action},
                     .name = container.name.text(),
                     .id = container.id,
                     .attributes = std::move(attributes)});
}

}  // namespace oci::serve
