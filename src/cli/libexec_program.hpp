// SPDX-License-Identifier: Apache-2.0
//
// libexec program: the programs that only oci-rt starts, and where it is itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// In $OCI_RT_LIBEXEC, if that is set, else in the directory of the installation.
[[nodiscard]] std::string libexec_program(std::string_view name);

/// One that not every build has.
struct OptionalProgram {
    std::string_view name;
    std::string_view hint;
};
/// Images are its work, so that the runtime never loads what it takes to fetch them.
inline constexpr OptionalProgram image_program{
    "oci-rt-image",
    "it comes with a build that has libcurl, libcrypto, zlib, libzstd and libarchive "
    "(-Dimage=enabled)"};
/// The service.
inline constexpr OptionalProgram serve_program{
    "oci-rt-serve", "it comes with a build that has Boost's headers (-Dserve=enabled)"};
/// Bridges, addresses and published ports.
inline constexpr OptionalProgram network_program{"oci-rt-network", "it comes with every build"};

/// Who asks a service.
inline constexpr OptionalProgram client_program{
    "oci-rt-client", "it comes with a build that has libcurl (-Dclient=enabled)"};

/// Unsupported, with the hint.
[[nodiscard]] Failure<Error> not_installed(const OptionalProgram& program);

/// Goes on as that program; returns only if that cannot be.
[[nodiscard]] Result<void> become(const OptionalProgram& program,
                                  const std::vector<std::string>& arguments);

/// The file that this program was started from. Unsupported where it runs from a sealed copy.
[[nodiscard]] Result<std::string> own_program();

}  // namespace oci::cli
