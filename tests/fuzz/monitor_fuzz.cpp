// SPDX-License-Identifier: Apache-2.0
//
// Packets to a monitor, its files, and lines of logs: whatever they are, they are refused or
// understood.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "monitor/log_record.hpp"
#include "monitor/record.hpp"
#include "monitor/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    oci::monitor::Request request;
    (void)oci::monitor::read_request(text, size % 5, request);
    (void)oci::monitor::read_record(text);
    (void)oci::monitor::read_exit(text);
    (void)oci::monitor::read_log_record(text);
    if (!text.empty() && oci::monitor::next_portion(text).text.empty()) __builtin_trap();
    return 0;
}
