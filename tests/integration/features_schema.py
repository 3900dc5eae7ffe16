# SPDX-License-Identifier: Apache-2.0
"""What runtime-spec 1.3 allows in a features document, and a checker for rules of that form.

A rule is: a type; a set of words; a pattern; a list with the rule of its items; an object of rules, where "!"
behind a name says that it must be there, and the name "*" stands for all others.
"""

import re

VERSION = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"


def words(prefix, text):
    return {prefix + word for word in text.split()}


ENABLED = {"enabled": bool}
ARCHITECTURES = words("SCMP_ARCH_", """X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32
    PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB""")
FLAGS = words("SECCOMP_FILTER_FLAG_", "TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV")

LINUX = {
    "namespaces": [words("", "mount pid network uts ipc user cgroup time")],
    "capabilities": ["^CAP_[A-Z_]+$"],
    "cgroup": {name: bool for name in ("v1", "v2", "systemd", "systemdUser", "rdma")},
    "seccomp": {
        "enabled": bool,
        "actions": [words("SCMP_ACT_", "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY")],
        "operators": [words("SCMP_CMP_", "NE LT LE EQ GE GT MASKED_EQ")],
        "archs": [ARCHITECTURES],
        "knownFlags": [FLAGS],
        "supportedFlags": [FLAGS],
    },
    "apparmor": ENABLED,
    "selinux": ENABLED,
    "intelRdt": {"enabled": bool, "schemata": bool, "monitoring": bool},
    "memoryPolicy": {
        "modes": [words("MPOL_", "DEFAULT BIND INTERLEAVE WEIGHTED_INTERLEAVE PREFERRED PREFERRED_MANY LOCAL")],
        "flags": [words("MPOL_F_", "NUMA_BALANCING RELATIVE_NODES STATIC_NODES")],
    },
    "mountExtensions": {"idmap": ENABLED},
    "netDevices": ENABLED,
}

FEATURES = {
    "ociVersionMin!": VERSION,
    "ociVersionMax!": VERSION,
    "hooks": [words("", "prestart createRuntime createContainer startContainer poststart poststop")],
    "mountOptions": [str],
    "annotations": {"*": str},
    "potentiallyUnsafeConfigAnnotations": [str],
    "linux": LINUX,
}


def _object(value, rule, place):
    if not isinstance(value, dict):
        yield f"{place}: not an object"
        return
    rules = {name.rstrip("!"): each for name, each in rule.items()}
    for name in rule:
        if name.endswith("!") and name[:-1] not in value:
            yield f"{place}/{name[:-1]}: missing"
    for name, member in value.items():
        if (known := rules.get(name, rules.get("*"))) is None:
            yield f"{place}/{name}: not in the specification"
        else:
            yield from problems(member, known, f"{place}/{name}")


def problems(value, rule=None, place=""):
    """A line for each offence. Absent and null are the same where nothing says "!"."""
    rule = FEATURES if rule is None else rule
    if isinstance(rule, dict):
        yield from _object(value, rule, place)
    elif isinstance(rule, list):
        if not isinstance(value, list):
            yield f"{place}: not a list"
            return
        for index, item in enumerate(value):
            yield from problems(item, rule[0], f"{place}/{index}")
    elif isinstance(rule, set):
        if value not in rule:
            yield f"{place}: {value!r} is none of its words"
    elif isinstance(rule, str):
        if not isinstance(value, str) or not re.search(rule, value):
            yield f"{place}: {value!r} does not look like {rule}"
    elif not isinstance(value, rule):
        yield f"{place}: {value!r} is no {rule.__name__}"
