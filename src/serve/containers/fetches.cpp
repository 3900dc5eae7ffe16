// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/fetches.hpp"

#include <algorithm>

namespace oci::serve {
namespace {

constexpr std::size_t most_at_once = 4;
constexpr std::size_t most_waiting = 64;

}  // namespace

std::optional<Fetches::Ticket> Fetches::join(const std::string& image, const std::string& platform,
                                             Listener listener) {
    const Key key{image, platform};
    const auto found = fetches_.find(key);
    const Ticket ticket = ++last_;
    if (found != fetches_.end()) {
        if (!found->second->layers.empty()) listener.on_progress(found->second->layers);
        found->second->listeners.emplace(ticket, std::move(listener));
        return ticket;
    }
    if (waiting_.size() >= most_waiting) return std::nullopt;
    auto fetch = std::make_shared<Fetch>(Fetch{.image = image, .platform = platform});
    fetch->listeners.emplace(ticket, std::move(listener));
    fetches_.emplace(key, fetch);
    waiting_.push_back(std::move(fetch));
    begin_next();
    return ticket;
}

void Fetches::begin_next() {
    while (running_ < most_at_once && !waiting_.empty()) {
        const std::shared_ptr<Fetch> next = waiting_.front();
        waiting_.erase(waiting_.begin());
        ++running_;
        begin(next);
    }
}

void Fetches::begin(const std::shared_ptr<Fetch>& fetch) {
    fetch->is_begun = true;
    fetch->child = calls_.pull_image(
        fetch->image, fetch->platform,
        [this, fetch](std::string_view line) { return progress(*fetch, line); },
        [this, fetch](const ChildEnd& ended) { end(fetch, ended); });
}

/// Whether the line is progress, and no complaint.
bool Fetches::progress(Fetch& fetch, std::string_view line) {
    auto layer = read_progress(line);
    if (!layer) return false;
    const auto known = std::ranges::find(fetch.layers, layer->digest, &LayerProgress::digest);
    constexpr std::size_t most_layers = 256;
    if (known != fetch.layers.end()) {
        count(fetch, *known, *layer);
        *known = std::move(*layer);
    } else if (fetch.layers.size() < most_layers) {
        count(fetch, {}, *layer);
        fetch.layers.push_back(std::move(*layer));
    }
    const auto listeners = fetch.listeners;  // one of them may leave
    for (const auto& [ticket, listener] : listeners) listener.on_progress(fetch.layers);
    return true;
}

/// What was there before is not fetched.
void Fetches::count(const Fetch& fetch, const LayerProgress& before, const LayerProgress& now) {
    if (now.retries > before.retries) counts_.retries += now.retries - before.retries;
    if (now.state == "there" || now.done <= before.done) return;
    std::string registry{registry_of(fetch.image)};
    // Whoever makes up names shall not make up numbers to keep.
    constexpr std::size_t most_registries = 64;
    if (counts_.bytes.size() >= most_registries && !counts_.bytes.contains(registry))
        registry = "other";
    counts_.bytes[registry] += now.done - before.done;
}

Fetches::Counts Fetches::counts() const {
    Counts counts = counts_;
    counts.running = running_;
    counts.waiting = waiting_.size();
    return counts;
}

void Fetches::end(const std::shared_ptr<Fetch>& fetch, const ChildEnd& ended) {
    --running_;
    if (ended.status != 0) ++counts_.failed;
    const auto found = fetches_.find({fetch->image, fetch->platform});
    if (found != fetches_.end() && found->second == fetch) fetches_.erase(found);
    const auto listeners = std::move(fetch->listeners);
    begin_next();
    for (const auto& [ticket, listener] : listeners)
        listener.on_end(ended.status == 0
                            ? std::nullopt
                            : std::optional<Refusal>{refusal_with_code(
                                  ended, "registry-error", "the image could not be fetched")});
}

void Fetches::leave(Ticket ticket) {
    for (auto each = fetches_.begin(); each != fetches_.end(); ++each) {
        const std::shared_ptr<Fetch> fetch = each->second;
        if (fetch->listeners.erase(ticket) == 0) continue;
        if (!fetch->listeners.empty()) return;
        // Who comes now begins anew; the part that was fetched is found by its name.
        fetches_.erase(each);
        if (fetch->is_begun)
            calls_.end(fetch->child);
        else
            std::erase(waiting_, fetch);
        return;
    }
}

}  // namespace oci::serve
