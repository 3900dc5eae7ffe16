// SPDX-License-Identifier: Apache-2.0
#include "kernel/run_program.hpp"

#include <unistd.h>

#include <csignal>

#include "kernel/files.hpp"

namespace oci::kernel {

SysResult<Exit> run_program(std::vector<std::string> words, char* const* environment, FdView file,
                            int stream) {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    Clone child = OCI_TRY(clone({}));
    if (child.pid == 0) {
        (void)die_with_parent(SIGKILL);
        (void)duplicate_onto(file, stream);
        (void)execute(argv.front(), argv.data(), environment);
        ::_exit(not_executed);
    }
    Process process{child.pid, std::move(child.pidfd)};
    const Exit end = OCI_TRY(wait_for_exit(process.pidfd()));
    (void)process.release();  // reaped: nothing left to kill
    return end;
}

}  // namespace oci::kernel
