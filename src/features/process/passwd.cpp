// SPDX-License-Identifier: Apache-2.0
#include "features/process/passwd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::passwd {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr std::size_t longest_line = 4096;

constexpr std::size_t uid_field = 2;
constexpr std::size_t home_field = 5;

bool is_acceptable(std::string_view home) noexcept {
    return home.starts_with('/') && std::ranges::none_of(home, [](char byte) {
               const auto code = static_cast<unsigned char>(byte);
               return code < 0x20U || code == 0x7FU;
           });
}

/// Never blocks on a FIFO, never reads a device.
kernel::SysResult<UniqueFd> open_passwd(FdView root) noexcept {
    UniqueFd file =
        OCI_TRY(kernel::open_in_root(root, "etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY));
    const struct stat status = OCI_TRY(kernel::status_of(file));
    if (!S_ISREG(status.st_mode)) return kernel::refuse(EINVAL, "open");
    if (static_cast<std::size_t>(status.st_size) > largest_file)
        return kernel::refuse(EFBIG, "open");
    return file;
}

/// Lines of a file, through a buffer in place; longer ones are left out.
class Lines {
public:
    explicit Lines(FdView file) noexcept : file_{file} {}

    /// False at the end, or after more bytes than a sane file has.
    bool next(std::string_view& line) noexcept {
        for (;;) {
            const std::string_view rest{buffer_.data() + begin_, end_ - begin_};
            const std::size_t stop = rest.find('\n');
            if (stop != std::string_view::npos) {
                begin_ += stop + 1;
                if (std::exchange(is_skipping_, false)) continue;
                line = rest.substr(0, stop);
                return true;
            }
            if (!is_done_ && fill()) continue;
            is_done_ = true;
            line = {buffer_.data() + begin_, end_ - begin_};
            begin_ = end_;
            return !line.empty() && !is_skipping_;
        }
    }

private:
    bool fill() noexcept {
        if (begin_ == 0 && end_ == buffer_.size()) {
            is_skipping_ = true;
            end_ = 0;
        }
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        end_ -= std::exchange(begin_, 0);
        const auto count =
            kernel::read_some(file_, std::span{buffer_}.subspan(end_, buffer_.size() - end_));
        if (!count || count.value() == 0) return false;
        end_ += count.value();
        total_ += count.value();
        return total_ <= largest_file;
    }

    FdView file_;
    std::array<char, longest_line> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t total_ = 0;
    bool is_skipping_ = false;
    bool is_done_ = false;
};

}  // namespace

std::string_view home_in_line(std::string_view line, uid_t uid) noexcept {
    std::array<std::string_view, home_field + 1> field{};
    for (std::size_t i = 0; i < field.size(); ++i) {
        const std::size_t stop = line.find(':');
        const bool is_last = i == home_field;  // the shell behind it may be missing
        if (stop == std::string_view::npos && !is_last) return {};
        field[i] = line.substr(0, stop);
        if (!is_last) line.remove_prefix(stop + 1);
    }
    if (parse_number<std::uint32_t>(field[uid_field]) != uid) return {};
    return is_acceptable(field[home_field]) ? field[home_field] : std::string_view{};
}

std::string_view home_of(FdView root, uid_t uid, std::span<char> buffer) noexcept {
    const auto file = open_passwd(root);
    if (!file) return {};
    Lines lines{file.value()};
    for (std::string_view line; lines.next(line);) {
        const std::string_view home = home_in_line(line, uid);
        if (home.empty() || home.size() > buffer.size()) continue;
        std::copy(home.begin(), home.end(), buffer.begin());
        return {buffer.data(), home.size()};
    }
    return {};
}

}  // namespace oci::passwd
