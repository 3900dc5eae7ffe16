// SPDX-License-Identifier: Apache-2.0
//
// child: a verb of oci-rt, run and listened to.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string_view>

#include "kernel/process.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

/// The last that somebody said.
class Words {
public:
    void add(std::string_view bytes) noexcept;
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }
    void clear() noexcept { size_ = 0; }

private:
    std::array<char, 8192> bytes_;
    std::size_t size_ = 0;
};

/// What a child has for standard input, output and error.
struct Streams {
    FdView input;
    FdView output;
    FdView error;
};

/// Starts it with the caller's OOM score, in no session of its own, with no other descriptor.
/// argv: argv[0] is the path, the last one null.
kernel::SysResult<kernel::Process> start_child(char* const* argv, const Streams& streams,
                                               std::string_view oom_score) noexcept;

}  // namespace oci::monitor
