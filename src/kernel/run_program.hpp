// SPDX-License-Identifier: Apache-2.0
//
// A program of the host, from its start to its end.
#pragma once

#include <string>
#include <vector>

#include "kernel/process.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// What run_program() answers as status where the program could not be executed.
inline constexpr int not_executed = 127;

/// words: the path, and its arguments. The file is its descriptor `stream`. It ends with us.
SysResult<Exit> run_program(std::vector<std::string> words, char* const* environment, FdView file,
                            int stream);

}  // namespace oci::kernel
