// SPDX-License-Identifier: Apache-2.0
#include "image/program/user_namespace.hpp"

#include <sched.h>
#include <unistd.h>

#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/passwd_text.hpp"
#include "base/subordinate_ids.hpp"
#include "kernel/files.hpp"
#include "kernel/id_map_program.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

constexpr std::size_t largest_table = std::size_t{4} << 20U;

std::string table(const char* path) {
    auto text = kernel::read_text(kernel::here, path, largest_table);
    return text ? std::move(text).value() : std::string{};
}

/// By newuidmap or newgidmap, which have the right to map more than one's own id.
Result<void> map_by(const char* program, pid_t pid, const std::vector<IdMapping>& map) {
    const std::string path = kernel::find_id_map_program(program);
    if (path.empty())
        return with(fail(ErrorKind::Unsupported, "{} is not installed", program),
                    {.code = "id-map-helpers-missing",
                     .hint = "install it (the package is called uidmap or shadow-utils)"});
    const kernel::IdMapProgramEnd end =
        OCI_TRY(explain(kernel::run_id_map_program(path, pid, map), "cannot run {}", path));
    if (end.status != 0)
        return with(
            fail(ErrorKind::System, "{} ended with status {}: {}", path, end.status, end.complaint),
            {.code = "id-map-refused"});
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
    OCI_TRY(map_by("newuidmap", pid, maps.uids));
    return map_by("newgidmap", pid, maps.gids);
}

IdMaps wanted_maps(std::string& warning) {
    const std::string name = user_name_in(table("/etc/passwd"), ::geteuid());
    const auto uids = id_ranges_of(table("/etc/subuid"), name, ::geteuid());
    const auto gids = id_ranges_of(table("/etc/subgid"), name, ::geteuid());
    if (!uids.empty() && !gids.empty())
        return {map_of(::geteuid(), uids), map_of(::getegid(), gids)};
    warning = fmt::format(
        "there are no subordinate ids for {0}, so all files get one owner; for more: usermod "
        "--add-subuids 100000-165535 --add-subgids 100000-165535 {0}",
        name);
    return {map_of(::geteuid(), {}), map_of(::getegid(), {})};
}

}  // namespace

std::vector<IdMapping> map_of(std::uint32_t own, const std::vector<IdRange>& granted) {
    std::vector<IdMapping> map{{0, own, 1}};
    if (!granted.empty()) map.push_back({1, granted.front().first, granted.front().count});
    return map;
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
