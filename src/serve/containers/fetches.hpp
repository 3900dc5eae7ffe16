// SPDX-License-Identifier: Apache-2.0
//
// fetches: images on their way from a registry. One process for each image, however many wait for
// it; it ends when nobody does any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "serve/containers/runtime_calls.hpp"

namespace oci::serve {

class Fetches {
public:
    using Ticket = std::uint64_t;
    using Layers = std::vector<LayerProgress>;
    struct Listener {
        std::function<void(const Layers& layers)> on_progress{};
        std::function<void(std::optional<Refusal> refusal)> on_end{};
    };

    explicit Fetches(RuntimeCalls& calls) : calls_{calls} {}

    /// Nothing if too many are waiting for their turn already.
    std::optional<Ticket> join(const std::string& image, const std::string& platform,
                               Listener listener);
    struct Counts {
        std::size_t running = 0;
        std::size_t waiting = 0;
        std::map<std::string, std::uint64_t, std::less<>> bytes{};  ///< By registry.
        std::uint64_t retries = 0;
        std::uint64_t failed = 0;
    };
    [[nodiscard]] Counts counts() const;

    /// The listener hears nothing any more. What was fetched is kept, and gone on with next time.
    void leave(Ticket ticket);

private:
    struct Fetch {
        std::string image;
        std::string platform;
        bool is_begun = false;
        Children::Id child = 0;
        Layers layers{};
        std::map<Ticket, Listener> listeners{};
    };
    using Key = std::pair<std::string, std::string>;

    void begin_next();
    void begin(const std::shared_ptr<Fetch>& fetch);
    bool progress(Fetch& fetch, std::string_view line);
    void count(const Fetch& fetch, const LayerProgress& before, const LayerProgress& now);
    void end(const std::shared_ptr<Fetch>& fetch, const ChildEnd& end);

    RuntimeCalls& calls_;
    Ticket last_ = 0;
    std::map<Key, std::shared_ptr<Fetch>> fetches_{};
    std::vector<std::shared_ptr<Fetch>> waiting_{};
    std::size_t running_ = 0;
    Counts counts_{};
};

}  // namespace oci::serve
