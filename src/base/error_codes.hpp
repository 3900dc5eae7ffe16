// SPDX-License-Identifier: Apache-2.0
//
// error codes: all that an error may bear, each with what it says. Programs rely on them:
// a code may be added, but none changes its meaning. The manual, oci-rt(8), has the same list.
#pragma once

#include <array>
#include <string_view>

namespace oci {

struct ErrorCode {
    std::string_view name;
    std::string_view meaning;
};

inline constexpr std::array error_codes{
    // By the kind of the error.
    ErrorCode{"invalid-config", "config.json, or another document, asks for what cannot be"},
    ErrorCode{"not-found", "there is no such container"},
    ErrorCode{"already-exists", "a container has this id already"},
    ErrorCode{"wrong-status", "the status of the container does not allow this verb"},
    ErrorCode{"unsupported", "this host or this build cannot do it"},
    ErrorCode{"system", "a system call failed; see errno"},
    // By the number of a system call that failed.
    ErrorCode{"permission-denied", "the kernel forbids it to this caller"},
    ErrorCode{"read-only", "something had to be written to a read-only file system"},
    ErrorCode{"no-space", "a disk, a quota or a limit of the kernel is used up"},
    ErrorCode{"too-many-open-files", "a limit of open files is reached"},
    ErrorCode{"out-of-memory", "there is not enough memory"},
    // The call itself.
    ErrorCode{"usage", "a mistake on the command line or in the environment"},
    ErrorCode{"log-unusable", "the file of --log cannot be written to"},
    ErrorCode{"config-missing", "there is no bundle, or no config.json in it"},
    ErrorCode{"config-syntax", "a document is not JSON"},
    ErrorCode{"file-exists", "spec finds a config.json already there"},
    ErrorCode{"console-socket", "the terminal has no taker: see --console-socket"},
    ErrorCode{"pidfd-socket", "nobody takes the descriptor at --pidfd-socket"},
    // What is remembered of containers.
    ErrorCode{"container-busy", "another command works on the container; try again later"},
    ErrorCode{"create-incomplete", "create did not come to its end; delete --force cleans up"},
    ErrorCode{"state-damaged", "a state file cannot be read; delete --force cleans up"},
    ErrorCode{"state-root-not-writable", "the directory of --root cannot be made or written to"},
    ErrorCode{"state-root-unsafe", "the directory of --root is under the control of others"},
    ErrorCode{"oom-killed", "the first process was killed for want of memory"},
    ErrorCode{"processes-remain", "processes of the container do not end"},
    // Namespaces and ids.
    ErrorCode{"namespace-denied", "the host does not let this caller make or join a namespace"},
    ErrorCode{"namespace-limit", "a limit on the number of namespaces is reached"},
    ErrorCode{"namespace-missing", "the path of a namespace to join does not exist"},
    ErrorCode{"id-map-helpers-missing", "newuidmap or newgidmap is not installed"},
    ErrorCode{"id-map-refused", "the caller may not map these ids"},
    ErrorCode{"id-not-mapped", "an id has no meaning in the user namespace"},
    // The root file system.
    ErrorCode{"root-unusable", "there is no directory at /root/path"},
    ErrorCode{"source-missing", "the source of a mount does not exist"},
    ErrorCode{"filesystem-unknown", "the kernel has no file system of this type"},
    ErrorCode{"device-missing", "the host has no such device"},
    // Cgroups and resctrl.
    ErrorCode{"cgroup-not-mounted", "cgroup v2 is not mounted"},
    ErrorCode{"cgroup-missing", "the container has no cgroup of its own"},
    ErrorCode{"cgroup-not-delegated", "the caller may not make the cgroup"},
    ErrorCode{"cgroup-not-empty", "there are processes in the cgroup already"},
    ErrorCode{"cgroup-frozen", "the cgroup is frozen"},
    ErrorCode{"controller-missing", "the cgroup has no such controller"},
    ErrorCode{"controller-refused", "a controller cannot be enabled for the cgroup"},
    ErrorCode{"limit-below-usage", "a limit lies below what is in use"},
    ErrorCode{"systemd-unreachable", "the systemd that is to make the cgroup does not run"},
    ErrorCode{"systemd-denied", "systemd does not let the caller do it"},
    ErrorCode{"systemd-failed", "systemd could not do it, or does not answer; see its journal"},
    ErrorCode{"unit-exists", "somebody else has the unit already"},
    ErrorCode{"unit-property-refused", "systemd does not take a property of the unit"},
    ErrorCode{"resctrl-missing", "resctrl is not mounted, or the machine has none"},
    // Security.
    ErrorCode{"lsm-missing", "the kernel runs without AppArmor or SELinux"},
    ErrorCode{"seccomp-missing", "this program is built without libseccomp"},
    ErrorCode{"seccomp-agent-missing", "nobody answers at /linux/seccomp/listenerPath"},
    // Hooks and the process.
    ErrorCode{"hook-missing", "the file of a hook does not exist"},
    ErrorCode{"hook-not-executable", "the file of a hook cannot be executed"},
    ErrorCode{"hook-failed", "a hook ended with a status other than 0, or by a signal"},
    ErrorCode{"hook-timeout", "a hook took longer than its timeout"},
    ErrorCode{"process-absent", "config.json has no process that could be started"},
    ErrorCode{"program-not-found", "the program of the process does not exist"},
    ErrorCode{"program-not-executable", "the program of the process cannot be executed"},
    ErrorCode{"sysctl-missing", "the kernel has no such parameter"},
    ErrorCode{"init-killed", "the first process was killed before the container was complete"},
    ErrorCode{"init-lost", "the first process ended without saying why"},
    ErrorCode{"interrupted", "a signal asked the runtime to stop; what was made is gone again"},
    ErrorCode{"init-unruly", "the first process says what it may not: do not trust the container"},
    // Images.
    ErrorCode{"image-missing", "the store has no such image"},
    ErrorCode{"image-invalid", "an image, or a layer of one, says what cannot be"},
    ErrorCode{"platform-missing", "the image is not there for this platform"},
    // Registries of images.
    ErrorCode{"image-not-found", "the registry has no such image"},
    ErrorCode{"registry-unauthorized", "the registry wants to be logged in to, or forbids it"},
    ErrorCode{"registry-busy", "the registry answers no more requests for now"},
    ErrorCode{"registry-unreachable", "no answer comes from the registry"},
    ErrorCode{"registry-tls", "the registry cannot be trusted to be itself"},
    ErrorCode{"registry-forbidden", "the registry leads to where requests may not go"},
    ErrorCode{"registry-failure", "the registry fails, or says what cannot be"},
    ErrorCode{"content-mismatch", "content has another digest or size than it should"},
    ErrorCode{"credentials-unusable", "a file of credentials cannot be read"},
    ErrorCode{"cancelled", "somebody stopped it"},
};

[[nodiscard]] constexpr bool is_error_code(std::string_view name) noexcept {
    for (const ErrorCode& known : error_codes)
        if (known.name == name) return true;
    return false;
}

}  // namespace oci
