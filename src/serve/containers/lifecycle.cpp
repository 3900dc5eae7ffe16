// SPDX-License-Identifier: Apache-2.0
//
// From an image's name to what is to be started, what is changed of it, and back to nothing.
#include <algorithm>

#include "base/text.hpp"
#include "serve/containers/containers.hpp"
#include "serve/containers/merge_patch.hpp"
#include "serve/containers/reported.hpp"
#include "spec/document.hpp"

namespace oci::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds after_sigkill{15};
constexpr milliseconds between_progress{500};

std::string digest_in(std::string_view text) {
    const auto document = spec::parse_json(text);
    if (!document) return {};
    Mistakes ignored;
    return Reader{document.value(), "", ignored}.text("digest").value_or("");
}

Refusal refusal_of_update(const ChildEnd& end) {
    const Reported reported = read_reported(end.errors);
    Refusal refusal = refusal_of(end, "runtime-failed", "its resources could not be changed");
    if (reported.code == "invalid-config") refusal = {"unknown-value", reported.text};
    if (reported.code == "wrong-status") refusal = {"not-running", "it does not run"};
    if (reported.code == "unsupported" || reported.code.starts_with("controller-"))
        refusal = {"unsupported", reported.text};
    return refusal;
}

}  // namespace

/// What was begun for a container that is not wanted any more.
bool Containers::is_cancelled(const ContainerRef& container) {
    if (!container->is_removing) return false;
    end_work(container);
    return true;
}

void Containers::give_up(const ContainerRef& container, Refusal refusal) {
    container->error = std::move(refusal);
    container->pid = 0;
    set_state(container, State::Failed, "failed");
}

void Containers::bring_up(const ContainerRef& container) {
    if (is_cancelled(container)) return;
    if (container->wanted.pull == "always") return fetch(container);
    calls_.inspect_image(container->wanted, [this, container](const ChildEnd& end) {
        if (is_cancelled(container)) return;
        if (end.status != 0 && container->wanted.pull == "missing") return fetch(container);
        if (end.status == 0) {
            container->image_digest = digest_in(end.output);
            return unpack(container);
        }
        give_up(container, refusal_of(end, "no-such-image", "the image is not there"));
        end_work(container);
    });
}

void Containers::fetch(const ContainerRef& container) {
    container->layers.clear();
    set_state(container, State::Fetching, "fetching");
    const auto last_told = std::make_shared<Clock::time_point>();
    Fetches::Listener listener;
    listener.on_progress = [this, container, last_told](const Fetches::Layers& layers) {
        container->layers = layers;
        changed(container);
        if (Clock::now() - *last_told < between_progress) return;
        *last_told = Clock::now();
        tell(*container, "progress");
    };
    listener.on_end = [this, container](const std::optional<Refusal>& refusal) {
        container->cancel = nullptr;
        if (is_cancelled(container)) return;
        if (refusal) {
            give_up(container, *refusal);
            return end_work(container);
        }
        calls_.inspect_image(container->wanted, [this, container](const ChildEnd& end) {
            if (is_cancelled(container)) return;
            if (end.status == 0) container->image_digest = digest_in(end.output);
            unpack(container);
        });
    };
    const auto ticket =
        fetches_.join(container->wanted.image, container->wanted.platform, std::move(listener));
    if (!ticket) {
        give_up(container, {.code = "too-many-fetches", .detail = "too many images are fetched"});
        return end_work(container);
    }
    container->cancel = [this, container, ticket = *ticket] {
        fetches_.leave(ticket);
        end_work(container);
    };
}

void Containers::unpack(const ContainerRef& container) {
    set_state(container, State::Unpacking, "unpacking");
    const Children::Id child =
        calls_.unpack_image(container->wanted, [this, container](const ChildEnd& end) {
            container->cancel = nullptr;
            if (is_cancelled(container)) return;
            if (end.status == 0) return create(container);
            give_up(container,
                    refusal_with_code(end, "runtime-failed", "the image could not be unpacked"));
            end_work(container);
        });
    if (container->state == State::Unpacking)
        container->cancel = [this, child] { calls_.end(child); };
}

void Containers::change_resources(const ContainerRef& container, spec::Value resources, Done done) {
    add_work(container, [this, container, patch = std::move(resources), done = std::move(done)] {
        update(container, patch, [this, container, done](const Reply<void>& reply) {
            done(reply);
            end_work(container);
        });
    });
}

/// What was changed of the process before holds for the next one.
void Containers::restore_resources(const ContainerRef& container, const Done& done) {
    calls_.update(
        container->id, container->resources, [this, container, done](const ChildEnd& end) {
            if (end.status != 0 && container->state == State::Running)
                tell(*container, "resources_lost", {{"reason", refusal_of_update(end).detail}});
            done({});
        });
}

