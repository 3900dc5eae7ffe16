// SPDX-License-Identifier: Apache-2.0
//
// exposition: numbers as Prometheus reads them (text format 0.0.4): what belongs to one name stands
// together, below what it means.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oci::serve::metrics {

/// Plain: it only grows, but its name, which everybody knows, does not say so.
enum class Kind : std::uint8_t { Counter, Gauge, Histogram, Plain };

/// Families are compared by address: each is one constant.
struct Family {
    std::string_view name;
    Kind kind;
    std::string_view help;
};

/// `name="alpine:3.19",image="…"`, escaped.
[[nodiscard]] std::string labels(
    std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

/// 1234567 microseconds as "1.234567".
[[nodiscard]] std::string seconds_text(std::uint64_t microseconds);

class Exposition {
public:
    /// suffix: of the name, as "_bucket". labels as above, or "".
    void add(const Family& family, std::string_view labels, std::string_view number,
             std::string_view suffix = {});
    void add(const Family& family, std::string_view labels, std::uint64_t number) {
        add(family, labels, std::to_string(number));
    }

    [[nodiscard]] std::string text() const;

private:
    std::vector<std::pair<const Family*, std::string>> families_{};
};

}  // namespace oci::serve::metrics
