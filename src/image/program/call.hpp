// SPDX-License-Identifier: Apache-2.0
//
// call: what the command line of oci-rt-image asks for.
#pragma once

#include <string>
#include <vector>

#include "image/program/user_namespace.hpp"
#include "image/run/options.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::program {

/// Each verb uses its own part.
struct Call {
    std::string verb{};
    std::string storage{};
    std::string path{};  ///< What import reads, where unpack writes to.
    std::string name{};
    std::string platform{};
    std::string raw{};                    ///< "manifest" or "config"
    std::string progress{};               ///< "auto", "none", "plain", "bars", "json"
    std::string credentials{};            ///< A file, as "podman login" writes it.
    std::vector<std::string> insecure{};  ///< "host", "host:port"
    bool public_only = false;
    std::vector<std::string> allowed{};  ///< "host", "host:port": with public_only, too.
    std::vector<std::string> references{};
    std::string log_format{};  ///< "text" or "json"
    bool debug = false;
    bool json = false;
    bool quiet = false;
    bool flat = false;
    bool devices = false;
    bool remove_damaged = false;
    run::Options run{};
    std::vector<std::string> words{};  ///< Of prepare, see image/run/options.hpp.
    IdMaps maps{};                     ///< Of the user namespace, for a user without privileges.
    std::string answer{};  ///< Not empty: --help or --version, and nothing else is to be done.
};

/// argv without the program.
[[nodiscard]] Result<Call> parse_call(const std::vector<std::string>& arguments);

}  // namespace oci::image::program
