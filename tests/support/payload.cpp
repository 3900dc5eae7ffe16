// SPDX-License-Identifier: Apache-2.0
#include "payload.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace payload {
namespace {

struct Call {
    std::string_view name;
    long (*attempt)();
};

constexpr std::array calls{
    Call{"mount", [] { return long{::mount("none", "/tmp", "tmpfs", 0, nullptr)}; }},
    Call{"umount", [] { return long{::umount2("/proc", MNT_DETACH)}; }},
    Call{"remount_rw", [] { return long{::mount("", "/", "", MS_REMOUNT | MS_BIND, nullptr)}; }},
    Call{"remount_data",
         [] { return long{::mount("", "/data", "", MS_REMOUNT | MS_BIND, nullptr)}; }},
    Call{"mkdir", [] { return long{::mkdir("/made-by-payload", 0755)}; }},
    Call{"getppid", [] { return ::syscall(SYS_getppid); }},
    Call{"getcwd",
         [] {
             std::array<char, 4096> path{};
             return ::syscall(SYS_getcwd, path.data(), path.size());
         }},
    Call{"unshare", [] { return long{::unshare(CLONE_NEWNS)}; }},
    Call{"unshare_user", [] { return long{::unshare(CLONE_NEWUSER)}; }},
    Call{"ptrace", [] { return long{::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)}; }},
    Call{"keyctl", [] { return ::syscall(SYS_keyctl, 0, -3, 0); }},
    Call{"mknod", [] { return long{::mknod("/made-node", S_IFCHR | 0600, ::makedev(1, 3))}; }},
    Call{"mknod_odd", [] { return long{::mknod("/odd", S_IFCHR | 0600, ::makedev(240, 77))}; }},
    Call{"open_odd", [] { return long{::open("/odd", O_RDONLY | O_NONBLOCK)}; }},
    Call{"chroot", [] { return long{::chroot("/")}; }},
    Call{"reboot", [] { return ::syscall(SYS_reboot, 0xfee1dead, 672274793, 0, nullptr); }},
    Call{"bpf", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
    Call{"swapon", [] { return ::syscall(SYS_swapon, "/none", 0); }},
    Call{"init_module", [] { return ::syscall(SYS_init_module, nullptr, 0, ""); }},
    Call{"setuid0", [] { return long{::setuid(0)}; }},
    Call{"chown", [] { return long{::chown("/", 0, 0)}; }},
    Call{"sethostname", [] { return long{::sethostname("x", 1)}; }},
    Call{"socket", [] { return long{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }},
    Call{"raw_socket", [] { return long{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1)}; }},
    Call{"tiocsti",
         [] {
             char character = 'x';
             return long{::ioctl(0, TIOCSTI, &character)};
         }},
    Call{"find_key",
         [] {
             constexpr int search = 10;
             constexpr int session = -3;
             return ::syscall(SYS_keyctl, search, session, "user", "oci-rt-canary", 0);
         }},
    Call{"unknown", [] { return ::syscall(999999); }},
    Call{"newer", [] { return ::syscall(600); }},
};

const char* text_or(int argc, char** argv, int index, const char* fallback) {
    return index < argc ? argv[index] : fallback;
}

int number_at(int argc, char** argv, int index, int fallback) {
    return index < argc ? static_cast<int>(std::strtol(argv[index], nullptr, 10)) : fallback;
}

int failed(const char* what) {
    std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
    return errno == 0 ? 1 : errno;
}

int exit_with(int argc, char** argv) { return number_at(argc, argv, 2, 0); }

int kill_self(int argc, char** argv) {
    const int number = number_at(argc, argv, 2, SIGKILL);
    ::signal(number, SIG_DFL);
    ::kill(::getpid(), number);
    return 99;  // The first process of a pid namespace is immune to itself.
}

int sleep_for(int argc, char** argv) {
    const int seconds = number_at(argc, argv, 2, 1);
    ::sleep(static_cast<unsigned>(seconds));
    return 0;
}

int cat(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) {
        const int fd = ::open(argv[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0) return failed(argv[i]);
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::read(fd, buffer.data(), buffer.size())) > 0)
            if (::write(1, buffer.data(), static_cast<std::size_t>(count)) != count) return 1;
        if (count < 0) return failed(argv[i]);
        ::close(fd);
    }
    return 0;
}

/// What comes in goes out, until it ends.
int repeat(int, char**) {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(0, buffer.data(), buffer.size())) > 0)
        if (::write(1, buffer.data(), static_cast<std::size_t>(count)) != count) return 1;
    return count == 0 ? 0 : 1;
}

int list(int argc, char** argv) {
    DIR* directory = ::opendir(text_or(argc, argv, 2, "."));
    if (directory == nullptr) return failed(text_or(argc, argv, 2, "."));
    for (const dirent* entry = nullptr; (entry = ::readdir(directory)) != nullptr;)
        if (std::string_view(entry->d_name) != "." && std::string_view(entry->d_name) != "..")
            std::printf("%s\n", entry->d_name);
    ::closedir(directory);
    return 0;
}

int write_file(int argc, char** argv) {
    if (argc < 4) return 2;
    const int fd = ::open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return failed(argv[2]);
    const std::size_t size = std::strlen(argv[3]);
    if (::write(fd, argv[3], size) != static_cast<ssize_t>(size)) return failed(argv[2]);
    return ::close(fd) == 0 ? 0 : failed(argv[2]);
}

