// SPDX-License-Identifier: Apache-2.0
#include "commands/prepared.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::commands {

Result<RootOverlay> read_overlay_file(const std::string& path) {
    constexpr std::size_t largest = std::size_t{1} << 18U;
    const std::string text = OCI_TRY(
        in_phase("arguments", explain(kernel::read_text(kernel::here, path.c_str(), largest),
                                      "--rootfs-overlay: cannot read {}", path)));
    return in_phase("arguments",
                    explain(spec::read_root_overlay(text), "--rootfs-overlay: {}", path));
}

Result<PreparedContainer> read_prepared_container(std::string_view text) {
    return explain(spec::read_prepared_container(text), "the answer of oci-rt-image");
}

}  // namespace oci::commands
