#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that nothing calls what walks a path by its name, asks the user database, reads numbers loosely, or starts a shell.

usage: check_calls.py SOURCE_ROOT [BUILD_ROOT]
The text says what is written; the objects of a build say what is called, also by what a header brings along.
"""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import common

KERNEL = "belongs to src/kernel"
# Why each is banned: the names, as C knows them (…64, __…_chk and __isoc23_… are the same call).
BANNED = {
    "the mounts are built by handles": "mount umount",
    "opens by name: kernel/files and kernel/path_in_root do": "open openat creat fopen freopen opendir",
    "walks a path by its name": (
        "stat lstat access faccessat eaccess mkdir rmdir unlink remove rename symlink link chmod chown lchown truncate mknod "
        "mkfifo utime utimes statfs statvfs readlink realpath canonicalize_file_name chdir chroot glob nftw fts_open acct "
        "setxattr lsetxattr getxattr lgetxattr removexattr lremovexattr listxattr llistxattr"),
    "a name that others can guess": "tmpnam tempnam mktemp mkstemp mkostemp mkdtemp tmpfile",
    "starts a shell, or what PATH finds": "system popen wordexp execlp execvp execvpe posix_spawnp",
    "loads code": "dlopen dlsym dlmopen iconv_open",
    "asks NSS, which loads code and reads files": (
        "getpwnam getpwnam_r getpwuid getpwuid_r getpwent getgrnam getgrnam_r getgrgid getgrgid_r getgrent getgrouplist "
        "initgroups getspnam gethostbyname gethostbyaddr getaddrinfo getservbyname getlogin"),
    "reads numbers loosely: base/text does it": (
        "strtol strtoul strtoll strtoull strtoimax strtoumax strtod strtof strtold atoi atol atoll atof sscanf fscanf scanf "
        "vsscanf"),
    "a locale": "setlocale newlocale uselocale localeconv",
    "writes beyond its buffer": "sprintf vsprintf strcpy strcat stpcpy gets strncpy strncat",
    "an expression of others may take for ever": "regcomp",
    "waits for threads that are not there after a clone": (
        "setuid seteuid setreuid setresuid setgid setegid setregid setresgid setgroups capset cap_set_proc fork vfork"),
    "the environment is its caller's": "getenv secure_getenv setenv putenv clearenv",
    KERNEL: (
        "syscall mkdirat mknodat symlinkat linkat unlinkat renameat renameat2 fchmodat fchownat readlinkat fstatat statx fchdir "
        "umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr setns unshare clone execve "
        "execveat fexecve kill prctl ptrace inotify_add_watch fsetxattr fremovexattr sethostname setdomainname prlimit"),
    "random numbers that are none": "rand srand random srandom rand_r drand48",
}
# C++'s own, by the beginning of the mangled name.
MANGLED = {
    "std::filesystem": r"_ZN[VK]*St10filesystem", "std::regex": r"_Z\w*St\w*11basic_regex", "std::thread": r"_ZNSt6thread",
    "streams": r"_ZN?S[a-z]*(4cout|4cerr|4clog|3cin|14basic_[io]fstream|13basic_fstream|8ios_base4Init)",
    "std::random_device": r"_ZNSt13random_device",
}

COMMAND_LINE = "getenv access strtoll strtoull strtold std::filesystem streams"
CLI11 = "CLI11 reads our own command line; what it yields goes through parsers of ours"
JSON = "nlohmann/json, behind its own grammar"

# Who may call which nevertheless, and why. A name that ends in / is all below it.
EXCEPTIONS = (
    ("src/kernel/", BANNED[KERNEL], "one function for each"),
    ("src/kernel/files.cpp", "openat", "open_at(): always close-on-exec"),
    ("src/kernel/process.cpp", "chdir chroot", "for init, behind pivot_root or on its way there"),
    ("src/kernel/overlay.cpp", "mount", "overlays of the image store, between folders of its own"),
    ("src/base/fmt.cpp", "std::locale", "what {fmt} has in its own headers: no locale but C is ever set"),
    ("src/cli/parser.cpp", COMMAND_LINE, CLI11),
    ("src/cli/environment.cpp", "getenv", "the one place of the runtime that reads it, before anything is done"),
    ("src/cli/libexec_program.cpp", "getenv", "where the other programs are: for tests and packagers"),
    ("src/cli/ps_table.cpp", "posix_spawnp", "ps(1), by the caller's PATH and outside of every container"),
    ("src/cli/id_pattern.cpp", "regcomp", "the caller's own pattern"),
    ("src/spec/json.cpp", "strtoll strtoull strtod localeconv", JSON),
    ("src/container/record.cpp", "strtoll strtoull strtod localeconv", JSON),
    ("src/features/cgroups/systemd/manager.cpp", "secure_getenv", "where the bus of the user is"),
    ("src/monitor/launch.cpp", "getenv kill", "whether serve has started it; signal 0 to a pid that one of ours has been"),
    ("src/image/program/call.cpp", COMMAND_LINE, CLI11),
    ("src/image/program/main.cpp", "getenv", "read once, for all that follows"),
    ("src/image/program/container_network.cpp", "getenv", "where networks are remembered: for tests and packagers"),
    ("src/network/main.cpp", "getenv", "the same"),
    ("src/network/nftables.cpp", "dlopen dlsym <dlfcn.h>", "libnftables: by its name, on the host, where there are rules to set"),
    ("src/image/registry/credentials.cpp", "getenv", "where the caller's credentials are"),
    ("src/image/sources/libarchive.cpp", "dlopen dlsym <dlfcn.h>", "libarchive, before a byte is read"),
    ("src/image/unpack/path_set.cpp", "std::random_device", "so that nobody can choose names whose hashes collide"),
    ("src/serve/program/call.cpp", COMMAND_LINE, CLI11),
    ("src/serve/program/main.cpp", "getenv setenv", "read once; what monitors are told"),
    ("src/serve/program/listeners.cpp", "getenv", "sockets of systemd"),
    ("src/serve/http/codec.cpp", "strncpy", "Boost's parser; not called by it for what a client says"),
    ("src/client/call.cpp", COMMAND_LINE, CLI11),
    ("src/client/main.cpp", "getenv", "read once"),
)

SPELLED = re.compile(r"(?<![\w.>:])(?:::|std::)?(mount|system|popen|realpath|setlocale|dlopen|tmpnam|mktemp|sprintf|strcpy|"
                     r"strcat|"
                     r"(?:getpwnam|getpwuid|getgrnam|getgrgid)(?:_r)?|strto(?:l|ul|ll|ull|imax|umax|d|f|ld)|"
                     r"ato(?:i|l|ll|f)|[sf]?scanf|mkstemp|gets|regcomp)\s*\(")
SPELLED_STD = re.compile(r"\bstd::(filesystem|regex|locale|thread|sto(?:i|l|ul|ll|ull|d|f)|[io]?fstream|cout|cerr|cin)\b")
TRUNCATES = re.compile(r"\bO_TRUNC\b")
HEADER = re.compile(r"#\s*include\s*<(filesystem|iostream|fstream|sstream|ostream|istream|iomanip|locale|regex|dlfcn\.h|pwd\.h|"
                    r"grp\.h|netdb\.h|wordexp\.h|glob\.h|ftw\.h|fts\.h|cstdlib|stdlib\.h)>")
# Those of <cstdlib> are seen by name.
HARMLESS_HEADERS = {"cstdlib", "stdlib.h"}


def plain(symbol):
    """open64 and __open64_2 and __sprintf_chk and __isoc23_strtol, as they are called in a program."""
    name = re.sub(r"^__(?:isoc\d+_)?(?=[a-z])", "", symbol.split("@")[0])
    return re.sub(r"(?:_chk|64|_2)+$", "", name)


REASON = {name: why for why, names in BANNED.items() for name in names.split()}


def allowed(name, call):
    return any((name == place or place.endswith("/") and name.startswith(place)) and call in calls.split()
               for place, calls, _ in EXCEPTIONS)


def check_text(name, text):
    for number, line in enumerate(common.code_of(text).split("\n"), 1):
        found = [match[1] for match in SPELLED.finditer(line)]
        found += [f"std::{match[1]}" for match in SPELLED_STD.finditer(line)]
        found += ["O_TRUNC"] * bool(TRUNCATES.search(line))
        found += [f"<{match[1]}>" for match in HEADER.finditer(line) if match[1] not in HARMLESS_HEADERS]
        for call in found:
            if not allowed(name, call):
                yield f"{name}:{number}: {call} is banned: {REASON.get(call, 'see check_calls.py')}"


def undefined(objects):
    """(object, symbol): what each needs from elsewhere."""
    for at in range(0, len(objects), 200):
        done = subprocess.run(["nm", "-uA", *objects[at:at + 200]], check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            place, _, symbol = line.rpartition(" ")
            yield place.split(":")[0], symbol


def check_objects(root, build):
    """The problems, and how many objects were looked at. Whatever is not built is not looked at."""
    sources = {path.relative_to(root / "src").as_posix().replace("/", "_") + ".o": path.relative_to(root).as_posix()
               for path in common.files(root, "src", suffixes=(".cpp",))}
    objects = [path for path in sorted(pathlib.Path(build).glob("src/*.p/*.o")) if path.name in sources]
    problems = set()
    for place, symbol in undefined([str(path) for path in objects]):
        name, call = sources[pathlib.Path(place).name], plain(symbol)
        if call not in REASON:
            call = next((said for said, pattern in MANGLED.items() if re.match(pattern, symbol)), None)
        if call and not allowed(name, call):
            problems.add(f"{name} calls {call}: {REASON.get(call, 'banned')}")
    return sorted(problems), len(objects)


def check_exceptions(root):
    for name, calls, why in EXCEPTIONS:
        if not (root / name).exists():
            yield f"check_calls.py: {name} has an exception ({calls}), but is not there"
        if not why:
            yield f"check_calls.py: {name}: an exception has a reason"


def check(root, build=None):
    root = pathlib.Path(root)
    problems, texts, objects = [], 0, 0
    for path in common.files(root, "src", "include"):
        problems += check_text(path.relative_to(root).as_posix(), path.read_text())
        texts += 1
    if not texts:
        problems.append("no source was checked")
    if build:
        problems += check_exceptions(root)
        found, objects = check_objects(root, build)
        problems += found or ([] if objects else ["no object was looked at"])
    return problems, texts, objects


if __name__ == "__main__":
    found, texts, objects = check(*sys.argv[1:])
    sys.exit(common.report(found, f"{texts} files and {objects} objects call nothing that is banned"))
