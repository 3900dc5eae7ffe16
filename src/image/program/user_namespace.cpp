// SPDX-License-Identifier: Apache-2.0
#include "image/program/user_namespace.hpp"

#include <sched.h>
#include <unistd.h>

#include <array>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

constexpr std::size_t largest_table = std::size_t{4} << 20U;
constexpr int not_executed = 127;

std::string table(const char* path) {
    auto text = kernel::read_text(kernel::here, path, largest_table);
    return text ? std::move(text).value() : std::string{};
}

std::string user_name(uid_t uid) {
    const std::string passwd = table("/etc/passwd");
    for (const std::string_view line : split(passwd, '\n')) {
        const auto field = split(line, ':');
        if (field.size() > 2 && parse_number<uid_t>(field[2]) == uid) return std::string{field[0]};
    }
    return {};
}

/// newuidmap(1) and newgidmap(1), which have the right to map more than one's own id.
Result<void> run_helper(const char* program, pid_t pid, const std::vector<IdRange>& ranges) {
    std::vector<std::string> words{program, std::to_string(pid)};
    for (const IdRange& range : ranges)
        for (const std::uint32_t number : {range.inside, range.outside, range.count})
            words.push_back(std::to_string(number));
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string path = fmt::format("/usr/bin/{}", program);
    kernel::Clone child = OCI_TRY(explain(kernel::clone({}), "cannot start {}", program));
    if (child.pid == 0) {
        (void)kernel::execute(path.c_str(), argv.data(), environ);
        ::_exit(not_executed);
    }
    const kernel::Exit end =
        OCI_TRY(explain(kernel::wait_for_exit(child.pidfd), "cannot wait for {}", program));
    if (end.status == not_executed)
        return fail(ErrorKind::Unsupported, "{} is not installed (package uidmap)", path);
    if (end.status != 0)
        return fail(ErrorKind::System, "{} ended with status {}", path, end.status);
    return {};
}

Result<void> write_own_id(pid_t pid, const char* file, std::uint32_t id) {
    const std::string path = fmt::format("/proc/{}/{}", pid, file);
    return explain(kernel::write_text(kernel::here, path.c_str(), fmt::format("0 {} 1\n", id)),
                   "cannot write {}", path);
}

Result<void> map_own_ids(pid_t pid) {
    const std::string path = fmt::format("/proc/{}/setgroups", pid);
    OCI_TRY(
        explain(kernel::write_text(kernel::here, path.c_str(), "deny"), "cannot write {}", path));
    OCI_TRY(write_own_id(pid, "uid_map", ::geteuid()));
    return write_own_id(pid, "gid_map", ::getegid());
}

Result<void> map_ids(pid_t pid, const IdMaps& maps) {
    if (maps.uids.size() == 1) return map_own_ids(pid);
    OCI_TRY(run_helper("newuidmap", pid, maps.uids));
    return run_helper("newgidmap", pid, maps.gids);
}

IdMaps wanted_maps(std::string& warning) {
    const std::string name = user_name(::geteuid());
    IdMaps maps{{{0, ::geteuid(), 1}}, {{0, ::getegid(), 1}}};
    auto uids = subordinate_range(table("/etc/subuid"), name, ::geteuid());
    auto gids = subordinate_range(table("/etc/subgid"), name, ::geteuid());
    if (uids && gids) {
        maps.uids.push_back(*uids);
        maps.gids.push_back(*gids);
        return maps;
    }
    warning = fmt::format(
        "there are no subordinate ids for {0}, so all files get one owner; for more: usermod "
        "--add-subuids 100000-165535 --add-subgids 100000-165535 {0}",
        name.empty() ? std::to_string(::geteuid()) : name);
    return maps;
}

}  // namespace

std::optional<IdRange> subordinate_range(std::string_view text, std::string_view name, uid_t uid) {
    constexpr std::size_t fields = 3;
    for (const std::string_view line : split(text, '\n')) {
        const auto field = split(line, ':');
        if (field.size() != fields) continue;
        if (field[0] != name && parse_number<uid_t>(field[0]) != uid) continue;
        const auto first = parse_number<std::uint32_t>(field[1]);
        const auto count = parse_number<std::uint32_t>(field[2]);
        if (first && count && *count > 0) return IdRange{1, *first, *count};
    }
    return std::nullopt;
}

Result<Entered> enter_user_namespace() {
    Entered entered;
    if (::geteuid() == 0) return entered;
    entered.maps = wanted_maps(entered.warning);
    kernel::Pipe gate = OCI_TRY(explain(kernel::make_pipe(), "cannot make a pipe"));
    // One thread: the child may use all that a copy of this process has.
    kernel::Clone child =
        OCI_TRY(explain(kernel::clone({.flags = CLONE_NEWUSER}), "cannot make a user namespace"));
    if (child.pid == 0) {
        gate.writer.reset();
        std::array<char, 1> go{};
        const auto count = kernel::read_some(gate.reader, go);
        if (!count || count.value() == 0) ::_exit(1);  // the parent says why
        return entered;
    }
    kernel::Process process{child.pid, std::move(child.pidfd)};
    gate.reader.reset();
    OCI_TRY(explain(map_ids(child.pid, entered.maps), "cannot map ids for the user namespace"));
    OCI_TRY(explain(kernel::write_all(gate.writer, "!"), "cannot start the child"));
    const kernel::Exit end =
        OCI_TRY(explain(kernel::wait_for_exit(process.pidfd()), "cannot wait for the child"));
    (void)process.release();
    entered.status = end.status;
    return entered;
}

}  // namespace oci::image::program
