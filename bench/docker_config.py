# SPDX-License-Identifier: Apache-2.0
"""The config.json dockerd writes for a plain `docker run` on x86_64 with cgroup v2."""

import os

CAPABILITIES = [
    "CAP_" + name
    for name in (
        "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
        " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    ).split()
]

# What any process may call; names of other architectures and newer kernels included, as in
# the profile: runtimes must skip what they do not know.
ALLOWED_SYSCALLS = """
accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32
clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2
dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64
fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat
fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64
fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64
futex_wait futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64 getegid getegid32
geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp
getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit
get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday
getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init inotify_init1
inotify_rm_watch io_cancel ioctl io_destroy io_getevents io_pgetevents io_pgetevents_time64
ioprio_get ioprio_set io_setup io_submit ipc kill landlock_add_rule landlock_create_ruleset
landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr
listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise
map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock
mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget
msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat _newselect
open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free
pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease
pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv
recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename
renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_get_priority_max
sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select
semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg
sendto setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer
setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
setreuid32 setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid
setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4
sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 statmount statx
symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete
timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate
truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64
utimes vfork vmsplice wait4 waitid waitpid write writev
""".split()

# PER_LINUX, PER_LINUX32's neighbours and "only ask", as the profile lists them.
ALLOWED_PERSONALITIES = (0x0, 0x0008, 0x20000, 0x20008, 0xFFFFFFFF)

# AF_VSOCK (40) and AF_ALG (38) stay closed.
ALLOWED_SOCKET_FAMILIES = ((38, "SCMP_CMP_LT"), (39, "SCMP_CMP_EQ"), (40, "SCMP_CMP_GT"))

# Every CLONE_NEW* flag but CLONE_NEWTIME, which clone(2) cannot take.
NAMESPACE_FLAGS = 0x7E020000
ENOSYS = 38


def allow(names, *arguments):
    group = {"names": list(names), "action": "SCMP_ACT_ALLOW"}
    if arguments:
        group["args"] = list(arguments)
    return group


def argument(value, operator, value_two=None):
    compared = {"index": 0, "value": value, "op": operator}
    if value_two is not None:
        compared["valueTwo"] = value_two
    return compared


def seccomp():
    groups = [allow(ALLOWED_SYSCALLS), allow(["process_vm_readv", "process_vm_writev", "ptrace"])]
    groups += [
        allow(["socket"], argument(family, operator))
        for family, operator in ALLOWED_SOCKET_FAMILIES
    ]
    groups += [
        allow(["personality"], argument(value, "SCMP_CMP_EQ")) for value in ALLOWED_PERSONALITIES
    ]
    groups += [
        allow(["arch_prctl"]),
        allow(["modify_ldt"]),
        allow(["clone"], argument(NAMESPACE_FLAGS, "SCMP_CMP_MASKED_EQ", 0)),
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS},
        allow(["chroot"]),
    ]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": groups,
    }


def device_rules():
    rules = [{"allow": False, "access": "rwm"}]
    for major, minor in ((1, 5), (1, 3), (1, 9), (1, 8), (5, 0), (5, 1)):
        rules.append(
            {"allow": True, "type": "c", "major": major, "minor": minor, "access": "rwm"}
        )
    rules.append({"allow": False, "type": "c", "major": 10, "minor": 229, "access": "rwm"})
    return rules


def mounts(files):
    def mount(destination, kind, source, *options):
        return {
            "destination": destination,
            "type": kind,
            "source": source,
            "options": list(options),
        }

    plain = ("nosuid", "noexec", "nodev")
    table = [
        mount("/proc", "proc", "proc", *plain),
        mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance",
              "ptmxmode=0666", "mode=0620", "gid=5"),
        mount("/sys", "sysfs", "sysfs", *plain, "ro"),
        mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", *plain),
        mount("/dev/mqueue", "mqueue", "mqueue", *plain),
        mount("/dev/shm", "tmpfs", "shm", *plain, "mode=1777", "size=67108864"),
    ]
    for name in ("resolv.conf", "hostname", "hosts"):
        table.append(mount(f"/etc/{name}", "bind", f"{files}/{name}", "rbind", "rprivate"))
    return table


def masked_paths():
    names = (
        "acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list timer_stats"
    ).split()
    cpus = (f"/sys/devices/system/cpu/cpu{n}/thermal_throttle" for n in range(os.cpu_count() or 1))
    return (
        [f"/proc/{name}" for name in names]
        + ["/sys/devices/virtual/powercap", "/sys/firmware"]
        + [path for path in cpus if os.path.exists(path)]
    )


def docker_config(rootfs, files, arguments):
    """rootfs: absolute path; files: folder of resolv.conf, hostname and hosts."""
    hostname = "0123456789ab"
    return {
        "ociVersion": "1.2.1",
        "process": {
            "user": {"uid": 0, "gid": 0, "additionalGids": [0]},
            "args": list(arguments),
            "env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                f"HOSTNAME={hostname}",
            ],
            "cwd": "/",
            "capabilities": {
                kind: list(CAPABILITIES) for kind in ("bounding", "effective", "permitted")
            },
            "oomScoreAdj": 0,
        },
        "root": {"path": rootfs},
        "hostname": hostname,
        "mounts": mounts(files),
        "linux": {
            "sysctl": {
                "net.ipv4.ip_unprivileged_port_start": "0",
                "net.ipv4.ping_group_range": "0 2147483647",
            },
            # dockerd adds cpu, memory and blockIO without values in them; crun fails on a mere
            # blockIO where the host has no io controller.
            "resources": {"devices": device_rules()},
            "cgroupsPath": "/docker/bench",
            "namespaces": [
                {"type": kind} for kind in ("mount", "network", "uts", "pid", "ipc", "cgroup")
            ],
            "seccomp": seccomp(),
            "maskedPaths": masked_paths(),
            "readonlyPaths": [
                f"/proc/{name}" for name in ("bus", "fs", "irq", "sys", "sysrq-trigger")
            ],
        },
    }
