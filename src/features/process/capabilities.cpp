// SPDX-License-Identifier: Apache-2.0
#include "features/process/capabilities.hpp"

#include <sys/capability.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "kernel/credentials.hpp"

namespace oci::capabilities {
namespace {

constexpr int most_capabilities = 64;

constexpr std::uint64_t bit(int capability) {
    return std::uint64_t{1} << static_cast<unsigned>(capability);
}

std::string in_capitals(std::string_view text) {
    std::string capitals{text};
    std::ranges::transform(capitals, capitals.begin(), [](unsigned char letter) {
        return static_cast<char>(std::toupper(letter));
    });
    return capitals;
}

/// "CAP_KILL"; the number as text for one that the library does not know.
std::string name_of(int capability) {
    const std::unique_ptr<char, int (*)(void*)> name{::cap_to_name(capability), ::cap_free};
    return name ? in_capitals(name.get()) : std::to_string(capability);
}

std::optional<int> number_of(const std::string& name) {
    cap_value_t number = 0;
    if (::cap_from_name(name.c_str(), &number) != 0) return std::nullopt;
    // The library takes "5" and "cap_kill,rest" as well.
    if (number >= most_capabilities || name_of(number) != in_capitals(name)) return std::nullopt;
    return number;
}

std::string names_of(std::uint64_t set) {
    std::string names;
    for (int i = 0; i < most_capabilities; ++i)
        if ((set & bit(i)) != 0) names += (names.empty() ? "" : ", ") + name_of(i);
    return names;
}

/// Turns lists of names into sets, and warns once of every name it leaves out.
class Reader {
public:
    explicit Reader(std::uint64_t grantable) : grantable_{grantable} {}

    std::uint64_t read(const std::vector<std::string>& names) {
        std::uint64_t set = 0;
        for (const std::string& name : names) {
            const std::optional<int> number = number_of(name);
            if (number && (grantable_ & bit(*number)) != 0)
                set |= bit(*number);
            else if (warned_.insert(name).second)
                log::warning("/process/capabilities: {} {} and is left out",
                             escape_for_display(name),
                             number ? "cannot be granted here" : "is unknown");
        }
        return set;
    }

private:
    std::uint64_t grantable_;
    std::set<std::string> warned_;
};

std::uint64_t up_to(int last) { return last >= 63 ? ~std::uint64_t{0} : bit(last + 1) - 1; }

}  // namespace

Result<Plan> plan(const Capabilities& wanted, const host::Facts& facts, bool has_user_namespace) {
    Reader reader{has_user_namespace ? up_to(facts.last_capability) : facts.bounding_capabilities};
    Plan plan{.bounding = reader.read(wanted.bounding),
              .effective = reader.read(wanted.effective),
              .permitted = reader.read(wanted.permitted),
              .inheritable = reader.read(wanted.inheritable),
              .ambient = reader.read(wanted.ambient),
              .last_capability = facts.last_capability};
    if (const std::uint64_t excess = plan.inheritable & ~plan.bounding; excess != 0)
        return fail(ErrorKind::InvalidConfig,
                    "/process/capabilities/inheritable: {} must be in bounding too",
                    names_of(excess));
    if (const std::uint64_t excess = plan.effective & ~plan.permitted; excess != 0)
        log::warning("/process/capabilities/effective: {} is not permitted and is left out",
                     names_of(excess));
    plan.effective &= plan.permitted;
    if (const std::uint64_t excess = plan.ambient & ~(plan.permitted & plan.inheritable);
        excess != 0)
        log::warning("can't raise ambient capability {}: it must be both permitted and inheritable",
                     names_of(excess));
    plan.ambient &= plan.permitted & plan.inheritable;
    return plan;
}

kernel::SysResult<void> drop_bounding(const Plan& plan) noexcept {
    for (int i = 0; i <= plan.last_capability; ++i) {
        if ((plan.bounding & bit(i)) != 0) continue;
        const bool is_held = OCI_TRY(kernel::is_in_bounding_set(i));
        if (!is_held) continue;  // dropping it again would need CAP_SETPCAP
        OCI_TRY(kernel::drop_from_bounding_set(i));
    }
    return {};
}

kernel::SysResult<void> apply(const Plan& plan, std::uint64_t extra_held) noexcept {
    return kernel::set_capabilities({.effective = plan.effective | extra_held,
                                     .permitted = plan.permitted | extra_held,
                                     .inheritable = plan.inheritable});
}

kernel::SysResult<void> finish(const Plan& plan, std::uint64_t extra_held,
                               Progress& progress) noexcept {
    progress.subject = "capabilities";
    OCI_TRY(apply(plan, extra_held));
    OCI_TRY(kernel::clear_ambient_set());
    progress.subject = "ambient capabilities";
    for (int i = 0; i <= plan.last_capability; ++i) {
        if ((plan.ambient & bit(i)) == 0) continue;
        OCI_TRY(kernel::raise_ambient(i));
    }
    return {};
}

kernel::SysResult<void> verify(const Plan& plan, std::uint64_t extra_held) noexcept {
    const kernel::CapabilitySets held = OCI_TRY(kernel::get_capabilities());
    if (held.effective != (plan.effective | extra_held) ||
        held.permitted != (plan.permitted | extra_held) || held.inheritable != plan.inheritable)
        return kernel::refuse(EPERM, "verify capabilities");
    for (int i = 0; i <= plan.last_capability; ++i) {
        // The bounding set may hold less: what was never there cannot be added.
        const bool is_bounding = OCI_TRY(kernel::is_in_bounding_set(i));
        const bool is_ambient = OCI_TRY(kernel::is_in_ambient_set(i));
        if (is_bounding && (plan.bounding & bit(i)) == 0)
            return kernel::refuse(EPERM, "verify bounding capabilities");
        if (is_ambient != ((plan.ambient & bit(i)) != 0))
            return kernel::refuse(EPERM, "verify ambient capabilities");
    }
    return {};
}

std::vector<std::string> names_up_to(int last_capability) {
    std::vector<std::string> names;
    for (int i = 0; i <= last_capability && i < most_capabilities; ++i) {
        std::string name = name_of(i);
        if (name.starts_with("CAP_")) names.push_back(std::move(name));
    }
    return names;
}

}  // namespace oci::capabilities
