// SPDX-License-Identifier: Apache-2.0
//
// The options of `run IMAGE`, in the words of Docker and Podman. Here they are only told apart;
// what they mean is the work of oci-rt-image.
#include <array>

#include "cli/verbs.hpp"

namespace oci::cli {
namespace {

/// argument: empty for a flag.
struct Described {
    char letter = 0;
    std::string_view name;
    std::string_view argument;
    std::string_view meaning;
};

constexpr std::array options_of_images{
    Described{'i', "interactive", "", "image: pass standard input on"},
    Described{'t', "tty", "", "image: give the program a terminal"},
    Described{0, "name", "NAME", "image: the container's name; it then stays when it ends"},
    Described{0, "rm", "", "image: delete the container when it ends, also with a name"},
    Described{'e', "env", "NAME[=VALUE]", "image: set a variable, or pass the caller's on"},
    Described{0, "env-file", "FILE", "image: variables, one a line"},
    Described{'v', "volume", "SOURCE:PATH[:OPTIONS]",
              "image: bind a directory of the host, or a volume with a name"},
    Described{0, "mount", "KEY=VALUE,...",
              "image: the same in other words: type, source, target, ro"},
    Described{0, "tmpfs", "PATH[:OPTIONS]", "image: an empty file system in memory"},
    Described{'w', "workdir", "PATH", "image: the working directory"},
    Described{'u', "user", "USER[:GROUP]", "image: names of the image, or numbers"},
    Described{0, "entrypoint", "PROGRAM", "image: in place of the image's; it drops Cmd, too"},
    Described{0, "hostname", "NAME", "image: the default is the container's name"},
    Described{0, "network", "none|bridge|host",
              "image: a loopback alone (default), an address of its own, or the host's"},
    Described{'p', "publish", "PORTS",
              "image: [IP:]HOST:CONTAINER[/udp], of the host and where it leads"},
    Described{0, "network-name", "NAME", "image: the bridge (default: ocirt0)"},
    Described{0, "network-ip", "IP/BITS", "image: of the bridge (default: 172.19.0.1/16)"},
    Described{0, "container-ip", "IP", "image: the default is the next that is free"},
    Described{0, "read-only", "", "image: the root cannot be written to"},
    Described{'m', "memory", "BYTES", "image: limit, as 512m or 2g"},
    Described{0, "memory-swap", "BYTES", "image: memory and swap; -1: any amount of swap"},
    Described{0, "cpus", "NUMBER", "image: processors' worth of time, as 1.5"},
    Described{0, "cpu-shares", "NUMBER", "image: relative weight"},
    Described{0, "pids-limit", "NUMBER", "image: most processes; -1: any number"},
    Described{0, "pids", "NUMBER", "image: the same as --pids-limit"},
    Described{0, "ulimit", "NAME=SOFT[:HARD]", "image: a resource limit"},
    Described{0, "cap-add", "CAPABILITY", "image: grant it; ALL is known"},
    Described{0, "cap-drop", "CAPABILITY", "image: do not grant it; ALL is known"},
    Described{0, "security-opt", "OPTION",
              "image: no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, label=LABEL"},
    Described{0, "privileged", "", "image: all capabilities and devices, no filter, no masks"},
    Described{0, "device", "SOURCE[:PATH[:RIGHTS]]", "image: a device of the host"},
    Described{0, "cgroup-parent", "CGROUP", "image: the container's cgroup is made in this one"},
    Described{0, "label", "NAME=VALUE", "image: an annotation that cannot steer the runtime"},
    Described{0, "annotation", "NAME=VALUE", "image: an annotation of config.json"},
    Described{0, "pull", "always|missing|never", "image: when to fetch it (default: missing)"},
    Described{0, "platform", "OS/ARCHITECTURE[/VARIANT]", "image: default: this machine"},
    Described{0, "progress", "auto|bars|plain|json|none", "image: how to tell of fetching"},
    Described{0, "auth-file", "FILE", "image: credentials, instead of the usual files"},
    Described{0, "insecure", "HOST[:PORT]", "image: a registry that may go without TLS"},
    Described{0, "rootfs-mode", "auto|overlay|copy",
              "image: layers as they are in the store, or a copy of all"},
    Described{0, "storage", "DIR", "image: the store, see oci-rt-image(8)"},
};

}  // namespace

void describe_run_of_image(OptionTable& table, VerbOptions& options) {
    ImageRunFlags& flags = options.image_run;
    for (const Described& each : options_of_images) {
        Option option{each.letter, each.name, each.argument, each.meaning, &flags.value};
        if (each.argument.empty()) option.target = &flags.flag;
        table.push_back(option);
    }
}

}  // namespace oci::cli
