// SPDX-License-Identifier: Apache-2.0
//
// wanted: what a client has asked a container to be: the body of PUT, with every absence resolved.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "serve/containers/name.hpp"
#include "serve/containers/reader.hpp"

namespace oci::serve {

struct WantedMount {
    std::string type{};  ///< "bind", "volume", "tmpfs"
    std::string source{};
    std::string destination{};
    std::vector<std::string> options{};
};

/// 0 and "" stand for what the runtime does by itself.
struct Wanted {
    std::string image{};
    std::string pull = "missing";  ///< or "always", "never"
    std::string platform{};
    bool start = true;
    bool has_entrypoint = false;
    std::vector<std::string> entrypoint{};
    std::vector<std::string> args{};
    std::vector<std::string> env{};
    std::string user{};
    std::string cwd{};
    std::string hostname{};
    std::map<std::string, std::string> labels{};
    std::vector<WantedMount> mounts{};
    std::vector<std::string> tmpfs{};
    std::string network{};  ///< "none", "host"
    std::uint64_t memory = 0;
    std::uint64_t cpu_quota = 0;
    std::uint64_t cpu_period = 100'000;
    std::uint64_t cpu_shares = 0;
    std::uint64_t pids = 0;
    std::string restart = "no";       ///< or "on-failure", "always", "unless-stopped"
    std::uint64_t most_restarts = 0;  ///< 0: any number
    bool keeps_input = false;         ///< For who attaches.
    bool terminal = false;
    bool readonly_root = false;
    std::string stop_signal = "SIGTERM";
    std::uint64_t stop_seconds = 10;
};

/// Mistakes are added; what is returned is then not to be used.
[[nodiscard]] Wanted read_wanted(const spec::Value& body, const Name& name, bool is_strict,
                                 Mistakes& mistakes);

/// All members in one order, so that the same wish is the same text.
[[nodiscard]] std::string wanted_json(const Wanted& wanted);
/// "sha256:…" of that text.
[[nodiscard]] std::string digest_of(const Wanted& wanted);

/// `run` with its options and words; `options` are others, of the service itself.
[[nodiscard]] std::vector<std::string> run_words(const Wanted& wanted, const std::string& id,
                                                 const std::vector<std::string>& options);

/// "SIGTERM", "TERM" or "15" as "TERM"; "" for what is no signal.
[[nodiscard]] std::string signal_word(std::string_view text);

}  // namespace oci::serve
