// SPDX-License-Identifier: Apache-2.0
//
// verb: oci-rt, called for one of its verbs and heard to the end.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/sys_result.hpp"
#include "monitor/child.hpp"
#include "monitor/options.hpp"
#include "monitor/speech.hpp"

namespace oci::monitor {

/// Why a container could not be made: a system call and its errno, or a verb and its status.
struct Mishap {
    const char* act = "";
    int code = 0;

    Mishap(const char* the_act, int the_code) noexcept : act{the_act}, code{the_code} {}
    explicit Mishap(const kernel::SysError& error) noexcept : act{error.call}, code{error.code} {}
};
template <typename T>
using Outcome = Result<T, Mishap>;

class Caller {
public:
    Caller(const Options& options, std::string_view oom_score) noexcept
        : options_{options}, oom_score_{oom_score} {}

    /// options: between the verb and the id. What is said on `heard`, which never waits, becomes
    /// words; the speech, if there is one already, goes on meanwhile.
    Outcome<void> call(const char* verb, const std::vector<char*>& options, const Streams& streams,
                       std::span<const FdView> heard, Speech* speech);

    /// The same with no input, no output, and its errors as words.
    Outcome<void> call(const char* verb, const std::vector<char*>& options, Speech* speech);

    [[nodiscard]] Words& words() noexcept { return words_; }

    /// Whether `create` has succeeded: from then on there is something to delete.
    [[nodiscard]] bool has_created() const noexcept { return has_created_; }

private:
    Outcome<int> listen(const kernel::Process& process, std::span<const FdView> heard,
                        Speech* speech);

    const Options& options_;
    std::string_view oom_score_;
    Words words_;
    bool has_created_ = false;
};

}  // namespace oci::monitor
