// SPDX-License-Identifier: Apache-2.0
#include "serve/http/tally.hpp"

#include <algorithm>

namespace oci::serve::http {

void Tally::count(std::string_view route, std::string_view method, unsigned status,
                  std::chrono::microseconds duration) {
    if (route.empty()) return count_refused(status);
    ++requests[{.route = std::string{route}, .method = std::string{method}, .status = status}];
    const auto took = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    Durations& all = durations[std::string{route}];
    ++all.count;
    all.sum += took;
    for (std::size_t at = 0; at < Durations::bounds.size(); ++at)
        if (took <= Durations::bounds.at(at)) ++all.within.at(at);
}

void Tally::count_refused(unsigned status) {
    ++requests[{.route = "other", .method = "other", .status = status}];
}

}  // namespace oci::serve::http
