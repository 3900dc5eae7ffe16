// SPDX-License-Identifier: Apache-2.0
//
// The engine against the real kernel, in a user namespace: no privilege needed.
// Linked a second time with support/allocation_guard.cpp, which ends init if
// anything allocates between clone and execve.
#include "engine/launch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "container/start_gate.hpp"
#include "features/seccomp/filter.hpp"
#include "kernel/files.hpp"
#include "kernel/seccomp.hpp"
#include "kernel/socket.hpp"
#include "support/catch.hpp"

namespace {

using oci::Mount;
using oci::NamespaceKind;

/// A bundle of a static program and nothing else.
class Bundle {
public:
    Bundle() {
        char name[] = "/tmp/oci-rt-launch-XXXXXX";
        path_ = ::mkdtemp(name);
        const char* payload = std::getenv("OCI_RT_PAYLOAD");
        REQUIRE(payload != nullptr);
        std::filesystem::create_directories(path_ + "/rootfs/etc");
        std::filesystem::copy_file(payload, path_ + "/rootfs/payload");
        ::chmod(path_.c_str(), 0755);
    }
    Bundle(const Bundle&) = delete;
    Bundle& operator=(const Bundle&) = delete;
    ~Bundle() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

oci::Spec minimal_spec() {
    oci::Spec spec;
    spec.oci_version = "1.3.0";
    spec.root.path = "rootfs";
    spec.hostname = "box";
    spec.process.emplace();
    spec.process->args = {"/payload", "true"};
    spec.process->env = {"PATH=/"};
    spec.linux_section.namespaces = {{NamespaceKind::User, ""}, {NamespaceKind::Mount, ""},
                                     {NamespaceKind::Uts, ""},  {NamespaceKind::Pid, ""},
                                     {NamespaceKind::Ipc, ""},  {NamespaceKind::Network, ""}};
    spec.linux_section.uid_mappings = {{0, ::geteuid(), 1}};
    spec.linux_section.gid_mappings = {{0, ::getegid(), 1}};
    return spec;
}

/// Everything at once, so that every room's enter() runs under the allocation guard.
oci::Spec rich_spec() {
    oci::Spec spec = minimal_spec();
    spec.root.readonly = true;
    spec.mounts = {
        Mount{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}, {}, {}},
        Mount{"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755"}, {}, {}},
        Mount{"/dev/pts", "devpts", "devpts", {"newinstance", "ptmxmode=0666"}, {}, {}},
        Mount{"/dev/mqueue", "mqueue", "mqueue", {}, {}, {}},
        Mount{"/tmp/deep/er", "tmpfs", "tmpfs", {"ro"}, {}, {}},
        Mount{"/tmp/deep/er", "", "", {"remount", "size=1m", "nosuid"}, {}, {}},
        Mount{"/host", "bind", "/usr", {"rbind", "ro"}, {}, {}},
    };
    spec.linux_section.masked_paths = {"/proc/kcore", "/proc/scsi", "/no/such/path"};
    spec.linux_section.readonly_paths = {"/proc/sys", "/proc/bus"};
    spec.linux_section.sysctl = {{"net.ipv4.ip_forward", "1"}};
    spec.process->cwd = "/tmp";
    spec.process->terminal = true;
    spec.process->no_new_privileges = true;
    spec.process->capabilities.bounding = {"CAP_KILL", "CAP_CHOWN"};
    spec.process->capabilities.effective = {"CAP_KILL"};
    spec.process->capabilities.permitted = {"CAP_KILL"};
    spec.process->scheduler =
        oci::Scheduler{.policy = oci::SchedulerPolicy::Batch, .nice = 5, .flags = {}};
    spec.process->io_priority = oci::IoPriority{oci::IoPriorityClass::BestEffort, 6};
    spec.linux_section.memory_policy = oci::MemoryPolicy{oci::MemoryPolicyMode::Bind, "0", {}};
    spec.linux_section.personality = oci::PersonalityDomain::Linux;
    spec.hooks.create_container = {oci::Hook{"/bin/true", {}, {}, std::chrono::seconds{10}}};
    return spec;
}

/// create and start, as the verbs do it, without state and cgroup.
oci::Result<int> run(const oci::Spec& spec, const Bundle& bundle,
                     const oci::engine::TellAgent& tell_agent = {}) {
    const oci::host::Facts facts = oci::host::measure();
    oci::State state;
    state.oci_version = spec.oci_version;
    state.id = "launch-test";
    state.bundle = bundle.path();
    const oci::Settings settings{.cgroup_driver = oci::CgroupDriver::Disabled};
    oci::engine::Plan plan = OCI_TRY(oci::engine::make_plan(spec, facts, settings, {}, state));
    OCI_TRY(oci::engine::prepare(plan, facts));
    if (spec.linux_section.seccomp)
        OCI_TRY(oci::seccomp::prepare(plan.process.seccomp, *spec.linux_section.seccomp,
                                      oci::FdView{-1}));
    auto directory =
        oci::kernel::open_at(oci::kernel::here, bundle.path().c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(directory);
    (void)oci::container::start_gate::remove(directory.value());  // of a run before
    auto gate = oci::container::start_gate::make(directory.value());
    REQUIRE(gate);
    const oci::engine::Answers answers{.started = {},
                                       .run_hooks = [](pid_t) { return oci::Result<void>{}; }};
    const oci::engine::Launched launched = OCI_TRY(
        oci::engine::launch(plan, facts, oci::FdView{-1}, std::move(gate).value(), answers));
    auto connection = oci::container::start_gate::connect(directory.value());
    REQUIRE(connection);
    REQUIRE(oci::container::start_gate::remove(directory.value()));
    OCI_TRY(oci::engine::pass_start_gate(connection.value(), state.id, tell_agent));
    const auto exit = oci::kernel::wait_for_exit(launched.process.pidfd());
    REQUIRE(exit);
    return exit.value().status;
}

std::string text_of(const oci::Result<int>& result) {
    return result ? std::to_string(result.value()) : result.error().message;
}

}  // namespace

