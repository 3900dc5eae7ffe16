// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/explain.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::io {
namespace {

/// The spec's 10…1000, as BFQ has it, to 1…10000 of io.weight.
unsigned io_weight(unsigned weight) { return 1 + (weight - 10) * 9999 / 990; }

Result<void> check_weight(unsigned weight, std::string_view property) {
    if (weight >= 10 && weight <= 1000) return {};
    return fail(ErrorKind::InvalidConfig, "{}: {} is not between 10 and 1000", property, weight);
}

/// prefix: "" or "MAJOR:MINOR ". BFQ takes part only where its scheduler is loaded.
Result<void> add_weight(unsigned weight, const std::string& property, const std::string& prefix,
                        Writes& writes) {
    if (weight == 0) return {};
    OCI_TRY(check_weight(weight, property));
    writes.push_back({.property = property,
                      .controller = "io",
                      .file = "io.bfq.weight",
                      .value = fmt::format("{}{}", prefix, weight),
                      .other_file = "io.weight",
                      .other_value = fmt::format("{}{}", prefix, io_weight(weight))});
    return {};
}

template <typename Entry>
Result<std::string> device_of(const Entry& entry, const std::string& property) {
    if (entry.major < 0 || entry.minor < 0)
        return fail(ErrorKind::InvalidConfig, "{}: {}:{} is no device number", property,
                    entry.major, entry.minor);
    return fmt::format("{}:{}", entry.major, entry.minor);
}

struct Throttle {
    std::string_view property;
    std::string_view key;
    std::vector<ThrottleDevice> BlockIoResources::*devices;
};
constexpr std::array throttles{
    Throttle{"throttleReadBpsDevice", "rbps", &BlockIoResources::read_bytes},
    Throttle{"throttleWriteBpsDevice", "wbps", &BlockIoResources::write_bytes},
    Throttle{"throttleReadIOPSDevice", "riops", &BlockIoResources::read_operations},
    Throttle{"throttleWriteIOPSDevice", "wiops", &BlockIoResources::write_operations},
};

Result<void> add_throttles(const Throttle& throttle, const BlockIoResources& block_io,
                           Writes& writes) {
    std::size_t index = 0;
    for (const ThrottleDevice& device : block_io.*throttle.devices) {
        const std::string property =
            fmt::format("/linux/resources/blockIO/{}/{}", throttle.property, index++);
        const std::string number = OCI_TRY(device_of(device, property));
        const std::string rate = device.rate == 0 ? "max" : std::to_string(device.rate);
        writes.push_back({.property = property,
                          .controller = "io",
                          .file = "io.max",
                          .value = fmt::format("{} {}={}", number, throttle.key, rate),
                          .is_default = device.rate == 0});
    }
    return {};
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    const BlockIoResources& block_io = resources.block_io;
    OCI_TRY(add_weight(block_io.weight.value_or(0), "/linux/resources/blockIO/weight", "", writes));
    std::size_t index = 0;
    for (const WeightDevice& device : block_io.weight_devices) {
        const std::string property =
            fmt::format("/linux/resources/blockIO/weightDevice/{}", index++);
        const std::string number = OCI_TRY(device_of(device, property));
        OCI_TRY(add_weight(device.weight, property, number + " ", writes));
    }
    for (const Throttle& throttle : throttles) {
        OCI_TRY(add_throttles(throttle, block_io, writes));
    }
    return {};
}

}  // namespace oci::cgroups::io
