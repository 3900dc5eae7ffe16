// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/processors.hpp"

#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace {

using oci::cgroups::LentProcessors;

std::string list_in(const test::TemporaryDirectory& directory) {
    return oci::kernel::read_text(oci::kernel::here, directory.path("cpuset.cpus").c_str(), 64)
        .value();
}

TEST_CASE("processors are lent and given back") {
    const test::TemporaryDirectory directory;
    directory.write("cpuset.cpus", "1\n\n");
    const oci::UniqueFd cgroup = directory.open();
    auto lent = LentProcessors::lend(cgroup);
    REQUIRE(lent);
    // A file of the kernel takes each write as a whole; this one keeps what lies behind.
    CHECK(list_in(directory).starts_with("\n"));
    REQUIRE(lent.value().give_back());
    CHECK(list_in(directory).starts_with("1\n"));
}

TEST_CASE("an error gives processors back, too") {
    const test::TemporaryDirectory directory;
    directory.write("cpuset.cpus", "0\n");
    const oci::UniqueFd cgroup = directory.open();
    { const auto lent = LentProcessors::lend(cgroup); }
    CHECK(list_in(directory).starts_with("0\n"));
}

TEST_CASE("where nothing is taken away nothing is lent") {
    const test::TemporaryDirectory directory;
    const oci::UniqueFd cgroup = directory.open();
    CHECK(LentProcessors::lend(cgroup));
    CHECK(LentProcessors::lend(oci::FdView{-1}));
    directory.write("cpuset.cpus", "\n");
    CHECK(LentProcessors::lend(cgroup));
    CHECK(list_in(directory) == "\n");
}

}  // namespace
