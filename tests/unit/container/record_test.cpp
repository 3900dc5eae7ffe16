// SPDX-License-Identifier: Apache-2.0
#include "container/record.hpp"

#include "kernel/text_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;

namespace {

constexpr const char* clos = "/sys/fs/resctrl/box";
constexpr const char* monitoring = "/sys/fs/resctrl/box/mon_groups/box";

}  // namespace

TEST_CASE("a record remembers what of resctrl was made for the container") {
    const test::TemporaryDirectory directory;
    container::Record record;
    record.rdt = {clos, true, monitoring};
    REQUIRE(container::write_record(directory.open(), record));
    const auto read = container::read_record(directory.open());
    REQUIRE(read);
    CHECK(read.value().rdt.clos == clos);
    CHECK(read.value().rdt.makes_clos);
    CHECK(read.value().rdt.monitoring == monitoring);
}

TEST_CASE("a record without resctrl says nothing of it") {
    const test::TemporaryDirectory directory;
    REQUIRE(container::write_record(directory.open(), {}));
    const auto read = container::read_record(directory.open());
    REQUIRE(read);
    CHECK(read.value().rdt.clos.empty());
    CHECK_FALSE(read.value().rdt.makes_clos);
}

TEST_CASE("the record remembers whose unit the cgroup is") {
    const test::TemporaryDirectory directory;
    for (const bool of_user : {false, true}) {
        container::Record record;
        record.cgroup_driver = CgroupDriver::Systemd;
        record.cgroup = {"/sys/fs/cgroup", "/system.slice/x.scope", 0, "x.scope", of_user};
        REQUIRE(container::write_record(directory.open(), record));
        const auto read = container::read_record(directory.open());
        REQUIRE(read);
        CHECK(read.value().cgroup.unit == "x.scope");
        CHECK(read.value().cgroup.unit_of_user == of_user);
        CHECK(read.value().cgroup_driver == CgroupDriver::Systemd);
    }
}

TEST_CASE("what the OOM killer did is remembered, and nothing is none") {
    const test::TemporaryDirectory directory;
    CHECK(container::read_oom_kills(directory.open()) == 0);
    REQUIRE(container::write_oom_kills(directory.open(), 3));
    CHECK(container::read_oom_kills(directory.open()) == 3);
}

TEST_CASE("the recovery file names all that is about to be made") {
    const test::TemporaryDirectory directory;
    const container::Recovery recovery{.cgroup = {"/sys/fs/cgroup", "/box", 1, "box.scope", true},
                                       .init = {4711, 99, "boot"},
                                       .rdt = {clos, true, monitoring},
                                       .bundle = "/srv/two\nlines"};
    REQUIRE(container::write_recovery(directory.open(), recovery));
    const auto read = container::read_recovery(directory.open());
    REQUIRE(read);
    CHECK(read.value().cgroup.path == "/box");
    CHECK(read.value().cgroup.unit == "box.scope");
    CHECK(read.value().cgroup.unit_of_user);
    CHECK(read.value().init.pid == 4711);
    CHECK(read.value().rdt.clos == clos);
    CHECK(read.value().rdt.makes_clos);
    CHECK(read.value().rdt.monitoring == monitoring);
    CHECK(read.value().bundle == "/srv/two\nlines");
}

TEST_CASE("numbers of a record that do not fit are damage") {
    const test::TemporaryDirectory directory;
    container::Record record;
    record.init = {4711, 99, "boot"};
    REQUIRE(container::write_record(directory.open(), record));
    const std::string text = kernel::read_text(directory.open(), "state.json", 65536).value();
    const auto with = [&](std::string_view before, std::string_view after) {
        std::string changed = text;
        changed.replace(changed.find(before), before.size(), after);
        directory.write("state.json", changed);
        return static_cast<bool>(container::read_record(directory.open()));
    };
    CHECK(with("\"pid\":4711", "\"pid\":4712"));
    CHECK_FALSE(with("\"pid\":4711", "\"pid\":4294967297"));  // 1, if it were cut
    CHECK_FALSE(with("\"pid\":4711", "\"pid\":-1"));
    CHECK_FALSE(with("\"pid\":4711", "\"pid\":4711.0"));
    CHECK_FALSE(with("\"startTime\":99", "\"startTime\":5.7e58"));
    CHECK_FALSE(with("\"startTime\":99", "\"startTime\":\"99\""));
}

TEST_CASE("a recovery file that is damaged is no guess") {
    const test::TemporaryDirectory directory;
    for (const char* text :
         {"", "\n\n\n\n", "a\nb\n0\n1 2 c\n", "a\nb\n0\n1 2 c\nd\n1\n",
          "a\nb\n0\n1 2 c\nd\n1\ne\nf\n0\n", "a\nb\n0\n1 2 c\nd\n1\ne\nf\n0\n/g"}) {
        directory.write("recovery", text);
        CHECK_FALSE(container::read_recovery(directory.open()));
    }
}
