// SPDX-License-Identifier: Apache-2.0
#include "engine/interruption.hpp"

#include "kernel/signals.hpp"

namespace oci::engine {

Interruption::Interruption() noexcept {
    const sigset_t wanted = kernel::ending_signals();
    auto signals = kernel::open_signals(wanted);
    if (!signals) return;
    const auto before = kernel::block_signals(wanted);
    if (!before) return;
    before_ = before.value();
    signals_ = std::move(signals).value();
}

Interruption::~Interruption() {
    if (!signals_) return;
    for (;;) {
        const auto signal = kernel::next_signal(signals_);
        if (!signal || signal.value() == 0) break;
    }
    (void)kernel::set_signal_mask(before_);  // cannot fail with a mask that was in force
}

}  // namespace oci::engine
