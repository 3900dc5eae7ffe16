// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/verbs.hpp"

namespace oci::cli {

void describe_create(OptionTable& table, VerbOptions& options) {
    CreateOptions& create = options.run.create;
    table.insert(
        table.end(),
        {
            {'b', "bundle", "DIR", "directory of the container's files (default: .)",
             &create.bundle},
            {'f', "config", "FILE", "configuration to use (default: config.json in the bundle)",
             &create.config},
            {0, "console-socket", "PATH", "unix socket that receives the terminal of the container",
             &create.console_socket},
            {0, "pidfd-socket", "PATH", "unix socket that receives a pidfd of the container",
             &create.pidfd_socket},
            {0, "pid-file", "FILE", "write the pid of the container to FILE", &create.pid_file},
            {0, "no-pivot", "", "change the root without pivot_root(2), for a root on a ramdisk",
             &create.no_pivot},
            {0, "no-new-keyring", "", "keep the caller's session keyring", &create.no_new_keyring},
            {0, "preserve-fds", "N", "pass N descriptors from 3 on to the container",
             &create.preserve_fds},
            {0, "rootfs-overlay", "FILE",
             "mount an overlay as the root: JSON with directory, lower, upper, work",
             &options.rootfs_overlay},
            {'d', "detach", "", "create never waits", &options.run.detach, Visibility::Hidden},
        });
}

namespace {

void describe_monitor(OptionTable& table, MonitorFlags& flags) {
    table.insert(
        table.end(),
        {
            {0, "monitor", "", "with --detach: a process stays, keeps the log and how it ends",
             &flags.wanted},
            {'i', "interactive", "", "pass the input on; with --monitor: keep it open, for attach",
             &flags.interactive},
        });
    describe_log_of_monitor(table, flags);
}

}  // namespace

void describe_log_of_monitor(OptionTable& table, MonitorFlags& flags) {
    table.insert(
        table.end(),
        {
            {0, "log-path", "FILE",
             "of the monitor: where the log goes (default: the state directory)", &flags.log_path},
            {0, "log-max-size", "SIZE",
             "of the monitor: size at which a new log begins (default: 10m, 0: never)",
             &flags.log_max_size},
            {0, "log-max-files", "N", "of the monitor: how many logs are kept (default: 3)",
             &flags.log_max_files},
        });
}

void describe_run(OptionTable& table, VerbOptions& options) {
    describe_run_of_bundle(table, options);
    OptionTable of_image;
    describe_run_of_image(of_image, options);
    for (const Option& option : of_image)
        if (std::ranges::count(table, option.name, &Option::name) == 0) table.push_back(option);
}

void describe_run_of_bundle(OptionTable& table, VerbOptions& options) {
    describe_create(table, options);
    table.pop_back();
    table.insert(
        table.end(),
        {
            {'d', "detach", "", "return once the program runs, do not wait for its end",
             &options.run.detach},
            {0, "keep", "", "do not delete the container when it ends", &options.run.keep},
            {0, "no-subreaper", "", "leave the orphans of the container to the caller's reaper",
             &options.run.no_subreaper},
        });
    describe_monitor(table, options.monitor);
}

void describe_logs(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {'f', "follow", "", "go on until the container has stopped", &options.logs.follow},
            {'n', "tail", "N", "only the last N lines of what is there", &options.logs.tail},
            {0, "since", "TIME", "only what is newer: 2026-01-31T12:00:00Z, or 10m ago",
             &options.logs.since},
            {'t', "timestamps", "", "show when each line was said", &options.logs.timestamps},
        });
}

void describe_attach(OptionTable& table, VerbOptions& options) {
    table.push_back({0, "no-stdin", "", "pass no input on", &options.attach.no_input});
}

void describe_stop(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {'t', "time", "TIME", "patience before SIGKILL (default: 10s)", &options.stop.time},
            {'s', "signal", "SIGNAL", "signal to begin with (default: TERM)", &options.stop.signal},
        });
}

namespace {

void describe_process(OptionTable& table, ExecOptions& exec) {
    table.insert(
        table.end(),
        {
            {'p', "process", "FILE", "JSON file with the whole process, instead of a command",
             &exec.process_file},
            {0, "cwd", "DIR", "working directory in the container", &exec.cwd},
            {'e', "env", "NAME=VALUE", "set a variable of the environment (repeatable)", &exec.env},
            {'t', "tty", "", "give the program a terminal", &exec.terminal},
            {'u', "user", "UID[:GID]", "user and group, as numbers", &exec.user},
            {'g', "additional-gids", "GID", "one more group, as a number (repeatable)",
             &exec.additional_gids},
            {'c', "cap", "CAPABILITY", "grant one more capability (repeatable)",
             &exec.capabilities},
            {0, "no-new-privs", "", "let the program gain no privileges by execve(2)",
             &exec.no_new_privileges},
            {0, "apparmor", "PROFILE", "AppArmor profile of the program", &exec.apparmor_profile},
            {0, "process-label", "LABEL", "SELinux label of the program", &exec.selinux_label},
            {0, "cgroup", "PATH", "cgroup below the container's in which the program starts",
             &exec.cgroup},
        });
}

}  // namespace

