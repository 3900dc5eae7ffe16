// SPDX-License-Identifier: Apache-2.0
//
// intel_rdt: the container's share of cache and memory bandwidth: a class of
// service (CLOS), which is a directory of resctrl, and a group in it to
// measure what the container uses.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::intel_rdt {

struct Plan {
    bool wanted = false;
    std::string clos;         ///< A directory of resctrl; empty: the default class, its root.
    bool must_exist = false;  ///< The class is chosen by its name alone.
    std::string shares;       ///< l3CacheSchema and memBwSchema as one text; empty: none.
    std::string schemata;     ///< Written after it; empty: none.
    std::string monitoring;   ///< The name of the group that measures; empty: none.
};

/// Where the processes of a container are listed. Absolute paths.
struct Place {
    std::string clos{};        ///< Empty: the container has no class.
    bool makes_clos = false;   ///< It is made for the container, and goes with it.
    std::string monitoring{};  ///< Made for the container; empty: none.
};

/// id: the container's, the name of its class where it gives none.
Result<Plan> plan(const Spec& spec, const std::string& id);

/// Where resctrl is mounted, from the text of a mountinfo; empty: nowhere.
[[nodiscard]] std::string mount_point_in(std::string_view mountinfo);

/// Where resctrl is mounted; empty for a plan that wants nothing of it. Unsupported if it is not.
Result<std::string> find_mount_point(const Plan& plan);

/// The place with what prepare() would make now, for a note of what is about to be made. Changes
/// nothing, and refuses what prepare() would refuse.
Result<Place> expect(const Plan& plan, const std::string& mount_point);

/// Directories of ours. Removed on destruction unless kept.
class Handle {
public:
    Handle() = default;
    explicit Handle(Place place) noexcept : place_{std::move(place)}, armed_{true} {}
    Handle(Handle&& other) noexcept;
    Handle& operator=(Handle&&) = delete;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle();

    [[nodiscard]] const Place& place() const noexcept { return place_; }
    void keep() noexcept { armed_ = false; }

private:
    friend Result<Handle> prepare(const Plan&, const std::string&, const Place&);

    Place place_;
    bool armed_ = false;
};

/// Makes the directories of the expected place and writes the schemata, or compares them with
/// those of a class that is there: InvalidConfig if they differ. A class that somebody else made
/// in between is not ours: the handle's place says so.
Result<Handle> prepare(const Plan& plan, const std::string& mount_point, const Place& expected);

/// Children of the process follow it by themselves.
Result<void> add_process(const Place& place, pid_t pid);

/// Both schemas as the text of a schemata file; empty if both are.
[[nodiscard]] std::string schemata_of(std::string_view l3_cache, std::string_view memory_bandwidth);

/// Other shares for a container's own class; WrongStatus if it has none of its own, because
/// what it shares with others is not its to change.
Result<void> rewrite(const Place& place, const std::string& schemata);

/// Those that a class has now; empty if it has none.
[[nodiscard]] std::string current_schemata(const Place& place);

/// Removes what was made for the container. A class in which other processes are by now stays:
/// without it they would get the default one. Nothing there is a success.
Result<void> remove(const Place& place);

void describe(Features& features);

}  // namespace oci::intel_rdt
