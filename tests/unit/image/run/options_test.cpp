// SPDX-License-Identifier: Apache-2.0
#include "image/run/options.hpp"

#include "base/explain.hpp"
#include "support/catch.hpp"

using namespace oci;
using namespace oci::image;

namespace {

Result<run::Options> parse(std::vector<std::string> words) {
    run::Surroundings surroundings;
    surroundings.directory = "/here";
    surroundings.variable = [](const std::string& name) -> std::optional<std::string> {
        if (name == "GIVEN") return "value";
        return std::nullopt;
    };
    surroundings.read_file = [](const std::string& path) -> Result<std::string> {
        if (path == "good") return std::string{"# comment\n\n A=1\nGIVEN\nMISSING\r\n"};
        return fail(ErrorKind::NotFound, "cannot read {}", path);
    };
    words.insert(words.end(), {"--", "image", "command", "-x"});
    return run::parse_options(words, surroundings);
}

run::Options good(std::vector<std::string> words) {
    const auto parsed = parse(std::move(words));
    INFO((parsed ? std::string{} : parsed.error().message));
    REQUIRE(parsed);
    return parsed.value();
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("words behind the dashes are the image and its command") {
    const run::Options options = good({});
    CHECK(options.image == "image");
    CHECK(options.command == Words{"command", "-x"});
    CHECK_FALSE(options.remove);
    CHECK_FALSE(run::parse_options({"--"}, {}));
    CHECK_FALSE(run::parse_options({}, {}));
}

TEST_CASE("a variable without a value is the caller's, if there is one") {
    CHECK(good({"--env=A=b=c", "--env=GIVEN", "--env=MISSING"}).environment ==
          Words{"A=b=c", "GIVEN=value"});
    CHECK(good({"--env-file=good"}).environment == Words{"A=1", "GIVEN=value"});
    CHECK_FALSE(parse({"--env-file=bad"}));
    CHECK_FALSE(parse({"--env=="}));
}

TEST_CASE("amounts of bytes have units") {
    CHECK(run::parse_bytes("1024") == 1024);
    CHECK(run::parse_bytes("64m") == 64 << 20);
    CHECK(run::parse_bytes("64M") == 64 << 20);
    CHECK(run::parse_bytes("1.5k") == 1536);
    CHECK(run::parse_bytes("2gb") == std::int64_t{2} << 30);
    CHECK(run::parse_bytes("2GiB") == std::int64_t{2} << 30);
    CHECK(run::parse_bytes("7b") == 7);
    for (const char* text : {"", "m", "-1", "1x", "1mm", "9999999999999g", "0x10", "1e3"})
        CHECK_FALSE(run::parse_bytes(text));
}

TEST_CASE("limits are those of config.json") {
    const run::Options options =
        good({"--memory=64m", "--memory-swap=-1", "--cpus=1.5", "--pids=7", "--cpu-shares=512"});
    CHECK(options.memory == 64 << 20);
    CHECK(options.memory_and_swap == -1);
    CHECK(options.processor_quota == 150'000);
    CHECK(options.processes == 7);
    CHECK(options.processor_shares == 512U);
    for (const char* word : {"--memory=x", "--memory=0", "--memory-swap=1g", "--cpus=0",
                             "--cpus=-1", "--cpus=1.", "--pids-limit=-2", "--cpu-shares=1"}) {
        INFO(word);
        CHECK_FALSE(parse({word}));
    }
    CHECK_FALSE(parse({"--memory=2g", "--memory-swap=1g"}));
}

TEST_CASE("a volume is of the host, of the store or of the container") {
    const auto volume = [](const std::string& text) {
        return good({"--volume=" + text}).volumes.at(0);
    };
    CHECK(volume("/a/../b:/c").source == "/b");
    CHECK(volume("./a:/c").source == "/here/a");
    CHECK(volume("data:/c").source == "data");
    CHECK(volume("/c").source.empty());
    CHECK(volume("/c").path == "/c");
    CHECK(volume("data:/c/:ro,nocopy").options == Words{"ro", "rbind", "rprivate"});
    CHECK_FALSE(volume("data:/c:ro,nocopy").copies);
    CHECK(volume("/a:/c:bind,rslave,z").options == Words{"bind", "rslave"});
    for (const char* text :
         {"", "c", "/a:c", "/a:/", "/a:/c:what", "a b:/c", "/a:/b:ro:x", "../:/..", "data:/c:U"}) {
        INFO(text);
        CHECK_FALSE(parse({std::string{"--volume="} + text}));
    }
}

TEST_CASE("a mount is a volume or a tmpfs in other words") {
    const run::Volume own = good({"--mount=target=/a,ro"}).volumes.at(0);
    CHECK((own.source.empty() && own.path == "/a" && own.options.front() == "ro"));
    const run::Volume bind =
        good({"--mount=type=bind,src=./x,dst=/a,bind-propagation=rslave"}).volumes.at(0);
    CHECK((bind.source == "/here/x" && bind.options == Words{"rslave", "rbind"}));
    CHECK(good({"--mount=type=bind,src=/x,dst=/a,readonly=false"}).volumes.at(0).options ==
          Words{"rw", "rbind", "rprivate"});
    CHECK_FALSE(good({"--mount=src=data,dst=/a,volume-nocopy"}).volumes.at(0).copies);
    CHECK(good({"--mount=type=tmpfs,dst=/a,tmpfs-mode=700"}).tmpfs.at(0).options.back() ==
          "mode=700");
    for (const char* text :
         {"", "dst=a", "type=bind,dst=/a", "type=bind,src=x,dst=/a", "src=/x,dst=/a",
          "type=tmpfs,src=x,dst=/a", "dst=/a,what=false", "dst=/a,src=b:c", "type=image,dst=/a"}) {
        INFO(text);
        CHECK_FALSE(parse({std::string{"--mount="} + text}));
    }
}

TEST_CASE("capabilities are written with CAP_ or without") {
    const run::Options options =
        good({"--cap-add=sys_time", "--cap-add=CAP_CHOWN", "--cap-drop=all"});
    CHECK(options.added_capabilities == Words{"CAP_SYS_TIME", "CAP_CHOWN"});
    CHECK(options.dropped_capabilities == Words{"ALL"});
    CHECK_FALSE(parse({"--cap-add=a b"}));
}

TEST_CASE("security options") {
    const run::Options options =
        good({"--security-opt=no-new-privileges", "--security-opt=seccomp=profile.json",
              "--security-opt=apparmor=x", "--security-opt=label=disable"});
    CHECK(options.no_new_privileges);
    CHECK(options.seccomp == "/here/profile.json");
    CHECK(options.apparmor == "x");
    CHECK(options.selinux.empty());
    CHECK(good({"--security-opt=seccomp=unconfined"}).seccomp == "unconfined");
    CHECK_FALSE(good({"--security-opt=no-new-privileges:false"}).no_new_privileges);
    CHECK_FALSE(parse({"--security-opt=what"}));
    CHECK_FALSE(parse({"--security-opt=seccomp"}));
}

TEST_CASE("a label says nothing to the runtime, an annotation does") {
    CHECK(good({"--label=a=b"}).annotations.at(0).second == "b");
    CHECK(good({"--annotation=run.oci.x=y"}).annotations.at(0).first == "run.oci.x");
    CHECK_FALSE(parse({"--label=run.oci.x=y"}));
    CHECK_FALSE(parse({"--label=org.systemd.property.X=1"}));
    CHECK_FALSE(parse({"--label==y"}));
}

TEST_CASE("devices, ulimits and places in memory") {
    const run::Device device = good({"--device=/dev/fuse:r"}).devices.at(0);
    CHECK((device.path == "/dev/fuse" && device.rights == "r"));
    CHECK(good({"--device=/dev/a:/dev/b:rw"}).devices.at(0).path == "/dev/b");
    CHECK_FALSE(parse({"--device=fuse"}));
    CHECK_FALSE(parse({"--device=/dev/a:/dev/b:x"}));
    const run::Ulimit limit = good({"--ulimit=nofile=1:2"}).ulimits.at(0);
    CHECK((limit.name == "RLIMIT_NOFILE" && limit.soft == 1 && limit.hard == 2));
    CHECK(good({"--ulimit=core=-1"}).ulimits.at(0).hard == ~std::uint64_t{0});
    CHECK_FALSE(parse({"--ulimit=nofile=2:1"}));
    CHECK_FALSE(parse({"--ulimit=nofile"}));
    CHECK(good({"--tmpfs=/a:size=1m"}).tmpfs.at(0).options.back() == "size=1m");
    CHECK_FALSE(parse({"--tmpfs=a"}));
}

TEST_CASE("words of options are known, and go together") {
    CHECK(good({"--pull=always"}).pull == run::Pull::Always);
    CHECK(good({"--network=host"}).network == run::Network::Host);
    CHECK(good({}).network == run::Network::None);
    CHECK(good({"--publish=80:80"}).network == run::Network::Bridge);
    CHECK(good({"--container-ip=10.0.0.2", "--network=bridge"}).container_ip == "10.0.0.2");
    CHECK_FALSE(parse({"--publish=80:80", "--network=host"}));
    CHECK_FALSE(parse({"--network-ip=10.0.0.1/24", "--network=none"}));
    CHECK(good({"--rm=false"}).remove == false);
    CHECK(good({"--entrypoint="}).entrypoint->empty());
    for (const char* word :
         {"--pull=x", "--network=x", "--rm=yes", "--name=-x", "--name=a/b", "--hostname=a b",
          "--workdir=x", "--what=1", "--rootfs-mode=x", "word"}) {
        INFO(word);
        CHECK_FALSE(parse({word}));
    }
    CHECK(good({"--detach=true", "--tty=true"}).detach);
}
