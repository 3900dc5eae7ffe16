// SPDX-License-Identifier: Apache-2.0
//
// From an image that is there to a process.
#include "base/time.hpp"
#include "serve/containers/config_patch.hpp"
#include "serve/containers/containers.hpp"

namespace oci::serve {

void Containers::create(const ContainerRef& container) {
    tell(*container, "ready");
    if (!container->wanted.start) {
        set_state(container, State::Created, "ready");
        return end_work(container);
    }
    start(container, [this, container](const Reply<void>&) { end_work(container); });
}

/// A new process. What an earlier one has left goes first.
void Containers::start(const ContainerRef& container, Done done) {
    if (container->in_runtime) {
        keeper_.let_go(container->id);
        calls_.remove(container->id,
                      [this, container, done = std::move(done)](const ChildEnd& end) {
                          if (end.status != 0) {
                              give_up(container, refusal_of(end, "runtime-failed",
                                                            "what was there could not be removed"));
                              return done(Failure{*container->error});
                          }
                          container->in_runtime = false;
                          start(container, done);
                      });
        return;
    }
    container->in_runtime = true;  // on disk before it is so
    container->stop_wished = false;
    container->error.reset();
    container->exit_code.reset();
    container->exit_reason.clear();
    container->oom_killed = false;
    container->finished_at.clear();
    container->log_path = calls_.log_path(container->id);
    set_state(container, State::Creating, "creating");
    if (!container->wanted.config.empty()) return start_patched(container, done);
    calls_.start_container(
        container->wanted, container->id,
        [this, container, done](const ChildEnd& end) { look_at_run(container, end, done); });
}

void Containers::look_at_run(const ContainerRef& container, const ChildEnd& end, const Done& done) {
    if (end.status == 0) return look_at_start(container, done);
    give_up(container, refusal_of_start(end));
    done(Failure{*container->error});
}

/// The bundle is made, its config.json is changed, and then it is run.
void Containers::start_patched(const ContainerRef& container, const Done& done) {
    calls_.prepare_container(container->wanted, container->id,
                             [this, container, done](const ChildEnd& end) {
                                 if (end.status != 0) return look_at_run(container, end, done);
                                 run_patched(container, end.output, done);
                             });
}

void Containers::run_patched(const ContainerRef& container, std::string_view answer,
                             const Done& done) {
    const auto prepared = spec::read_prepared_container(answer);
    const auto patched = prepared ? patch_config(prepared.value().bundle, container->wanted.config)
                                  : Result<void>{Failure{prepared.error()}};
    if (patched) {
        calls_.start_prepared(prepared.value(), [this, container, done](const ChildEnd& end) {
            if (end.status == 0) return look_at_run(container, end, done);
            calls_.release_prepared(container->id, [this, container, end, done](const ChildEnd&) {
                look_at_run(container, end, done);
            });
        });
        return;
    }
    give_up(container, {.code = "invalid-spec", .detail = patched.error().message});
    // Nothing has run: only what was prepared is to go.
    calls_.release_prepared(
        container->id, [container, done](const ChildEnd&) { done(Failure{*container->error}); });
}

void Containers::look_at_start(const ContainerRef& container, const Done& done) {
    container->began = Clock::now();
    container->started_at = rfc3339_now();
    calls_.read_state(container->id, [this, container, done](const ChildEnd& end) {
        const auto state = end.status == 0 ? read_runtime_state(end.output) : std::nullopt;
        if (state) container->bundle = state->bundle;
        if (state && state->status != "stopped" && watch_process(container, state->pid)) {
            set_state(container, State::Running, "started");
            if (!container->resources.empty()) return restore_resources(container, done);
        } else {
            // It is over already.
            set_state(container, State::Running, "started");
            look_at_end(container, 0);
        }
        done({});
    });
}

}  // namespace oci::serve
