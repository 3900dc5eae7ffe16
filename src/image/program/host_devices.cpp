// SPDX-License-Identifier: Apache-2.0
#include "image/program/host_devices.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

/// A container has these of its own.
constexpr std::array<std::string_view, 7> own_places{
    "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx", "/dev/tty"};
constexpr std::array<std::string_view, 5> always_there{"/dev/null", "/dev/zero", "/dev/full",
                                                       "/dev/random", "/dev/urandom"};

bool is_device(const struct stat& status) {
    return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
}

run::HostDevice device_of(const std::string& path, const struct stat& status) {
    return {.path = path,
            .kind = S_ISBLK(status.st_mode) ? 'b' : 'c',
            .major = major(status.st_rdev),
            .minor = minor(status.st_rdev),
            .mode = status.st_mode & 07777U,
            .uid = status.st_uid,
            .gid = status.st_gid};
}

/// What is mounted below, or cannot be read, is left out.
void add_all_below(const std::string& path, dev_t filesystem, int depth,
                   std::vector<run::HostDevice>& out) {
    constexpr int deepest = 4;
    const auto directory = kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY);
    if (!directory || depth > deepest) return;
    const auto names = kernel::read_directory(directory.value());
    if (!names) return;
    for (const std::string& name : names.value()) {
        const std::string below = path + '/' + name;
        const auto status = kernel::status_of(directory.value(), name.c_str());
        if (!status || status.value().st_dev != filesystem) continue;
        if (std::ranges::count(own_places, below) > 0 ||
            std::ranges::count(always_there, below) > 0)
            continue;
        if (S_ISDIR(status.value().st_mode)) add_all_below(below, filesystem, depth + 1, out);
        if (is_device(status.value())) out.push_back(device_of(below, status.value()));
    }
}

}  // namespace

Result<std::vector<run::HostDevice>> find_devices(const std::vector<run::Device>& devices,
                                                  bool all) {
    std::vector<run::HostDevice> found;
    for (const run::Device& device : devices) {
        const struct stat status =
            OCI_TRY(explain(kernel::status_behind(kernel::here, device.source.c_str()),
                            "--device: cannot use {}", device.source));
        if (!is_device(status))
            return fail(ErrorKind::InvalidConfig, "--device: {} is no device", device.source);
        found.push_back(device_of(device.path, status));
        found.back().rights = device.rights;
    }
    const auto status = kernel::status_of(kernel::here, "/dev");
    if (all && status) add_all_below("/dev", status.value().st_dev, 0, found);
    return found;
}

}  // namespace oci::image::program