void describe_exec(OptionTable& table, VerbOptions& options) {
    ExecOptions& exec = options.exec;
    describe_process(table, exec);
    table.insert(
        table.end(),
        {
            {'d', "detach", "", "return once the program runs, do not wait for its end",
             &exec.detach},
            {0, "pid-file", "FILE", "write the pid of the program to FILE", &exec.pid_file},
            {0, "console-socket", "PATH", "unix socket that receives the terminal of the program",
             &exec.console_socket},
            {0, "pidfd-socket", "PATH", "unix socket that receives a pidfd of the program",
             &exec.pidfd_socket},
            {0, "preserve-fds", "N", "pass N descriptors from 3 on to the program",
             &exec.preserve_fds},
            {0, "ignore-paused", "",
             "in a paused container, begin as soon as it is resumed instead of failing",
             &exec.ignore_paused},
        });
}

void describe_kill(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {'a', "all", "", "signal every process of the container", &options.kill.all},
            {'r', "regex", "", "ID is a regular expression; signal each container that matches",
             &options.regex},
        });
}

void describe_delete(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {'f', "force", "", "kill the container first if it runs; an unknown ID is no error",
             &options.remove.force},
            {'r', "regex", "", "ID is a regular expression; delete each container that matches",
             &options.regex},
        });
}

void describe_list(OptionTable& table, VerbOptions& options) {
    table.insert(table.end(), {
                                  {'f', "format", "table|json",
                                   "form of the answer (default: table)", &options.format},
                                  {'q', "quiet", "", "show the ids only", &options.quiet},
                              });
}

void describe_gc(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {0, "dry-run", "", "show what would go, and change nothing", &options.gc.dry_run},
            {'f', "format", "text|json", "form of the answer (default: text)", &options.format},
        });
}

void describe_ps(OptionTable& table, VerbOptions& options) {
    table.push_back({'f', "format", "table|json|wide|wide-json",
                     "form of the answer (default: table)", &options.format});
}

void describe_validate(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {'b', "bundle", "DIR", "directory of the container's files (default: .)",
             &options.validate.bundle},
            {0, "config", "FILE", "configuration to check (default: config.json in the bundle)",
             &options.validate.config},
            {'f', "format", "text|json", "form of the answer (default: text)", &options.format},
            {0, "strict", "", "fail for warnings, too", &options.strict},
        });
}

void describe_info(OptionTable& table, VerbOptions& options) {
    table.push_back(
        {'f', "format", "text|json", "form of the answer (default: text)", &options.format});
}

void describe_update(OptionTable& table, VerbOptions& options) {
    describe_update_flags(table, options.update);
}

void describe_events(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {0, "interval", "TIME", "time between two lines of statistics (default: 5s)",
             &options.events.interval},
            {0, "stats", "", "print one line of statistics and exit", &options.events.stats},
            {0, "pressure", "", "also tell when processes wait for long", &options.events.pressure},
        });
}

void describe_stats(OptionTable& table, VerbOptions& options) {
    table.insert(table.end(),
                 {
                     {0, "json", "", "a line of JSON for each container", &options.stats.json},
                     {0, "no-stream", "",
                      "show the numbers once and exit, as the table is where no terminal is",
                      &options.stats.no_stream},
                 });
}

void describe_spec(OptionTable& table, VerbOptions& options) {
    table.insert(
        table.end(),
        {
            {'b', "bundle", "DIR", "directory to write into (default: .)",
             &options.spec_place.bundle},
            {'f', "file", "FILE", "name of the file to write (default: config.json)",
             &options.spec_place.file},
            {0, "rootless", "", "a configuration for a user without privileges",
             &options.spec.rootless},
            {0, "preset", "docker|podman|kubernetes",
             "what this engine gives a container by default", &options.spec.preset},
            {0, "seccomp", "FILE", "profile of system calls; the words default and none are known",
             &options.spec.seccomp},
            {0, "set", "POINTER=JSON", "set the value at a JSON pointer (repeatable)",
             &options.spec.changes},
        });
}

}  // namespace oci::cli
