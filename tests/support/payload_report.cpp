// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "payload.hpp"

extern char** environ;

namespace payload {

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
            std::array<char, 8> escaped{};
            (void)std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
            result += escaped.data();
        } else {
            result += character;
        }
    }
    return result + '"';
}

std::string slurp(const char* path) {
    std::string text;
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(count));
    ::close(fd);
    return text;
}

namespace {

/// Prints an object member by member, as valid JSON.
class Object {
public:
    void raw(const char* name, const std::string& json) {
        std::printf("%s%s: %s", first_ ? "{" : ",\n ", quoted(name).c_str(), json.c_str());
        first_ = false;
    }
    void text(const char* name, std::string_view value) { raw(name, quoted(value)); }
    void number(const char* name, long long value) { raw(name, std::to_string(value)); }
    static void end() { std::printf("}\n"); }

private:
    bool first_ = true;
};

std::string list_of(const std::vector<std::string>& texts) {
    std::string json = "[";
    for (const auto& text : texts) json += (json.size() > 1 ? ", " : "") + quoted(text);
    return json + "]";
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        lines.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return lines;
}

std::string link_target(const std::string& path) {
    std::array<char, 4096> target{};
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size() - 1);
    return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

std::vector<std::string> null_ended(char** texts) {
    std::vector<std::string> result;
    for (; *texts != nullptr; ++texts) result.emplace_back(*texts);
    return result;
}

/// /proc/self/status as an object; every value is a string without blanks at its ends.
std::string status_json() {
    std::string json = "{";
    for (const auto& line : lines_of(slurp("/proc/self/status"))) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        const std::size_t start = line.find_first_not_of(" \t", colon + 1);
        std::string value = start == std::string::npos ? "" : line.substr(start);
        while (!value.empty() && value.back() == ' ') value.pop_back();
        json +=
            (json.size() > 1 ? ", " : "") + quoted(line.substr(0, colon)) + ": " + quoted(value);
    }
    return json + "}";
}

std::string descriptors_json() {
    std::string json = "{";
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return "null";
    const int own = ::dirfd(directory);
    for (const dirent* entry = nullptr; (entry = ::readdir(directory)) != nullptr;) {
        const std::string name = entry->d_name;
        if (name[0] == '.' || name == std::to_string(own)) continue;
        json += (json.size() > 1 ? ", " : "") + quoted(name) + ": " +
                quoted(link_target("/proc/self/fd/" + name));
    }
    ::closedir(directory);
    return json + "}";
}

std::string namespaces_json() {
    constexpr std::array names{"cgroup",           "ipc",  "mnt",  "net", "pid",
                               "pid_for_children", "time", "user", "uts"};
    std::string json = "{";
    for (const char* name : names)
        json += (json.size() > 1 ? ", " : "") + quoted(name) + ": " +
                quoted(link_target(std::string("/proc/self/ns/") + name));
    return json + "}";
}

std::string limits_json() {
    constexpr std::array names{
        std::pair{"RLIMIT_AS", RLIMIT_AS},
        std::pair{"RLIMIT_CORE", RLIMIT_CORE},
        std::pair{"RLIMIT_CPU", RLIMIT_CPU},
        std::pair{"RLIMIT_DATA", RLIMIT_DATA},
        std::pair{"RLIMIT_FSIZE", RLIMIT_FSIZE},
        std::pair{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
        std::pair{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
        std::pair{"RLIMIT_NICE", RLIMIT_NICE},
        std::pair{"RLIMIT_NOFILE", RLIMIT_NOFILE},
        std::pair{"RLIMIT_NPROC", RLIMIT_NPROC},
        std::pair{"RLIMIT_RSS", RLIMIT_RSS},
        std::pair{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
        std::pair{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
        std::pair{"RLIMIT_STACK", RLIMIT_STACK},
    };
    std::string json = "{";
    for (const auto& [name, resource] : names) {
        rlimit limit{};
        if (::getrlimit(resource, &limit) != 0) continue;
        json += (json.size() > 1 ? ", " : "") + quoted(name) + ": [" +
                std::to_string(limit.rlim_cur) + ", " + std::to_string(limit.rlim_max) + "]";
    }
    return json + "}";
}

std::string groups_json() {
    std::array<gid_t, 1024> groups{};
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    std::string json = "[";
    for (int i = 0; i < count; ++i)
        json += (i > 0 ? ", " : "") + std::to_string(groups[static_cast<std::size_t>(i)]);
    return json + "]";
}

std::string ids_json(bool users) {
    unsigned real = 0;
    unsigned effective = 0;
    unsigned saved = 0;
    (void)(users ? ::getresuid(&real, &effective, &saved) : ::getresgid(&real, &effective, &saved));
    return "[" + std::to_string(real) + ", " + std::to_string(effective) + ", " +
           std::to_string(saved) + "]";
}

void report_identity(Object& object) {
    object.number("pid", ::getpid());
    object.number("ppid", ::getppid());
    object.number("sid", ::getsid(0));
    object.number("pgid", ::getpgrp());
    object.raw("uids", ids_json(true));
    object.raw("gids", ids_json(false));
    object.raw("groups", groups_json());
    const mode_t mask = ::umask(0);
    ::umask(mask);
    object.number("umask", mask);
    object.raw("status", status_json());
    object.text("oom_score_adj", slurp("/proc/self/oom_score_adj"));
    object.text("cgroup", slurp("/proc/self/cgroup"));
    object.text("attr", slurp("/proc/self/attr/current"));
    object.text("uid_map", slurp("/proc/self/uid_map"));
    object.text("gid_map", slurp("/proc/self/gid_map"));
    object.text("setgroups", slurp("/proc/self/setgroups"));
    object.text("timens_offsets", slurp("/proc/self/timens_offsets"));
    object.number("personality", ::syscall(SYS_personality, 0xffffffffUL));
    object.number("nice", ::getpriority(PRIO_PROCESS, 0));
    object.number("scheduler", ::sched_getscheduler(0));
    object.number("io_priority", ::syscall(SYS_ioprio_get, 1, 0));
    object.number("parent_death_signal", [] {
        int signal = 0;
        ::prctl(PR_GET_PDEATHSIG, &signal);
        return signal;
    }());
}

void report_surroundings(Object& object, char** argv) {
    utsname names{};
    (void)::uname(&names);
    object.text("hostname", names.nodename);
    object.text("domainname", names.domainname);
    object.text("machine", names.machine);
    std::array<char, 4096> path{};
    object.text("cwd", ::getcwd(path.data(), path.size()) != nullptr ? path.data() : "");
    object.raw("argv", list_of(null_ended(argv)));
    object.raw("env", list_of(null_ended(environ)));
    object.text("exe", link_target("/proc/self/exe"));
    object.raw("fds", descriptors_json());
    object.raw("namespaces", namespaces_json());
    object.raw("rlimits", limits_json());
    object.raw("mountinfo", list_of(lines_of(slurp("/proc/self/mountinfo"))));
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    object.number("has_controlling_terminal", terminal >= 0);
    if (terminal >= 0) ::close(terminal);
    object.raw("isatty", std::string("[") + (::isatty(0) != 0 ? "1" : "0") + ", " +
                             (::isatty(1) != 0 ? "1" : "0") + ", " +
                             (::isatty(2) != 0 ? "1" : "0") + "]");
}

}  // namespace

int report(int, char** argv) {
    // Before any output: the first write may open nothing, but stdio allocates.
    Object object;
    report_identity(object);
    report_surroundings(object, argv);
    Object::end();
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace payload
