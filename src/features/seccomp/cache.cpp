// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "oci-rt/version.hpp"

namespace oci::seccomp {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;
constexpr std::size_t most_files = 64;
constexpr std::array<char, 8> magic{'o', 'c', 'i', 'b', 'p', 'f', '0', '2'};

/// Not against an adversary: a hit compares the whole key.
struct Hash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Hash&) const = default;
};

/// The beginning of a file; the key and the program follow.
struct Header {
    std::array<char, 8> magic{};
    Hash program_hash;
    std::uint32_t key_size = 0;
    std::uint32_t instructions = 0;
};

/// FNV-1a over words instead of bytes, in two lanes.
Hash hash_of(std::string_view bytes) {
    Hash hash{0xcbf2'9ce4'8422'2325ULL, 0x8422'2325'cbf2'9ce4ULL ^ bytes.size()};
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t size = std::min(bytes.size(), sizeof word);
        std::memcpy(&word, bytes.data(), size);
        bytes.remove_prefix(size);
        hash.high = (hash.high ^ word) * 0x0000'0100'0000'01b3ULL;
        hash.high ^= hash.high >> 32U;
        hash.low = (hash.low ^ word) * 0x9e37'79b9'7f4a'7c15ULL;
        hash.low ^= hash.low >> 29U;
    }
    return hash;
}

std::string file_name_of(std::string_view key) {
    const Hash hash = hash_of(key);
    return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::string_view bytes_of(const std::vector<sock_filter>& program) {
    return {reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter)};
}

// ---- key --------------------------------------------------------------------------------

/// Numbers in their binary form, texts and lists behind their size: nothing is ambiguous.
class Key {
public:
    template <typename Number>
    void number(Number value) {
        text_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        text_.append(value);
    }
    void errno_ret(const std::optional<std::uint32_t>& value) {
        number(static_cast<std::uint8_t>(value.has_value()));
        number(value.value_or(0));
    }
    void texts(const std::vector<std::string>& values) {
        number(static_cast<std::uint32_t>(values.size()));
        for (const std::string& value : values) text(value);
    }
    [[nodiscard]] std::string take() && { return std::move(text_); }
    void reserve(std::size_t size) { text_.reserve(size); }

private:
    std::string text_;
};

// ---- file -------------------------------------------------------------------------------

kernel::SysResult<std::string> read_own_file(FdView directory, const char* name) {
    const UniqueFd file =
        OCI_TRY(kernel::open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const struct stat status = OCI_TRY(kernel::status_of(file));
    if (!S_ISREG(status.st_mode)) return kernel::refuse(EINVAL, "not a regular file");
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return kernel::refuse(EPERM, "not our own file");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > largest_file) return kernel::refuse(EFBIG, "too large");
    std::string bytes(size, '\0');
    const std::size_t count = OCI_TRY(kernel::read_some(file, bytes));
    if (count != size) return kernel::refuse(EIO, "read");
    return bytes;
}

std::optional<std::vector<sock_filter>> program_in(std::string_view file, std::string_view key) {
    Header header;
    if (file.size() < sizeof header) return std::nullopt;
    std::memcpy(&header, file.data(), sizeof header);
    file.remove_prefix(sizeof header);
    if (header.magic != magic || header.key_size != key.size()) return std::nullopt;
    if (header.instructions == 0 || header.instructions > BPF_MAXINSNS) return std::nullopt;
    if (file.size() != key.size() + header.instructions * sizeof(sock_filter)) return std::nullopt;
    if (!file.starts_with(key)) return std::nullopt;
    file.remove_prefix(key.size());
    if (hash_of(file) != header.program_hash) return std::nullopt;
    std::vector<sock_filter> program(header.instructions);
    std::memcpy(program.data(), file.data(), file.size());
    return program;
}

/// Any may go: those in use come back. Temporary names of writers that died go with them.
void make_room(FdView directory) {
    const auto names = kernel::read_directory(directory);
    if (!names || names.value().size() < most_files) return;
    const std::span<const std::string> all{names.value()};
    for (const std::string& name : all.first(all.size() - most_files / 2))
        (void)kernel::remove(directory, name.c_str());  // another process may have been first
}

}  // namespace

std::string cache_key(const Seccomp& section, const Compiler& compiler) {
    Key key;
    key.reserve(16384);
    key.text(version);
    key.text(compiler.version);
    key.number(compiler.native_architecture);
    key.number(section.default_action);
    key.errno_ret(section.default_errno_ret);
    key.texts(section.architectures);
    for (const SeccompRule& rule : section.rules) {
        key.number(rule.action);
        key.errno_ret(rule.errno_ret);
        key.texts(rule.names);
        key.number(static_cast<std::uint32_t>(rule.arguments.size()));
        for (const SeccompArgument& argument : rule.arguments) {
            key.number(argument.index);
            key.number(argument.op);
            key.number(argument.value);
            key.number(argument.value_two);
        }
    }
    return std::move(key).take();
}

std::optional<std::vector<sock_filter>> find_cached(FdView directory, std::string_view key) {
    const std::string name = file_name_of(key);
    const auto file = read_own_file(directory, name.c_str());
    if (!file) {
        log::debug("seccomp: no cached filter {}: {}", name,
                   static_cast<Error>(file.error()).message);
        return std::nullopt;
    }
    auto program = program_in(file.value(), key);
    if (!program) log::debug("seccomp: the cached filter {} does not fit", name);
    return program;
}

void put_into_cache(FdView directory, std::string_view key,
                    const std::vector<sock_filter>& program) {
    const std::string_view code = bytes_of(program);
    const Header header{magic, hash_of(code), static_cast<std::uint32_t>(key.size()),
                        static_cast<std::uint32_t>(program.size())};
    std::string file{reinterpret_cast<const char*>(&header), sizeof header};
    file.append(key).append(code);
    if (file.size() > largest_file) return;
    make_room(directory);
    const std::string name = file_name_of(key);
    const auto written = kernel::replace_text(directory, name.c_str(), file, 0600);
    if (!written)
        log::debug("seccomp: cannot cache the filter {}: {}", name,
                   static_cast<Error>(written.error()).message);
}

}  // namespace oci::seccomp
