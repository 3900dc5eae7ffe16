// SPDX-License-Identifier: Apache-2.0
//
// config.json (runtime-spec 1.3) as plain values. Defaults are resolved on
// reading: std::optional stands only where absent differs from every value.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace oci {

// ---- process ----------------------------------------------------------------

/// Rows and columns of a terminal; 0 means "not given".
struct ConsoleSize {
    std::uint16_t height = 0;
    std::uint16_t width = 0;
};

struct User {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t umask = 022;
    std::vector<std::uint32_t> additional_gids;
};

/// Names as written ("CAP_KILL"). A set that is absent is empty.
struct Capabilities {
    std::vector<std::string> bounding;
    std::vector<std::string> effective;
    std::vector<std::string> permitted;
    std::vector<std::string> inheritable;
    std::vector<std::string> ambient;
};

struct Rlimit {
    std::string type;  ///< "RLIMIT_NOFILE", one of a known list.
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

enum class SchedulerPolicy : std::uint8_t {
    Other,
    Fifo,
    RoundRobin,
    Batch,
    Iso,
    Idle,
    Deadline,
};

enum class SchedulerFlag : std::uint8_t {
    ResetOnFork,
    Reclaim,
    DeadlineOverrun,
    KeepPolicy,
    KeepParameters,
    UtilClampMinimum,
    UtilClampMaximum,
};

/// See sched_setattr(2). 0 stands for "not given" in all numbers.
struct Scheduler {
    SchedulerPolicy policy{};
    std::int32_t nice = 0;
    std::int32_t priority = 0;
    std::vector<SchedulerFlag> flags;
    std::uint64_t runtime = 0;  ///< Nanoseconds, as are the next two.
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
};

enum class IoPriorityClass : std::uint8_t { RealTime, BestEffort, Idle };

struct IoPriority {
    IoPriorityClass priority_class{};
    std::int32_t priority = 0;  ///< 0 (highest) to 7.
};

/// Lists of processors as in cpuset(7), "0-3,7"; empty: not given.
struct ExecCpuAffinity {
    std::string initial;  ///< Until the process is in the container's cgroup.
    std::string final;    ///< From then on.
};

struct Process {
    bool terminal = false;
    ConsoleSize console_size;
    User user;
    std::vector<std::string> args;
    std::vector<std::string> env;  ///< "NAME=value", names not empty.
    std::string cwd = "/";
    Capabilities capabilities;  ///< The whole object absent: all sets empty.
    std::vector<Rlimit> rlimits;
    bool no_new_privileges = false;
    std::optional<int> oom_score_adj;
    std::string apparmor_profile;
    std::string selinux_label;
    std::optional<Scheduler> scheduler;
    std::optional<IoPriority> io_priority;
    ExecCpuAffinity exec_cpu_affinity;
};

// ---- root, mounts, hooks ------------------------------------------------------

struct Root {
    std::string path;  ///< As written: absolute, or relative to the bundle.
    bool readonly = false;
};

struct IdMapping {
    std::uint32_t container_id = 0;
    std::uint32_t host_id = 0;
    std::uint32_t size = 0;
};

struct Mount {
    std::string destination;
    std::string type;
    std::string source;
    std::vector<std::string> options;
    std::vector<IdMapping> uid_mappings;
    std::vector<IdMapping> gid_mappings;
};

struct Hook {
    std::string path;               ///< Absolute.
    std::vector<std::string> args;  ///< Empty: argv is {path}.
    std::vector<std::string> env;
    std::optional<std::chrono::seconds> timeout;
};

struct Hooks {
    std::vector<Hook> prestart;
    std::vector<Hook> create_runtime;
    std::vector<Hook> create_container;
    std::vector<Hook> start_container;
    std::vector<Hook> poststart;
    std::vector<Hook> poststop;
};

// ---- linux ----------------------------------------------------------------------

enum class NamespaceKind : std::uint8_t { Pid, Network, Mount, Ipc, Uts, User, Cgroup, Time };

struct Namespace {
    NamespaceKind kind{};
    std::string path;  ///< Empty: create a new one.
};

/// timeOffsets: what to add to a clock in a new time namespace.
struct TimeOffset {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
};

struct Device {
    char type = 'c';  ///< 'c', 'b' or 'p'; "u" is read as 'c'.
    std::string path;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t file_mode = 0666;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

enum class Propagation : std::uint8_t { Unset, Private, Slave, Shared, Unbindable };

enum class SeccompAction : std::uint8_t {
    Kill,
    KillProcess,
    KillThread,
    Trap,
    Errno,
    Trace,
    Allow,
    Log,
    Notify,
};

enum class SeccompOperator : std::uint8_t {
    NotEqual,
    LessThan,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    GreaterThan,
    MaskedEqual,
};

struct SeccompArgument {
    std::uint32_t index = 0;
    std::uint64_t value = 0;
    std::uint64_t value_two = 0;
    SeccompOperator op{};
};

struct SeccompRule {
    std::vector<std::string> names;
    SeccompAction action{};
    std::optional<std::uint32_t> errno_ret;
    std::vector<SeccompArgument> arguments;
};

struct Seccomp {
    SeccompAction default_action{};
    std::optional<std::uint32_t> default_errno_ret;
    std::vector<std::string> architectures;         ///< "SCMP_ARCH_X86_64"
    std::optional<std::vector<std::string>> flags;  ///< Absent: the runtime's default.
    std::vector<SeccompRule> rules;
    std::string listener_path;
    std::string listener_metadata;
};

/// personality(2). The specification defines no flags: there are none here.
enum class PersonalityDomain : std::uint8_t { Linux, Linux32 };

enum class MemoryPolicyMode : std::uint8_t {
    Default,
    Preferred,
    Bind,
    Interleave,
    Local,
    PreferredMany,
    WeightedInterleave,
};

enum class MemoryPolicyFlag : std::uint8_t { NumaBalancing, RelativeNodes, StaticNodes };

/// set_mempolicy(2).
struct MemoryPolicy {
    MemoryPolicyMode mode{};
    std::string nodes;  ///< "0-3,7"; empty: none.
    std::vector<MemoryPolicyFlag> flags;
};

/// A network device of the host that moves into the container.
struct NetDevice {
    std::string host_name;
    std::string name;  ///< In the container; empty: the host's. May hold one "%d".
};

/// resctrl(5) of the kernel's documentation: cache and memory bandwidth.
struct IntelRdt {
    std::string clos_id;                ///< Empty: the container's id.
    std::vector<std::string> schemata;  ///< Lines, written last and as they are.
    std::string l3_cache_schema;
    std::string mem_bw_schema;
    bool enable_monitoring = false;
};

// ---- linux.resources ------------------------------------------------------------

/// -1 means unlimited wherever a limit is signed.
struct MemoryResources {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> reservation;
    std::optional<std::int64_t> swap;  ///< memory + swap together.
    bool check_before_update = false;
};

struct CpuResources {
    std::optional<std::uint64_t> shares;
    std::optional<std::int64_t> quota;
    std::optional<std::uint64_t> burst;
    std::optional<std::uint64_t> period;
    std::optional<std::int64_t> idle;
    std::string cpus;
    std::string mems;
};

/// One rule for device access; type 'a' stands for all.
struct DeviceRule {
    bool allow = false;
    char type = 'a';
    std::optional<std::int64_t> major;  ///< Absent: any.
    std::optional<std::int64_t> minor;
    bool read = false;
    bool write = false;
    bool make_node = false;
};

struct WeightDevice {
    std::int64_t major = 0;
    std::int64_t minor = 0;
    std::uint16_t weight = 0;
};

struct ThrottleDevice {
    std::int64_t major = 0;
    std::int64_t minor = 0;
    std::uint64_t rate = 0;
};

struct BlockIoResources {
    std::optional<std::uint16_t> weight;
    std::vector<WeightDevice> weight_devices;
    std::vector<ThrottleDevice> read_bytes;
    std::vector<ThrottleDevice> write_bytes;
    std::vector<ThrottleDevice> read_operations;
    std::vector<ThrottleDevice> write_operations;
};

struct HugepageLimit {
    std::string page_size;  ///< "2MB"
    std::uint64_t limit = 0;
};

struct RdmaLimit {
    std::string device;
    std::optional<std::uint32_t> hca_handles;
    std::optional<std::uint32_t> hca_objects;
};

struct Resources {
    MemoryResources memory;
    CpuResources cpu;
    std::optional<std::int64_t> pids_limit;
    BlockIoResources block_io;
    std::vector<HugepageLimit> hugepage_limits;
    std::vector<RdmaLimit> rdma;
    std::optional<std::vector<DeviceRule>> devices;
    std::vector<std::pair<std::string, std::string>> unified;  ///< In the order of the file.
    /// Fields that were given but exist in cgroup v1 only, as JSON pointers.
    std::vector<std::string> ignored;
};

struct Linux {
    std::vector<Namespace> namespaces;
    std::vector<IdMapping> uid_mappings;
    std::vector<IdMapping> gid_mappings;
    std::optional<TimeOffset> monotonic_offset;
    std::optional<TimeOffset> boottime_offset;
    std::vector<Device> devices;
    std::string cgroups_path;
    Resources resources;
    Propagation rootfs_propagation = Propagation::Unset;
    bool rootfs_propagation_recursive = false;  ///< "rslave" and the like.
    std::optional<Seccomp> seccomp;
    std::vector<std::pair<std::string, std::string>> sysctl;
    std::vector<std::string> masked_paths;
    std::vector<std::string> readonly_paths;
    std::string mount_label;
    std::optional<PersonalityDomain> personality;
    std::optional<MemoryPolicy> memory_policy;
    std::vector<NetDevice> net_devices;
    std::optional<IntelRdt> intel_rdt;
};

// ---- the whole --------------------------------------------------------------------

struct Spec {
    std::string oci_version;
    std::optional<Process> process;  ///< May be absent until start.
    Root root;
    std::string hostname;
    std::string domainname;
    std::vector<Mount> mounts;
    Hooks hooks;
    std::map<std::string, std::string> annotations;
    Linux linux_section;  ///< Named so because gnu++20 defines "linux" as a macro.
};

/// Whether the container has a namespace of this kind that is not the caller's.
[[nodiscard]] inline const Namespace* find_namespace(const Spec& spec, NamespaceKind kind) {
    for (const Namespace& entry : spec.linux_section.namespaces)
        if (entry.kind == kind) return &entry;
    return nullptr;
}

}  // namespace oci
