// SPDX-License-Identifier: Apache-2.0
//
// speech: what the container says and hears. Its output goes into the log and to who is
// attached; what they say is its input.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "monitor/clients.hpp"
#include "monitor/log_file.hpp"
#include "monitor/poll_set.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

/// Our ends, all of which never wait. With a terminal, output and input are its master.
struct Ends {
    UniqueFd output;
    UniqueFd error;
    UniqueFd input;
};

class Speech {
public:
    Speech(Ends ends, LogFile log) : ends_{std::move(ends)}, log_{std::move(log)} {}

    void watch(PollSet& set);
    void handle(const PollSet& set);

    /// Reads what is still there, up to what a pipe can hold many times over.
    void drain();

    /// Gives those who are attached a moment for the rest.
    void part();

    void close_input() noexcept { ends_.input.reset(); }
    [[nodiscard]] Clients& clients() noexcept { return clients_; }
    [[nodiscard]] LogFile& log() noexcept { return log_; }
    [[nodiscard]] const Ends& ends() const noexcept { return ends_; }

    /// Memory that a burst has taken, given back when nothing has come for a while.
    [[nodiscard]] bool has_spare_memory() const noexcept { return has_spare_memory_; }
    void release_memory() noexcept;

private:
    bool take(UniqueFd& from, Stream stream);
    void handle_clients(const PollSet& set);
    void write_input();

    Ends ends_;
    LogFile log_;
    Clients clients_;
    std::array<char, 4096> heard_;
    std::size_t heard_begin_ = 0;
    std::size_t heard_end_ = 0;
    bool closes_input_ = false;
    bool has_spare_memory_ = false;
    std::size_t output_place_ = PollSet::nowhere;
    std::size_t error_place_ = PollSet::nowhere;
    std::size_t input_place_ = PollSet::nowhere;
};

}  // namespace oci::monitor
