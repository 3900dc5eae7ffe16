// SPDX-License-Identifier: Apache-2.0
//
// Acts that use what can be limited: memory, processors, processes, disks.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "payload.hpp"

namespace payload {
namespace {

constexpr std::size_t megabyte = std::size_t{1} << 20U;

std::size_t number_at(int argc, char** argv, int index, std::size_t fallback) {
    return index < argc ? std::strtoul(argv[index], nullptr, 10) : fallback;
}

void say(const char* word) {
    std::printf("%s\n", word);
    (void)std::fflush(stdout);
}

long milliseconds_since(std::chrono::steady_clock::time_point begin) {
    const auto passed = std::chrono::steady_clock::now() - begin;
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
}

}  // namespace

int hold(int argc, char** argv) {
    const std::size_t size = number_at(argc, argv, 2, 1) * megabyte;
    auto* memory = static_cast<volatile char*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory == MAP_FAILED) return errno;
    for (std::size_t at = 0; at < size; at += 4096) memory[at] = 1;
    say("held");
    ::sleep(static_cast<unsigned>(number_at(argc, argv, 3, 1000)));
    return 0;
}

/// hold-later MEGABYTES SECONDS: waits before it takes them.
int hold_later(int argc, char** argv) {
    ::sleep(static_cast<unsigned>(number_at(argc, argv, 3, 1)));
    std::array<char*, 4> words{argv[0], argv[1], argc > 2 ? argv[2] : nullptr, nullptr};
    std::array<char, 2> none{"0"};
    words[3] = none.data();
    return hold(static_cast<int>(words.size()), words.data());
}

int burn(int argc, char** argv) {
    const auto wanted = static_cast<long>(number_at(argc, argv, 2, 1000));
    const auto begin = std::chrono::steady_clock::now();
    while (milliseconds_since(begin) < wanted) {
    }
    std::printf("%ld\n", static_cast<long>(std::clock()) / (CLOCKS_PER_SEC / 1000));
    return 0;
}

int forks(int argc, char** argv) {
    const std::size_t wanted = number_at(argc, argv, 2, 10);
    std::size_t made = 0;
    while (made < wanted) {
        const pid_t child = ::fork();
        if (child < 0) break;
        if (child == 0) {
            ::pause();
            ::_exit(0);
        }
        ++made;
    }
    std::printf("%zu\n", made);
    (void)std::fflush(stdout);
    ::signal(SIGTERM, SIG_IGN);
    ::kill(0, SIGTERM);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    return 0;
}

int use_disk(int argc, char** argv) {
    if (argc < 6) return 2;
    const bool writes = std::string_view(argv[2]) == "write";
    const int fd = ::open(argv[3], (writes ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
    if (fd < 0) return errno;
    const std::size_t block = number_at(argc, argv, 4, 4096);
    void* buffer = nullptr;
    if (::posix_memalign(&buffer, 4096, block) != 0) return ENOMEM;
    const std::size_t count = number_at(argc, argv, 5, 1);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = static_cast<off_t>(i * block % (16 * megabyte));
        if ((writes ? ::pwrite(fd, buffer, block, at) : ::pread(fd, buffer, block, at)) <= 0)
            return errno;
    }
    std::printf("%ld\n", milliseconds_since(begin));
    return 0;
}

int pulse(int argc, char** argv) {
    const auto busy = static_cast<long>(number_at(argc, argv, 2, 10));
    const auto idle = static_cast<useconds_t>(number_at(argc, argv, 3, 100)) * 1000;
    for (std::size_t times = number_at(argc, argv, 4, 10); times > 0; --times) {
        ::usleep(idle);
        const auto begin = std::chrono::steady_clock::now();
        while (milliseconds_since(begin) < busy) {
        }
    }
    return 0;
}

/// count LINES MILLISECONDS STATUS: a numbered line after each pause, the odd ones as errors. 99:
/// nobody takes them.
int count(int argc, char** argv) {
    const std::size_t lines = number_at(argc, argv, 2, 10);
    const auto pause = static_cast<useconds_t>(number_at(argc, argv, 3, 10)) * 1000;
    for (std::size_t each = 0; each < lines; ++each) {
        std::array<char, 32> text;
        const int size = std::snprintf(text.data(), text.size(), "%zu\n", each);
        const int stream = each % 2 == 0 ? STDOUT_FILENO : STDERR_FILENO;
        if (::write(stream, text.data(), static_cast<std::size_t>(size)) != size) return 99;
        ::usleep(pause);
    }
    return static_cast<int>(number_at(argc, argv, 4, 0));
}

int hold_file(int argc, char** argv) {
    if (argc < 3) return 2;
    const int fd = ::open(argv[2], O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    static std::array<char, 65536> buffer;
    while (::read(fd, buffer.data(), buffer.size()) > 0) {
    }
    say("held");
    ::sleep(static_cast<unsigned>(number_at(argc, argv, 3, 1000)));
    return 0;
}

int hold_huge(int argc, char** argv) {
    const std::size_t size = number_at(argc, argv, 2, 2) * megabyte;
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    std::printf("%d\n", memory == MAP_FAILED ? errno : 0);
    return 0;
}

}  // namespace payload
