// SPDX-License-Identifier: Apache-2.0
//
// call: what the command line of oci-rt-client asks for.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::client {

/// What the options of a verb fill in; each verb uses its own part.
struct Options {
    bool quiet = false;
    std::string format = "table";
    bool follow = false;
    bool timestamps = false;
    std::string tail{};
    std::string since{};
    std::string until{};
    std::string platform{};
    std::string progress = "auto";
    bool all = false;
    bool force = false;
    std::string patience{};  ///< Seconds.
    std::string signal{};

    // run
    std::string image{};
    std::string file{};  ///< The whole request as JSON; "-": standard input.
    std::string pull{};
    std::string hostname{};
    std::string network{};
    std::string restart{};
    std::vector<std::string> labels{};
    bool replaces = false;
    bool waits_to_start = false;

    // run and exec
    std::vector<std::string> environment{};
    std::string user{};
    std::string directory{};
};

struct Call {
    std::string address{};
    std::string token_file{};
    bool insecure = false;
    std::string verb{};
    std::vector<std::string> words{};
    Options options{};
    std::string answer{};  ///< Not empty: --help or --version, and nothing else is to be done.
};

/// argv without the program.
[[nodiscard]] Result<Call> parse_call(const std::vector<std::string>& arguments);

}  // namespace oci::client
