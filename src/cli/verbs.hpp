// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the command line: what each is called, takes and fills in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/monitor_flags.hpp"
#include "cli/option.hpp"
#include "cli/stats_view.hpp"
#include "cli/update_flags.hpp"
#include "oci-rt/options.hpp"

namespace oci::cli {

/// What stands before the verb.
struct Globals {
    std::string root;
    std::string log;
    std::string log_format = "text";
    std::string log_level;  ///< Empty: error into a log file, warning on standard error.
    bool debug = false;
    bool systemd_cgroup = false;
    std::string cgroup_manager;
    std::string rootless;
    std::string criu;
    std::string connect;  ///< A service that is asked instead.
    bool version = false;
    bool help = false;
};

/// Where spec writes to.
struct SpecPlace {
    std::string bundle = ".";
    std::string file = "config.json";
};

struct EventsFlags {
    std::string interval = "5s";
    bool stats = false;  ///< Once, and nothing else.
    bool pressure = false;
};

/// run, in its form for images: oci-rt-image knows what its options mean.
struct ImageRunFlags {
    bool is_image = false;             ///< The form that the words have.
    std::vector<std::string> options;  ///< "--name=value"
    bool flag = false;                 ///< Where the table puts values: nobody reads them there.
    std::string value;
};

/// What the options of a verb fill in; each verb uses its own part.
struct VerbOptions {
    RunOptions run;  ///< create uses run.create.
    MonitorFlags monitor;
    LogsFlags logs;
    AttachFlags attach;
    StopFlags stop;
    ExecOptions exec;
    KillOptions kill;
    DeleteOptions remove;
    GcOptions gc;
    SpecOptions spec;
    ValidateOptions validate;
    SpecPlace spec_place;
    UpdateFlags update;
    EventsFlags events;
    StatsFlags stats;
    std::string rootfs_overlay;  ///< create, run: a file.
    ImageRunFlags image_run;
    bool strict = false;  ///< validate: warnings are as bad as errors.
    bool regex = false;
    std::string format = "table";
    bool quiet = false;
    bool help = false;
};

struct Verb {
    std::string_view name;
    std::string_view summary;
    std::string_view words;  ///< What follows the options: "ID [SIGNAL]".
    std::size_t least_words = 0;
    std::size_t most_words = 0;
    Order order = Order::Free;
    void (*describe)(OptionTable& table, VerbOptions& options) = nullptr;
    std::string_view example;
};

inline constexpr std::size_t any_number = ~std::size_t{0};

[[nodiscard]] std::span<const Verb> verbs() noexcept;
[[nodiscard]] const Verb* find_verb(std::string_view name) noexcept;

[[nodiscard]] OptionTable options_of(Globals& globals);
[[nodiscard]] OptionTable options_of(const Verb& verb, VerbOptions& options);

// One per verb that has options of its own, in options_of_verbs.cpp.
void describe_create(OptionTable& table, VerbOptions& options);
void describe_run(OptionTable& table, VerbOptions& options);
void describe_run_of_bundle(OptionTable& table, VerbOptions& options);
void describe_run_of_image(OptionTable& table, VerbOptions& options);
/// Of both forms.
void describe_log_of_monitor(OptionTable& table, MonitorFlags& flags);
void describe_exec(OptionTable& table, VerbOptions& options);
void describe_kill(OptionTable& table, VerbOptions& options);
void describe_delete(OptionTable& table, VerbOptions& options);
void describe_list(OptionTable& table, VerbOptions& options);
void describe_gc(OptionTable& table, VerbOptions& options);
void describe_ps(OptionTable& table, VerbOptions& options);
void describe_validate(OptionTable& table, VerbOptions& options);
void describe_info(OptionTable& table, VerbOptions& options);
void describe_update(OptionTable& table, VerbOptions& options);
void describe_events(OptionTable& table, VerbOptions& options);
void describe_logs(OptionTable& table, VerbOptions& options);
void describe_attach(OptionTable& table, VerbOptions& options);
void describe_stop(OptionTable& table, VerbOptions& options);
void describe_stats(OptionTable& table, VerbOptions& options);
void describe_spec(OptionTable& table, VerbOptions& options);

}  // namespace oci::cli
