// SPDX-License-Identifier: Apache-2.0
//
// options: what `oci-rt run IMAGE` was asked for, in the words of Docker and Podman.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::run {

enum class Pull : std::uint8_t { Missing, Always, Never };
enum class RootMode : std::uint8_t { Auto, Overlay, Copy };

/// Bridge: the work of oci-rt-network.
enum class Network : std::uint8_t { None, Host, Bridge };

struct Volume {
    std::string source{};  ///< An absolute path, the name of a volume, or empty: one of its own.
    std::string path{};    ///< In the container, absolute.
    std::vector<std::string> options{};  ///< Of the mount.
    bool copies = true;                  ///< A new volume begins with what the image has there.
    [[nodiscard]] bool is_of_host() const noexcept { return source.starts_with('/'); }
};

struct Tmpfs {
    std::string path{};
    std::vector<std::string> options{};
};

struct Ulimit {
    std::string name{};  ///< "RLIMIT_NOFILE"
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

struct Device {
    std::string source{};
    std::string path{};
    std::string rights = "rwm";
};

struct Options {
    std::string image{};
    std::vector<std::string> command{};
    std::string name{};  ///< Empty: one is made up.
    bool interactive = false;
    bool terminal = false;
    bool detach = false;
    std::optional<bool> remove{};
    std::vector<std::string> environment{};  ///< "NAME=VALUE", the last of a name counts.
    std::vector<Volume> volumes{};
    std::vector<Tmpfs> tmpfs{};
    std::string working_directory{};
    std::string user{};
    std::optional<std::vector<std::string>> entrypoint{};
    std::string hostname{};
    std::optional<Network> network{};  ///< Once read, there is one.
    std::vector<std::string> ports{};  ///< These four are read by oci-rt-network.
    std::string network_name{};
    std::string network_ip{};
    std::string container_ip{};
    bool read_only = false;
    bool privileged = false;
    std::optional<std::int64_t> memory{};  ///< bytes
    std::optional<std::int64_t> memory_and_swap{};
    std::optional<std::int64_t> processor_quota{};  ///< microseconds in each 100 ms
    std::optional<std::uint64_t> processor_shares{};
    std::optional<std::int64_t> processes{};
    std::vector<Ulimit> ulimits{};
    std::vector<std::string> added_capabilities{};  ///< "CAP_…", or "ALL".
    std::vector<std::string> dropped_capabilities{};
    bool no_new_privileges = false;
    std::string seccomp{};  ///< A file, "unconfined", or empty: the default.
    std::string apparmor{};
    std::string selinux{};
    std::vector<Device> devices{};
    std::string cgroup_parent{};
    std::vector<std::pair<std::string, std::string>> annotations{};
    Pull pull = Pull::Missing;
    RootMode root_mode = RootMode::Auto;
    std::string platform{};
    std::string progress = "auto";
    std::string credentials{};
    std::vector<std::string> insecure{};
    std::string storage{};
    std::string state_root{};  ///< Where the runtime remembers containers.
    pid_t runner = 0;          ///< The runtime's own process.
};

/// What the caller has around it.
struct Surroundings {
    std::string directory{};  ///< The working directory, absolute.
    std::function<std::optional<std::string>(const std::string&)> variable{};
    std::function<Result<std::string>(const std::string&)> read_file{};
};

/// Words as the runtime passes them on: "--name=value" for each option, "--", and what the user
/// wrote. InvalidConfig names the option.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& words,
                                            const Surroundings& surroundings);

/// "512m", "2g", "1048576", "1.5g"; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text);

/// What may be the name of a container or of a volume.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

}  // namespace oci::image::run
