// SPDX-License-Identifier: Apache-2.0
#include "image/run/random_name.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace oci::image::run {
namespace {

constexpr std::array<std::string_view, 64> qualities{
    "agile",   "amber",  "ample",  "ancient", "bold",    "brave",  "bright", "brisk",
    "calm",    "candid", "clear",  "clever",  "coastal", "crisp",  "daring", "deft",
    "distant", "eager",  "early",  "elegant", "fair",    "fierce", "fluent", "fond",
    "frosty",  "gentle", "gifted", "golden",  "grand",   "happy",  "hardy",  "honest",
    "humble",  "jolly",  "keen",   "kind",    "lively",  "lucid",  "lucky",  "mellow",
    "merry",   "modest", "nimble", "noble",   "patient", "placid", "polite", "proud",
    "quick",   "quiet",  "rapid",  "serene",  "sharp",   "silent", "silver", "smooth",
    "steady",  "sunny",  "swift",  "tidy",    "upbeat",  "vivid",  "warm",   "wise"};

constexpr std::array<std::string_view, 64> animals{
    "albatross", "alpaca",  "badger",  "beaver",  "bison",    "bittern",   "bobcat",  "camel",
    "caribou",   "cheetah", "cicada",  "condor",  "corgi",    "cormorant", "coyote",  "crane",
    "cricket",   "curlew",  "dolphin", "donkey",  "dormouse", "eagle",     "egret",   "falcon",
    "ferret",    "finch",   "gannet",  "gazelle", "gecko",    "gibbon",    "goshawk", "grouse",
    "hamster",   "hare",    "heron",   "hoopoe",  "ibex",     "jackdaw",   "kestrel", "lapwing",
    "lemur",     "linnet",  "lynx",    "magpie",  "marmot",   "marten",    "merlin",  "newt",
    "ocelot",    "osprey",  "otter",   "owl",     "pelican",  "plover",    "puffin",  "quail",
    "raven",     "sparrow", "stoat",   "swallow", "tapir",    "tern",      "walrus",  "wombat"};

}  // namespace

std::string random_name(std::uint64_t number, unsigned attempt) {
    constexpr unsigned attempts_without_number = 8;
    constexpr unsigned numbers = 10'000;
    const std::string name = fmt::format("{}_{}", qualities[number % qualities.size()],
                                         animals[number / qualities.size() % animals.size()]);
    if (attempt < attempts_without_number) return name;
    return fmt::format("{}{}", name, number / qualities.size() / animals.size() % numbers);
}

}  // namespace oci::image::run