TEST_CASE("a minimal plan leads to a running payload") {
    const Bundle bundle;
    const auto ran = run(minimal_spec(), bundle);
    CHECK(text_of(ran) == "0");
}

TEST_CASE("a plan with every room leads to a running payload") {
    const Bundle bundle;
    const auto ran = run(rich_spec(), bundle);
    CHECK(text_of(ran) == "0");
}

TEST_CASE("the exit status of the payload arrives") {
    const Bundle bundle;
    oci::Spec spec = minimal_spec();
    spec.process->args = {"/payload", "exit", "42"};
    const auto ran = run(spec, bundle);
    CHECK(text_of(ran) == "42");
}

TEST_CASE("a failing step is reported with its subject") {
    const Bundle bundle;
    oci::Spec spec = minimal_spec();
    spec.mounts = {Mount{"/x", "nosuchfs", "none", {}, {}, {}}};
    const auto ran = run(spec, bundle);
    CHECK(text_of(ran) == "init: mounts /x (/mounts/0): fsopen: no such device");
}

TEST_CASE("a refused option is reported in the words of the kernel") {
    const Bundle bundle;
    oci::Spec spec = minimal_spec();
    spec.mounts = {Mount{"/x", "tmpfs", "none", {"frobnicate=1"}, {}, {}}};
    const auto ran = run(spec, bundle);
    CHECK(text_of(ran) ==
          "init: mounts /x (/mounts/0): tmpfs: Unknown parameter 'frobnicate': invalid argument");
}

TEST_CASE("what init may not do to its scheduler the parent tries, and explains") {
    const Bundle bundle;
    oci::Spec spec = minimal_spec();
    spec.process->scheduler =
        oci::Scheduler{.policy = oci::SchedulerPolicy::Fifo, .priority = 1, .flags = {}};
    const auto ran = run(spec, bundle);
    if (ran) return;  // as root of the machine
    CHECK_THAT(ran.error().message,
               Catch::Contains("/process/scheduler") && Catch::Contains("CAP_SYS_NICE"));
}

TEST_CASE("a missing program is reported in the words of engines") {
    const Bundle bundle;
    oci::Spec spec = minimal_spec();
    spec.process->args = {"nonesuch"};
    CHECK(text_of(run(spec, bundle)) == "exec: \"nonesuch\": executable file not found in $PATH");
    spec.process->args = {"/no/such"};
    CHECK(text_of(run(spec, bundle)) ==
          "exec: \"/no/such\": stat /no/such: no such file or directory");
    spec.process->args = {"/etc"};
    CHECK(text_of(run(spec, bundle)) == "exec: \"/etc\": permission denied");
}

TEST_CASE("a failing createContainer hook ends init") {
    const Bundle bundle;
    oci::Spec spec = minimal_spec();
    spec.hooks.create_container = {oci::Hook{"/bin/false", {}, {}, {}}};
    const auto ran = run(spec, bundle);
    REQUIRE_FALSE(ran);
    CHECK_THAT(ran.error().message, Catch::Contains("createContainer"));
}

namespace {

/// Asks its agent for a call that the payload does not make.
oci::Spec asking_spec(const Bundle& bundle) {
    oci::Spec spec = minimal_spec();
    spec.process->no_new_privileges = true;
    oci::Seccomp& seccomp = spec.linux_section.seccomp.emplace();
    seccomp.default_action = oci::SeccompAction::Allow;
    seccomp.rules = {{{"sethostname"}, oci::SeccompAction::Notify, {}, {}}};
    seccomp.listener_path = bundle.path() + "/agent";
    return spec;
}

oci::UniqueFd listen_in(const Bundle& bundle) {
    auto directory =
        oci::kernel::open_at(oci::kernel::here, bundle.path().c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(directory);
    auto agent =
        oci::kernel::listen_at(directory.value(), "agent", oci::kernel::SocketKind::Stream);
    REQUIRE(agent);
    return std::move(agent).value();
}

}  // namespace

TEST_CASE("the listener of a filter arrives before the payload runs") {
    if (oci::seccomp::compiler().version.empty()) return;
    const Bundle bundle;
    const oci::UniqueFd agent = listen_in(bundle);
    int told = 0;
    const auto ran = run(asking_spec(bundle), bundle, [&](oci::FdView listener) {
        ++told;
        CHECK(oci::kernel::require_seccomp_listener(listener));
        return oci::Result<void>{};
    });
    CHECK(text_of(ran) == "0");
    CHECK(told == 1);
}

TEST_CASE("a payload whose agent cannot be told does not run") {
    if (oci::seccomp::compiler().version.empty()) return;
    const Bundle bundle;
    const oci::UniqueFd agent = listen_in(bundle);
    const auto ran = run(asking_spec(bundle), bundle, [](oci::FdView) -> oci::Result<void> {
        return oci::Failure{oci::Error{oci::ErrorKind::System, "no agent"}};
    });
    CHECK(text_of(ran) == "no agent");
}
