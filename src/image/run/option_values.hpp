// SPDX-License-Identifier: Apache-2.0
//
// option values: what the values of options mean. Errors say what a value is not.
#pragma once

#include "base/explain.hpp"
#include "image/run/options.hpp"

namespace oci::image::run {

/// "VALUE" is …
[[nodiscard]] Failure<Error> wrong(std::string_view value, std::string_view what);

/// Clean; not the root itself.
[[nodiscard]] Result<std::string> path_in_container(std::string_view text);

[[nodiscard]] std::string absolute(const std::string& path, const std::string& directory);

[[nodiscard]] Result<std::string> any_text(const std::string& value);
[[nodiscard]] Result<std::string> parse_absolute(const std::string& value);
[[nodiscard]] Result<std::string> parse_hostname(const std::string& value);
[[nodiscard]] Result<Network> parse_network(const std::string& value);
[[nodiscard]] Result<Pull> parse_pull(const std::string& value);
[[nodiscard]] Result<RootMode> parse_root_mode(const std::string& value);
[[nodiscard]] Result<std::int64_t> parse_amount(const std::string& value);
[[nodiscard]] Result<std::int64_t> parse_amount_or_all(const std::string& value);
[[nodiscard]] Result<std::int64_t> parse_processors(const std::string& value);
[[nodiscard]] Result<std::uint64_t> parse_shares(const std::string& value);
[[nodiscard]] Result<std::int64_t> parse_count(const std::string& value);
[[nodiscard]] Result<pid_t> parse_pid(const std::string& value);
[[nodiscard]] Result<Ulimit> parse_ulimit(const std::string& value);
[[nodiscard]] Result<std::string> parse_capability(const std::string& value);
[[nodiscard]] Result<Device> parse_device(const std::string& value);
[[nodiscard]] Result<Tmpfs> parse_tmpfs(const std::string& value);
/// --mount: what the words of a volume or of a tmpfs would be.
struct MountWords {
    std::string type = "volume";  ///< Or "bind", "tmpfs".
    std::string source{};
    std::string target{};
    std::vector<std::string> options{};
};
[[nodiscard]] Result<MountWords> parse_mount(const std::string& value);

[[nodiscard]] Result<Volume> parse_volume(const std::string& value, const std::string& directory);

}  // namespace oci::image::run
