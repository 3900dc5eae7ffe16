// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/warnings.hpp"

#include <fmt/format.h>

#include "image/unpack/entry_path.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::array<std::string_view, 5> texts{
    "device nodes are left out",
    "extended attributes are left out, as the kernel refuses them",
    "extended attributes are left out, as they are the host's",
    "files of aufs are left out",
    "archives go on behind their end",
};

}  // namespace

void Warnings::add(Omission kind, std::string_view where) {
    Seen& seen = seen_.at(static_cast<std::size_t>(kind));
    if (seen.count++ == 0) seen.first = where;
}

std::vector<std::string> Warnings::lines() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const Seen& seen = seen_.at(i);
        if (seen.count == 0) continue;
        all.push_back(
            fmt::format("{} {}, the first: {}", seen.count, texts.at(i), shown(seen.first)));
    }
    return all;
}

}  // namespace oci::image::unpack