void Containers::update(const ContainerRef& container, const spec::Value& patch, const Done& done) {
    const bool runs = container->state == State::Running || container->state == State::Paused;
    if (!runs) return done(Failure{Refusal{.code = "not-running", .detail = "it does not run"}});
    spec::Value kept{spec::Value::Object{}};
    if (auto before = spec::parse_json(container->resources); before)
        kept = std::move(before).value();
    apply_merge_patch(kept, patch);
    calls_.update(container->id, spec::document_text(patch),
                  [this, container, done, kept = spec::document_text(kept)](const ChildEnd& end) {
                      if (end.status != 0) return done(Failure{refusal_of_update(end)});
                      container->resources = kept;
                      set_state(container, container->state, "");
                      tell(*container, "resources");
                      done({});
                  });
}

void Containers::freeze(const ContainerRef& container, bool on, const Done& done) {
    const auto finish = [this, container, on, done](const ChildEnd& end) {
        if (end.status != 0)
            return done(Failure{refusal_with_code(
                end, "runtime-failed", on ? "it could not be paused" : "it could not be resumed")});
        if (is_settled(container->state) && container->state != State::Stopped)
            set_state(container, on ? State::Paused : State::Running, on ? "paused" : "resumed");
        done({});
    };
    if (on)
        calls_.pause(container->id, finish);
    else
        calls_.resume(container->id, finish);
}

void Containers::stop(const ContainerRef& container, const WishOptions& options, Done done) {
    container->stop_wished = true;
    if (container->state != State::Paused)
        return signal_to_stop(container, options, std::move(done));
    freeze(container, false, [this, container, options, done](const Reply<void>& thawed) {
        if (!thawed) return done(thawed);
        signal_to_stop(container, options, done);
    });
}

void Containers::signal_to_stop(const ContainerRef& container, const WishOptions& options,
                                Done done) {
    if (container->exit_watch == 0 && container->state != State::Running) return done({});
    set_state(container, State::Stopping, "stopping");
    const std::string& signal =
        options.signal.empty() ? container->wanted.stop_signal : options.signal;
    const auto patience = options.patience.value_or(seconds{container->wanted.stop_seconds});
    const auto timer = std::make_shared<Reactor::TimerId>();
    container->when_exited = [this, timer, done] {
        reactor_.cancel(*timer);
        done({});
    };
    const auto too_late = [this, container, done] {
        container->when_exited = nullptr;
        set_state(container, State::Running, "stop_failed");
        done(Failure{Refusal{.code = "stop-timeout", .detail = "its processes do not end"}});
    };
    const auto kill = [this, container, timer, too_late] {
        // That it is gone, its descriptor tells.
        calls_.kill(container->id, "KILL", false, [](const ChildEnd&) {});
        *timer = reactor_.after(after_sigkill, too_late);
    };
    *timer = reactor_.after(patience, kill);
    calls_.kill(container->id, signal_word(signal), false, [](const ChildEnd&) {});
}

void Containers::act(const ContainerRef& container, Wish wish, const WishOptions& options,
                     const Done& done) {
    const auto finish = [this, container, done](const Reply<void>& reply) {
        done(reply);
        end_work(container);
    };
    const State state = container->is_removing ? State::Deleting : container->state;
    switch (act_for(wish, state)) {
        case Act::Nothing:
        case Act::Await: return finish({});
        case Act::Start: return start(container, finish);
        case Act::Freeze: return freeze(container, true, finish);
        case Act::Thaw: return freeze(container, false, finish);
        case Act::Stop:
        case Act::ThawAndStop: return stop(container, options, finish);
        case Act::Drop:
            container->stop_wished = true;
            set_state(container, State::Stopped, "stopped");
            return finish({});
        case Act::NotReady:
        case Act::Never:
        case Act::BeingDeleted: return finish(refusal_of(act_for(wish, state), state));
    }
}

void Containers::take_away(const ContainerRef& container, const WishOptions& options, Done done) {
    const auto finish = [this, container, done](const Reply<void>& reply) {
        done(reply);
        end_work(container);
    };
    if (container->is_gone)
        return finish(
            Failure{Refusal{.code = "no-such-container", .detail = "it has been deleted"}});
    const bool runs = container->state == State::Running || container->state == State::Paused;
    if (!runs) return erase(container, finish);
    stop(container, options, [this, container, finish](const Reply<void>& stopped) {
        if (!stopped) {
            container->is_removing = false;  // the next one may try again
            return finish(stopped);
        }
        erase(container, finish);
    });
}

void Containers::erase(const ContainerRef& container, const Done& done) {
    set_state(container, State::Deleting, "deleting");
    const auto gone = [this, container, done] {
        container->is_gone = true;
        const bool is_replaced = find(container->name) != container;
        if (container->in_runtime) calls_.remove_log(container->id);
        if (!is_replaced) {
            containers_.erase(container->name);
            forget(*container);
        }
        tell(*container, "deleted");
        changed(container);
        done({});
    };
    if (!container->in_runtime) return gone();
    keeper_.let_go(container->id);
    calls_.remove(container->id, [this, container, gone, done](const ChildEnd& end) {
        if (end.status == 0) return gone();
        container->is_removing = false;
        give_up(container, refusal_of(end, "runtime-failed", "it could not be deleted"));
        done(Failure{*container->error});
    });
}

}  // namespace oci::serve
