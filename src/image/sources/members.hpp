// SPDX-License-Identifier: Apache-2.0
//
// members: the files of an image that somebody made, by name: a directory's, or those of a tar
// archive, which is read in as many passes as it takes and never extracted.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/sources/archive.hpp"

namespace oci::image::sources {

/// Gets a file and the name it was asked for by.
using Visitor = std::function<Result<void>(const std::string& name, ByteSource& content)>;

class Members {
public:
    Members() = default;
    Members(const Members&) = delete;
    Members& operator=(const Members&) = delete;
    virtual ~Members() = default;

    /// The name of the file itself, where `name` is a link to it. NotFound.
    [[nodiscard]] virtual Result<std::string> resolve(const std::string& name) const = 0;

    /// bytes. The name is a resolved one, as below.
    [[nodiscard]] virtual Result<std::uint64_t> size(const std::string& name) const = 0;

    /// Each file once, in an order that suits. What a visitor does not read is passed over.
    [[nodiscard]] virtual Result<void> visit(const std::vector<std::string>& names,
                                             const Visitor& visitor) = 0;

    /// The whole of a file of at most `most` bytes.
    [[nodiscard]] Result<std::string> text(const std::string& name, std::size_t most);
};

/// Symlinks are followed within the directory.
class DirectoryMembers final : public Members {
public:
    explicit DirectoryMembers(UniqueFd directory) : directory_{std::move(directory)} {}

    [[nodiscard]] Result<std::string> resolve(const std::string& name) const override;
    [[nodiscard]] Result<std::uint64_t> size(const std::string& name) const override;
    [[nodiscard]] Result<void> visit(const std::vector<std::string>& names,
                                     const Visitor& visitor) override;

private:
    [[nodiscard]] Result<UniqueFd> open(const std::string& name) const;

    UniqueFd directory_;
};

class ArchiveMembers final : public Members {
public:
    ArchiveMembers(UniqueFd file, std::map<std::string, Member> members)
        : file_{std::move(file)}, members_{std::move(members)} {}

    [[nodiscard]] Result<std::string> resolve(const std::string& name) const override;
    [[nodiscard]] Result<std::uint64_t> size(const std::string& name) const override;
    [[nodiscard]] Result<void> visit(const std::vector<std::string>& names,
                                     const Visitor& visitor) override;

private:
    UniqueFd file_;
    std::map<std::string, Member> members_;
};

/// All members, as long as their names are such as an archive of an image has; nothing once one
/// is seen that is of a root file system. InvalidConfig for two files of one name.
[[nodiscard]] Result<std::optional<std::map<std::string, Member>>> list_image_archive(FdView file);

}  // namespace oci::image::sources
