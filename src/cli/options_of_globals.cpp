// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.hpp"

namespace oci::cli {

OptionTable options_of(Globals& globals) {
    return {
        {0, "root", "DIR",
         "where containers are remembered (default: /run/oci-rt, or $XDG_RUNTIME_DIR/oci-rt "
         "for anyone but the root of the machine)",
         &globals.root},
        {0, "log", "FILE", "append log lines to FILE instead of standard error", &globals.log},
        {0, "log-format", "text|json", "form of the log lines (default: text)",
         &globals.log_format},
        {0, "log-level", "debug|info|warning|error",
         "least level that is logged (default: warning, or error with --log)", &globals.log_level},
        {0, "debug", "", "the same as --log-level debug", &globals.debug},
        {0, "systemd-cgroup", "", "the same as --cgroup-manager systemd", &globals.systemd_cgroup},
        {0, "cgroup-manager", "cgroupfs|systemd|disabled",
         "who makes the container's cgroup (default: cgroupfs)", &globals.cgroup_manager},
        {0, "rootless", "[auto|true|false]",
         "accepted and ignored: whether the caller is root is found out", &globals.rootless},
        {0, "criu", "PATH", "accepted and ignored", &globals.criu},
        {0, "connect", "URL",
         "ask a service: unix:///PATH, http://HOST:PORT or default (or OCI_RT_CONNECT)",
         &globals.connect},
        {'v', "version", "", "show the version and exit", &globals.version},
        {'h', "help", "", "show this help and exit", &globals.help},
    };
}

}  // namespace oci::cli
