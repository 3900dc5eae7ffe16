// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/devices.hpp"

#include <linux/bpf.h>

#include <map>
#include <string>

namespace oci::cgroups::systemd {
namespace {

std::string word_for(char type, const DeviceAccess& rule) {
    const std::string_view group = type == 'c' ? "char" : "block";
    if (!rule.major) return std::string{group} + "-*";
    if (!rule.minor) return std::string{group} + "-" + std::to_string(*rule.major);
    return "/dev/" + std::string{group} + "/" + std::to_string(*rule.major) + ":" +
           std::to_string(*rule.minor);
}

std::string letters_of(unsigned bits) {
    std::string letters;
    if ((bits & BPF_DEVCG_ACC_READ) != 0) letters += 'r';
    if ((bits & BPF_DEVCG_ACC_WRITE) != 0) letters += 'w';
    if ((bits & BPF_DEVCG_ACC_MKNOD) != 0) letters += 'm';
    return letters;
}

}  // namespace

Properties device_properties(const std::vector<DeviceAccess>& rules, bool allows_all,
                             const Listener& listener) {
    constexpr unsigned takes_numbers = 240;
    constexpr unsigned every_bit = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
    if (listener.version < takes_numbers) return {};
    Properties properties;
    // An empty list empties the list that the unit has; else the two would be joined.
    if (listener.is_running) properties.push_back({"DeviceAllow", array("(ss)", {})});
    if (allows_all) {
        properties.push_back({"DevicePolicy", string("auto")});
        return properties;
    }
    std::map<std::string, unsigned> allowed;
    for (const DeviceAccess& rule : rules) {
        const bool is_of_all = rule.type == 'a' && !rule.major && !rule.minor;
        if (!rule.allow && is_of_all && rule.bits == every_bit) allowed.clear();
        if (!rule.allow) continue;
        for (const char type : {'b', 'c'})
            if (rule.type == type || rule.type == 'a') allowed[word_for(type, rule)] |= rule.bits;
    }
    Value list = array("(ss)", {});
    for (const auto& [word, bits] : allowed)
        list.items.push_back(tuple({string(word), string(letters_of(bits))}));
    properties.push_back({"DevicePolicy", string("strict")});
    properties.push_back({"DeviceAllow", std::move(list)});
    return properties;
}

}  // namespace oci::cgroups::systemd
