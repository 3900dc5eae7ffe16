// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "oci-rt/unique_fd.hpp"

namespace test {

/// A directory that is gone after the test.
class TemporaryDirectory {
public:
    TemporaryDirectory() : path_{std::filesystem::temp_directory_path() / "oci-rt-test-XXXXXX"} {
        std::string name = path_.string();
        path_ = ::mkdtemp(name.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string path(std::string_view below = "") const {
        return below.empty() ? path_.string() : (path_ / below).string();
    }
    [[nodiscard]] oci::UniqueFd open() const {
        return oci::UniqueFd{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    }

    /// Directories on the way are made.
    std::string write(std::string_view name, std::string_view text, unsigned mode = 0644) const {
        const std::filesystem::path file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file} << text;
        std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
        return file.string();
    }

private:
    std::filesystem::path path_;
};

}  // namespace test
