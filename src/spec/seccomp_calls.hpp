// SPDX-License-Identifier: Apache-2.0
//
// The system calls of the default profiles, as facts: which are allowed to all,
// which to whom has a capability, which on which machine.
#pragma once

#include <array>
#include <string_view>

namespace oci::spec {

/// Names of every architecture; a runtime skips those that its machine or its
/// libseccomp does not have.
inline constexpr std::string_view common_calls =
    "accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown "
    "chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
    "clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect "
    "copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old "
    "epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit "
    "exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod "
    "fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr "
    "flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate "
    "ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat "
    "get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid "
    "geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid "
    "getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit "
    "getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr "
    "getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel "
    "io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl "
    "ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset "
    "landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr "
    "listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise "
    "map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat "
    "mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
    "mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget "
    "msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat "
    "_newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc "
    "pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 "
    "process_mrelease pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink "
    "readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr "
    "removexattrat rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction "
    "rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
    "rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min "
    "sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
    "sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop "
    "semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list "
    "set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 "
    "setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid "
    "setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid "
    "setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd "
    "signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 "
    "statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time "
    "timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
    "timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
    "timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat "
    "uretprobe utime utimensat utimensat_time64 utimes vfork wait4 waitid waitpid write writev";

/// Calls that are of no use without a capability.
struct Group {
    std::string_view capability;  ///< Without "CAP_".
    std::string_view calls;
};

/// clone and clone3 in full: they can make namespaces.
inline constexpr std::array docker_groups{
    Group{"DAC_READ_SEARCH", "open_by_handle_at"},
    Group{"SYS_ADMIN",
          "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount "
          "mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname "
          "sethostname setns syslog umount umount2 unshare"},
    Group{"SYS_BOOT", "reboot"},
    Group{"SYS_CHROOT", "chroot"},
    Group{"SYS_MODULE", "delete_module finit_module init_module"},
    Group{"SYS_PACCT", "acct"},
    Group{"SYS_PTRACE", "kcmp pidfd_getfd process_madvise"},
    Group{"SYS_RAWIO", "ioperm iopl"},
    Group{"SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
    Group{"SYS_TTY_CONFIG", "vhangup"},
    Group{"SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    Group{"SYSLOG", "syslog"},
    Group{"BPF", "bpf"},
    Group{"PERFMON", "perf_event_open"},
};

inline constexpr std::array podman_groups{
    Group{"DAC_READ_SEARCH", "open_by_handle_at"},
    Group{"SYS_ADMIN",
          "bpf fanotify_init lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname "
          "sethostname"},
    Group{"SYS_CHROOT", "chroot"},
    Group{"SYS_MODULE", "delete_module finit_module init_module query_module"},
    Group{"SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    Group{"SYS_PACCT", "acct"},
    Group{"SYS_PTRACE", "kcmp process_madvise process_vm_readv process_vm_writev ptrace"},
    Group{"SYS_RAWIO", "ioperm iopl"},
    Group{"SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
    Group{"SYS_TTY_CONFIG", "vhangup"},
};

/// ptrace(2) cannot leave the filter since Linux 4.8.
inline constexpr std::string_view docker_calls =
    "process_vm_readv process_vm_writev ptrace vmsplice";

/// Namespaces may be made: the kernel asks for the capability itself.
inline constexpr std::string_view podman_calls =
    "clone clone3 fsconfig fsmount fsopen fspick keyctl mount mount_setattr move_mount open_tree "
    "pidfd_getfd pivot_root readdir reboot setns syslog umount umount2 unshare";

/// What exists and is refused; all else answers as a kernel without it would.
inline constexpr std::string_view podman_refused =
    "bdflush kexec_file_load kexec_load migrate_pages move_pages nfsservctl nice oldfstat "
    "oldlstat oldolduname oldstat olduname pciconfig_iobase pciconfig_read pciconfig_write "
    "sgetmask ssetmask swapcontext swapoff swapon sysfs uselib userfaultfd ustat vm86 vm86old "
    "vmsplice";

struct Machine {
    std::string_view name;
    std::string_view architectures;  ///< The first is its own, the others it runs too.
    std::string_view calls;
};

inline constexpr std::array machines{
    Machine{"x86_64", "SCMP_ARCH_X86_64 SCMP_ARCH_X86 SCMP_ARCH_X32", "arch_prctl modify_ldt"},
    Machine{"aarch64", "SCMP_ARCH_AARCH64 SCMP_ARCH_ARM",
            "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"},
    Machine{"riscv64", "SCMP_ARCH_RISCV64", "riscv_flush_icache"},
    Machine{"ppc64le", "SCMP_ARCH_PPC64LE", "sync_file_range2"},
    Machine{"s390x", "SCMP_ARCH_S390X SCMP_ARCH_S390",
            "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"},
    Machine{"loongarch64", "SCMP_ARCH_LOONGARCH64", ""},
};

}  // namespace oci::spec
