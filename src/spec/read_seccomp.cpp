// SPDX-License-Identifier: Apache-2.0
#include "base/words.hpp"
#include "spec/read_sections.hpp"

namespace oci::spec {
namespace {

Result<void> read_argument(const Place& place, SeccompArgument& argument) {
    OCI_TRY(required(place, "index", argument.index));
    OCI_TRY(required(place, "value", argument.value));
    OCI_TRY(field(place, "valueTwo", argument.value_two));
    return required_name(place, "op", words::seccomp_operators, argument.op);
}

Result<void> read_rule(const Place& place, SeccompRule& rule) {
    OCI_TRY(required(place, "names", rule.names));
    OCI_TRY(required_name(place, "action", words::seccomp_actions, rule.action));
    OCI_TRY(field(place, "errnoRet", rule.errno_ret));
    return list(place, "args", rule.arguments, read_argument);
}

}  // namespace

Result<void> read_seccomp_section(const Place& place, Seccomp& seccomp) {
    OCI_TRY(required_name(place, "defaultAction", words::seccomp_actions, seccomp.default_action));
    OCI_TRY(field(place, "defaultErrnoRet", seccomp.default_errno_ret));
    OCI_TRY(field(place, "architectures", seccomp.architectures));
    OCI_TRY(field(place, "flags", seccomp.flags));
    OCI_TRY(field(place, "listenerPath", seccomp.listener_path));
    OCI_TRY(field(place, "listenerMetadata", seccomp.listener_metadata));
    return list(place, "syscalls", seccomp.rules, read_rule);
}

}  // namespace oci::spec
