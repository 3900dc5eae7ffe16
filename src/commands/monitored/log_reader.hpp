// SPDX-License-Identifier: Apache-2.0
//
// log reader: the records of a log and its predecessors, from the oldest on, however often it is
// renamed meanwhile.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/log_line.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::commands {

class LogReader {
public:
    /// path: of the file that is written to; files: how many there may be with its predecessors.
    static Result<LogReader> open(std::string path, unsigned files);

    /// The next record; nullopt: none is there now.
    Result<std::optional<LogLine>> next();

private:
    LogReader(std::string path, unsigned files) : path_{std::move(path)}, files_{files} {}

    Result<void> open_all();
    std::optional<LogLine> take_line();
    Result<bool> read_more();
    bool follow_rename();

    std::string path_;
    unsigned files_;
    std::deque<UniqueFd> waiting_;  ///< Files after the current one, oldest first.
    UniqueFd file_;
    std::string text_;  ///< Read, and from begin_ on not yet told.
    std::size_t begin_ = 0;
};

/// The last so many lines of what is there; with the beginning of one that is not complete.
Result<std::vector<LogLine>> read_tail(LogReader& reader, std::uint64_t lines,
                                       const std::string& since);

}  // namespace oci::commands
