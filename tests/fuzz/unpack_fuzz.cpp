// SPDX-License-Identifier: Apache-2.0
//
// Applies any bytes as layers to a directory, and looks whether anything beside it has changed.
//
// As root, with TMPDIR=/dev/shm.
// The first byte chooses how; then come one or two layers, the second behind the first's length in
// blocks. Checksums are put right, since no mutation would.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "image/unpack/unpack.hpp"
#include "support/tar_text.hpp"

namespace {

using namespace oci::image;

constexpr std::size_t block_size = 512;

std::string with_checksums(std::string archive) {
    for (std::size_t at = 0; at + block_size <= archive.size(); at += block_size) {
        const std::string block = archive.substr(at, block_size);
        if (block.compare(257, 5, "ustar") == 0)
            archive.replace(at, block_size, test::with_checksum(block));
    }
    return archive;
}

class Ground {
public:
    Ground() {
        char name[] = "/dev/shm/oci-rt-fuzz-XXXXXX";
        if (::mkdtemp(name) == nullptr) std::abort();
        path_ = name;
        for (const auto* folder : {"first", "second", "victim"})
            if (::mkdir((path_ + "/" + folder).c_str(), 0700) != 0) std::abort();
        struct stat status {};
        if (::stat((path_ + "/victim").c_str(), &status) != 0) std::abort();
        changed_ = status.st_ctim;
    }
    ~Ground() {
        struct stat status {};
        const bool touched = ::stat((path_ + "/victim").c_str(), &status) != 0 ||
                             status.st_ctim.tv_nsec != changed_.tv_nsec ||
                             status.st_ctim.tv_sec != changed_.tv_sec;
        std::size_t others = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{path_})
            ++others;
        if (touched || others != 3) std::abort();
        std::filesystem::remove_all(path_);
    }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    [[nodiscard]] oci::UniqueFd open(const char* folder) const {
        return oci::UniqueFd{::open((path_ + "/" + folder).c_str(), O_PATH | O_DIRECTORY)};
    }

private:
    std::string path_{};
    timespec changed_{};
};

bool apply_one(const std::string& archive, const LayerRequest& request) {
    test::TextSource source{with_checksums(archive), 4096};
    return static_cast<bool>(apply_layer(source, request));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const unsigned how = data[0];
    const std::string rest{reinterpret_cast<const char*>(data) + 2, size - 2};
    const std::size_t split = std::min(rest.size(), data[1] * block_size);
    const Ground ground;
    const oci::UniqueFd first = ground.open("first");
    const oci::UniqueFd second = ground.open("second");
    LayerRequest request;
    request.directory = first;
    request.limits.bytes = 1U << 20U;
    request.limits.entries = 200;
    request.form = (how & 1U) != 0 ? LayerForm::Flat : LayerForm::Overlay;
    request.in_user_namespace = (how & 2U) != 0;
    request.owners = (how & 4U) != 0 ? Owners::SquashAndRecord : Owners::Keep;
    request.device_nodes = (how & 8U) != 0 ? DeviceNodes::Make : DeviceNodes::Skip;
    if (!apply_one(rest.substr(0, split), request)) return 0;
    if (request.form == LayerForm::Overlay) {
        request.lower_layers.push_back(first);
        request.directory = second;
    }
    (void)apply_one(rest.substr(split), request);
    return 0;
}
