// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

TEST_CASE("hooks are read list by list, in order") {
    const oci::Hooks hooks = accepted(config(R"("hooks":{
        "prestart":[{"path":"/1"}],"createRuntime":[{"path":"/2"},{"path":"/3"}],
        "createContainer":[{"path":"/4"}],"startContainer":[{"path":"/5"}],
        "poststart":[{"path":"/6"}],
        "poststop":[{"path":"/7","args":["seven","x"],"env":["A=1"],"timeout":5}]})"))
                                 .hooks;
    CHECK(hooks.prestart.at(0).path == "/1");
    CHECK(hooks.create_runtime.at(0).path == "/2");
    CHECK(hooks.create_runtime.at(1).path == "/3");
    CHECK(hooks.create_container.at(0).path == "/4");
    CHECK(hooks.start_container.at(0).path == "/5");
    CHECK(hooks.poststart.at(0).path == "/6");
    CHECK_FALSE(hooks.poststart.at(0).timeout);
    const oci::Hook& last = hooks.poststop.at(0);
    CHECK(last.args == std::vector<std::string>{"seven", "x"});
    CHECK(last.env == std::vector<std::string>{"A=1"});
    CHECK(last.timeout == std::chrono::seconds(5));
}

TEST_CASE("a hook of the wrong shape is refused") {
    CHECK(refusal(config(R"("hooks":{"poststop":[{}]})")) == "/hooks/poststop/0/path: is required");
    CHECK(refusal(config(R"("hooks":{"poststop":{}})")) ==
          "/hooks/poststop: must be an array of objects (is an object)");
    CHECK(refusal(config(R"("hooks":{"prestart":[{"path":"/x","timeout":"5"}]})"))
              .ends_with("(is a string)"));
    CHECK(refusal(config(R"("hooks":{"prestart":[{"path":"/x","timeout":1.5}]})"))
              .starts_with("/hooks/prestart/0/timeout: must be an integer"));
}
