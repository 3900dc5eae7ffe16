// SPDX-License-Identifier: Apache-2.0
#include "network/hosts_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::network {
namespace {

constexpr std::string_view ours = "\t# its own";
constexpr std::size_t largest_file = std::size_t{1} << 20U;

}  // namespace

std::string with_addresses(std::string_view text, std::string_view hostname, const Address& v4,
                           const std::optional<Address>& v6) {
    std::string result;
    for (const std::string_view line : split(text, '\n'))
        if (!line.empty() && !line.ends_with(ours)) result += fmt::format("{}\n", line);
    result += fmt::format("{}\t{}{}\n", v4.text(), hostname, ours);
    if (v6) result += fmt::format("{}\t{}{}\n", v6->text(), hostname, ours);
    return result;
}

Result<void> write_hosts(const std::string& path, std::string_view hostname, const Address& v4,
                         const std::optional<Address>& v6) {
    const std::string before = OCI_TRY(explain(
        kernel::read_text(kernel::here, path.c_str(), largest_file), "cannot read {}", path));
    const std::string text = with_addresses(before, hostname, v4, v6);
    // The file stays the one that the container has mounted.
    const UniqueFd file =
        OCI_TRY(explain(kernel::open_at(kernel::here, path.c_str(), O_WRONLY | O_NOFOLLOW),
                        "cannot write {}", path));
    OCI_TRY(explain(kernel::write_all(file, text), "cannot write {}", path));
    return explain(kernel::set_size(file, static_cast<off_t>(text.size())), "cannot write {}",
                   path);
}

}  // namespace oci::network
