// SPDX-License-Identifier: Apache-2.0
//
// replay FOLDER...: a fuzzer without libFuzzer: what is in the folders, and some thousand texts
// made of it by chance, the same ones each time. So every build runs the fuzzers for a moment,
// whichever compiler and sanitizer it has.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::vector<std::string> texts_in(int count, char** folders) {
    std::vector<std::string> texts;
    for (int at = 0; at < count; ++at)
        for (const auto& file : std::filesystem::recursive_directory_iterator{folders[at]}) {
            if (!file.is_regular_file()) continue;
            std::ifstream stream{file.path(), std::ios::binary};
            texts.emplace_back(std::istreambuf_iterator<char>{stream},
                               std::istreambuf_iterator<char>{});
        }
    std::ranges::sort(texts);
    return texts;
}

/// A part of one put into another, and some bytes changed.
std::string mixed(const std::vector<std::string>& texts, std::mt19937& chance) {
    const auto below = [&](std::size_t end) { return end == 0 ? 0 : chance() % end; };
    std::string text = texts[below(texts.size())];
    const std::string& other = texts[below(texts.size())];
    const std::size_t from = below(other.size());
    text.replace(below(text.size()), below(8), other, from, below(64));
    for (std::size_t changes = below(8); changes > 0 && !text.empty(); --changes)
        text[below(text.size())] = static_cast<char>(chance());
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> texts = texts_in(argc - 1, argv + 1);
    texts.emplace_back();
    for (const std::string& text : texts) run(text);

    constexpr int most = 5000;
    constexpr std::chrono::seconds patience{5};
    const auto begin = std::chrono::steady_clock::now();
    std::mt19937 chance{1};
    int count = 0;
    while (count < most && std::chrono::steady_clock::now() - begin < patience) {
        run(mixed(texts, chance));
        ++count;
    }
    std::printf("%zu texts, %d made of them\n1 passed, 0 failed, 0 skipped\n", texts.size(), count);
    return 0;
}
