// SPDX-License-Identifier: Apache-2.0
//
// A directory of files that looks like a cgroup, for what needs no kernel behind it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace oci::test {

/// Removed with all inside at the end of the scope.
class FakeTree {
public:
    FakeTree() {
        std::string pattern = (std::filesystem::temp_directory_path() / "oci-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        root_ = pattern;
    }
    FakeTree(const FakeTree&) = delete;
    FakeTree& operator=(const FakeTree&) = delete;
    ~FakeTree() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] const std::string& root() const noexcept { return root_; }

    /// Makes a file and the directories on the way.
    void put(const std::string& path, const std::string& text = "") const {
        const std::filesystem::path file = root_ + "/" + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file} << text;
    }
    void make_directory(const std::string& path) const {
        std::filesystem::create_directories(root_ + "/" + path);
    }
    [[nodiscard]] std::string text_of(const std::string& path) const {
        std::ifstream file{root_ + "/" + path};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] bool has(const std::string& path) const {
        return std::filesystem::exists(root_ + "/" + path);
    }

private:
    std::string root_;
};

}  // namespace oci::test
