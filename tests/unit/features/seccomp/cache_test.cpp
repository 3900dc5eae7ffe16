// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/cache.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

class Directory {
public:
    Directory() {
        std::string name{"/tmp/oci-rt-cache-XXXXXX"};
        path = ::mkdtemp(name.data());
        auto opened = kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY);
        REQUIRE(opened);
        fd = std::move(opened).value();
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path); }

    [[nodiscard]] std::filesystem::path only_file() const {
        return std::filesystem::directory_iterator { path } -> path();
    }
    [[nodiscard]] long size() const {
        return std::distance(std::filesystem::directory_iterator{path}, {});
    }

    std::filesystem::path path;
    UniqueFd fd;
};

const seccomp::Compiler some_compiler{"2.5.4", 0xc000'003e};

std::vector<sock_filter> some_program() {
    return {{0x20, 0, 0, 4}, {0x15, 0, 1, 7}, {0x06, 0, 0, 1}, {0x06, 0, 0, 2}};
}

bool same(const std::vector<sock_filter>& a, const std::vector<sock_filter>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

Seccomp some_section() {
    Seccomp section;
    section.default_action = SeccompAction::Errno;
    section.architectures = {"SCMP_ARCH_X86_64"};
    section.rules = {{{"read", "write"}, SeccompAction::Allow, {}, {{1, 2, 3, {}}}}};
    return section;
}

std::string key_of(const Seccomp& section) { return cache_key(section, some_compiler); }

/// Puts an entry, spoils its file, and says whether it is still found.
template <typename Spoil>
bool survives(Spoil spoil) {
    const Directory directory;
    seccomp::put_into_cache(directory.fd, "key", some_program());
    REQUIRE(seccomp::find_cached(directory.fd, "key"));
    spoil(directory.only_file());
    return seccomp::find_cached(directory.fd, "key").has_value();
}

void overwrite(const std::filesystem::path& file, std::streamoff at, char byte) {
    std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
    stream.seekp(at, at < 0 ? std::ios::end : std::ios::beg);
    stream.put(byte);
}

}  // namespace

TEST_CASE("what was put into the cache is found again") {
    const Directory directory;
    CHECK_FALSE(seccomp::find_cached(directory.fd, "key"));
    seccomp::put_into_cache(directory.fd, "key", some_program());
    const auto found = seccomp::find_cached(directory.fd, "key");
    REQUIRE(found);
    CHECK(same(*found, some_program()));
    CHECK_FALSE(seccomp::find_cached(directory.fd, "kez"));
    struct stat status {};
    REQUIRE(::stat(directory.only_file().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("every part of a profile that matters is in its key") {
    const std::string key = key_of(some_section());
    const auto differs = [&](auto change) {
        Seccomp section = some_section();
        change(section);
        return key_of(section) != key;
    };
    CHECK_FALSE(differs([](Seccomp&) {}));
    CHECK_FALSE(differs([](Seccomp& s) { s.listener_metadata = "x"; }));
    CHECK(differs([](Seccomp& s) { s.default_action = SeccompAction::Allow; }));
    CHECK(differs([](Seccomp& s) { s.default_errno_ret = 0; }));
    CHECK(differs([](Seccomp& s) { s.architectures.emplace_back("SCMP_ARCH_X32"); }));
    CHECK(differs([](Seccomp& s) { s.rules[0].names = {"readwrite"}; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].names = {"rea", "dwrite"}; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].action = SeccompAction::Log; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].errno_ret = 1; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].arguments[0].index = 2; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].arguments[0].value = 9; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].arguments[0].value_two = 9; }));
    CHECK(differs([](Seccomp& s) { s.rules[0].arguments[0].op = SeccompOperator::Equal; }));
    CHECK(differs([](Seccomp& s) { s.rules.pop_back(); }));
    CHECK(seccomp::cache_key(some_section(), {"2.6.0", 0xc000'003e}) != key);
    CHECK(seccomp::cache_key(some_section(), {"2.5.4", 0x4000'0003}) != key);
}

TEST_CASE("a file that is not as it was written is no hit") {
    using Path = std::filesystem::path;
    CHECK(survives([](const Path&) {}));
    CHECK_FALSE(survives([](const Path& file) { overwrite(file, 0, 'x'); }));
    CHECK_FALSE(survives([](const Path& file) { overwrite(file, 24, 'x'); }));
    CHECK_FALSE(survives([](const Path& file) { overwrite(file, 32, 'x'); }));
    CHECK_FALSE(survives([](const Path& file) { overwrite(file, -8, 'x'); }));
    CHECK_FALSE(survives([](const Path& file) {
        std::filesystem::resize_file(file, std::filesystem::file_size(file) - 8);
    }));
    CHECK_FALSE(survives([](const Path& file) {
        std::filesystem::resize_file(file, std::filesystem::file_size(file) + 8);
    }));
    CHECK_FALSE(survives([](const Path& file) { std::filesystem::resize_file(file, 0); }));
    CHECK_FALSE(survives([](const Path& file) { std::filesystem::resize_file(file, 1U << 21U); }));
}

TEST_CASE("a file that others can write to, or that is no file, is no hit") {
    using Path = std::filesystem::path;
    CHECK_FALSE(survives([](const Path& file) { ::chmod(file.c_str(), 0622); }));
    CHECK_FALSE(survives([](const Path& file) {
        const Path elsewhere{file.parent_path() / "elsewhere"};
        std::filesystem::rename(file, elsewhere);
        std::filesystem::create_symlink(elsewhere, file);
    }));
    CHECK_FALSE(survives([](const Path& file) {
        std::filesystem::remove(file);
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    }));
    if (::geteuid() == 0)
        CHECK_FALSE(survives([](const Path& file) { REQUIRE(::chown(file.c_str(), 1, 1) == 0); }));
}

TEST_CASE("the cache does not grow without bound") {
    const Directory directory;
    for (int i = 0; i < 150; ++i)
        seccomp::put_into_cache(directory.fd, "key" + std::to_string(i), some_program());
    CHECK(directory.size() <= 64);
    CHECK(seccomp::find_cached(directory.fd, "key149"));
}

TEST_CASE("a cache that is not there is no trouble") {
    seccomp::put_into_cache(FdView{-1}, "key", some_program());
    CHECK_FALSE(seccomp::find_cached(FdView{-1}, "key"));
}