int status_of(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) {
        struct stat status {};
        if (::lstat(argv[i], &status) != 0) {
            std::printf("%s: errno %d\n", argv[i], errno);
            continue;
        }
        std::printf("%s: mode %o uid %u gid %u rdev %u:%u size %lld\n", argv[i], status.st_mode,
                    status.st_uid, status.st_gid, ::major(status.st_rdev), ::minor(status.st_rdev),
                    static_cast<long long>(status.st_size));
    }
    return 0;
}

int terminal(int, char**) {
    winsize size{};
    (void)::ioctl(0, TIOCGWINSZ, &size);
    const char* name = ::ttyname(0);
    struct stat status {};
    (void)::fstat(0, &status);
    std::printf(
        "{\"isatty\": [%d, %d, %d], \"rows\": %d, \"columns\": %d, \"name\": %s, "
        "\"uid\": %u, \"gid\": %u, \"foreground\": %d}\n",
        ::isatty(0), ::isatty(1), ::isatty(2), size.ws_row, size.ws_col,
        quoted(name == nullptr ? "" : name).c_str(), status.st_uid, status.st_gid,
        ::tcgetpgrp(0) == ::getpgrp() ? 1 : 0);
    return 0;
}

int signals(int, char**) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    std::printf("ready\n");
    (void)std::fflush(stdout);
    for (;;) {
        const int number = ::sigwaitinfo(&all, nullptr);
        if (number < 0 && errno == EINTR) continue;  // it was frozen meanwhile
        if (number < 0) return 1;
        std::printf("signal %d\n", number);
        (void)std::fflush(stdout);
        if (number == SIGTERM) return 0;
    }
}

int fork_sleep(int argc, char** argv) {
    const int count = number_at(argc, argv, 2, 1);
    for (int i = 0; i < count; ++i)
        if (::fork() == 0) {
            ::sleep(1000);
            ::_exit(0);
        }
    std::printf("forked\n");
    (void)std::fflush(stdout);
    ::sleep(1000);
    return 0;
}

int reap(int, char**) {
    std::printf("ready\n");
    (void)std::fflush(stdout);
    for (;;) {
        if (::waitpid(-1, nullptr, 0) < 0) ::usleep(10000);
    }
}

int echo(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) std::printf("%s%s", i > 2 ? " " : "", argv[i]);
    std::printf("\n");
    return 0;
}

/// One datagram, with standard input and output as passengers if asked for.
bool send_to_manager(int socket, std::string_view text, bool with_descriptors) {
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (with_descriptors) {
        constexpr std::array descriptors{0, 1};
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptors);
        std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

/// A number: milliseconds to sleep. Anything else: a datagram; with "+" in front
/// it carries descriptors.
int notify(int argc, char** argv) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return 2;
    std::memcpy(address.sun_path, path, std::strlen(path));
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed(path);
    for (int i = 2; i < argc; ++i) {
        const std::string_view text = argv[i];
        if (text.find_first_not_of("0123456789") == std::string_view::npos)
            ::usleep(static_cast<useconds_t>(number_at(argc, argv, i, 0)) * 1000);
        else if (!send_to_manager(socket, text.substr(text[0] == '+' ? 1 : 0), text[0] == '+'))
            return failed("sendmsg");
    }
    return 0;
}

/// A new tmpfs at each place.
int mount_at(int argc, char** argv) {
    for (int i = 2; i < argc; ++i)
        if (::mount("tmpfs", argv[i], "tmpfs", 0, nullptr) != 0) return failed(argv[i]);
    return 0;
}

struct Act {
    std::string_view name;
    int (*run)(int, char**);
};

constexpr std::array acts{
    Act{"report", report},
    Act{"scheduling", scheduling},
    Act{"true", [](int, char**) { return 0; }},
    Act{"exit", exit_with},
    Act{"kill-self", kill_self},
    Act{"sleep", sleep_for},
    Act{"cat", cat},
    Act{"repeat", repeat},
    Act{"ls", list},
    Act{"write", write_file},
    Act{"stat", status_of},
    Act{"syscall", try_system_calls},
    Act{"tty", terminal},
    Act{"signals", signals},
    Act{"fork-sleep", fork_sleep},
    Act{"reap", reap},
    Act{"echo", echo},
    Act{"notify", notify},
    Act{"entries", entries},
    Act{"watch", watch},
    Act{"mount", mount_at},
    Act{"speak", speak},
    Act{"seize", seize},
    Act{"overwrite", overwrite},
    Act{"hold", hold},
    Act{"hold-later", hold_later},
    Act{"burn", burn},
    Act{"forks", forks},
    Act{"disk", use_disk},
    Act{"pulse", pulse},
    Act{"count", count},
    Act{"hold-file", hold_file},
    Act{"hold-huge", hold_huge},
    Act{"serve-http", serve_http},
    Act{"serve-echo", serve_echo},
};

}  // namespace

int try_system_calls(int argc, char** argv) {
    std::printf("{");
    for (int i = 2; i < argc; ++i)
        for (const auto& call : calls)
            if (call.name == argv[i]) {
                errno = 0;
                const long answer = call.attempt();
                std::printf("%s%s: %d", i > 2 ? ", " : "", quoted(argv[i]).c_str(),
                            answer < 0 ? errno : 0);
            }
    std::printf("}\n");
    return 0;
}

}  // namespace payload

int main(int argc, char** argv) {
    const std::string_view wanted = argc > 1 ? argv[1] : "";
    for (const auto& act : payload::acts)
        if (act.name == wanted) return act.run(argc, argv);
    std::fprintf(stderr, "payload: no act \"%s\"\n", argc > 1 ? argv[1] : "");
    return 2;
}
