// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

TEST_CASE("a key of unified is the name of a file of a controller") {
    const auto unified = [](const std::string& key) {
        return refusal(with_resources("\"unified\":{\"" + key + "\":\"1\"}"));
    };
    for (const char* key : {"memory.high", "io.bfq.weight", "hugetlb.2MB.rsvd.max", "misc.a-b"}) {
        INFO(key);
        CHECK(unified(key) == "accepted");
    }
    for (const char* key :
         {"", "memory", ".high", "memory.", "memory..high", "../memory.high", "memory.high/x",
          "a/b.c", "Memory.high", "memory.high\\n", "a b.c", "../cgroup.max.depth"}) {
        INFO(key);
        CHECK(unified(key).starts_with("/linux/resources/unified: "));
    }
}

TEST_CASE("a page size looks like 2MB") {
    const auto size = [](const std::string& text) {
        return refusal(
            with_resources("\"hugepageLimits\":[{\"pageSize\":\"" + text + "\",\"limit\":1}]"));
    };
    for (const char* text : {"64KB", "2MB", "1GB"}) CHECK(size(text) == "accepted");
    for (const char* text :
         {"", "MB", "2", "2mb", "2MiB", "02MB", "-2MB", "2MB/", "../../x", "2 MB"})
        CHECK(size(text).starts_with("/linux/resources/hugepageLimits/0/pageSize: "));
}

TEST_CASE("a weight is from 10 to 1000") {
    CHECK(refusal(with_resources(R"("blockIO":{"weight":9})")) ==
          "/linux/resources/blockIO/weight: must be from 10 to 1000 (is 9)");
    CHECK(refusal(with_resources(R"("blockIO":{"weight":1000})")) == "accepted");
    CHECK(refusal(with_resources(
              R"("blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":1001}]})")) ==
          "/linux/resources/blockIO/weightDevice: 8:0: weight must be from 10 to 1000 (is 1001)");
}

TEST_CASE("a cpu set is a list of numbers") {
    CHECK(refusal(with_resources(R"("cpu":{"cpus":"0-3,7"})")) == "accepted");
    CHECK(refusal(with_resources(R"("cpu":{"cpus":"all"})")) ==
          "/linux/resources/cpu/cpus: must be a list like 0-3,7");
    CHECK(refusal(with_resources(R"("cpu":{"mems":"0\n1"})")) ==
          "/linux/resources/cpu/mems: must be a list like 0-3,7");
}

TEST_CASE("an rdma device is one word") {
    CHECK(refusal(with_resources(R"("rdma":{"mlx5_1":{"hcaHandles":3}})")) == "accepted");
    CHECK(refusal(with_resources(R"("rdma":{"a b":{}})")) ==
          "/linux/resources/rdma: \"a b\" is no name of a device");
    CHECK(refusal(with_resources(R"("rdma":{"":{}})")).starts_with("/linux/resources/rdma: "));
}
