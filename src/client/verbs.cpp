// SPDX-License-Identifier: Apache-2.0
#include "client/verbs.hpp"

#include <unistd.h>

#include <array>

#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "kernel/files.hpp"

namespace oci::client {
namespace {

constexpr std::array acts{
    Named<Act>{"list", list},     Named<Act>{"state", state}, Named<Act>{"config", config},
    Named<Act>{"ps", ps},         Named<Act>{"stats", stats}, Named<Act>{"info", info},
    Named<Act>{"wait", wait},     Named<Act>{"logs", logs},   Named<Act>{"events", events},
    Named<Act>{"start", start},   Named<Act>{"pause", pause}, Named<Act>{"resume", resume},
    Named<Act>{"stop", stop},     Named<Act>{"kill", kill},   Named<Act>{"delete", remove},
    Named<Act>{"run", run},       Named<Act>{"exec", exec},   Named<Act>{"pull", pull},
    Named<Act>{"images", images}, Named<Act>{"rmi", rmi},     Named<Act>{"prune", prune},
};

}  // namespace

std::string container_path(std::string_view name, std::string_view rest) {
    return "/containers/" + path_segment(name) + std::string{rest};
}

Result<void> print(std::string_view text) {
    return explain(kernel::write_all(FdView{STDOUT_FILENO}, text),
                   "cannot write to standard output");
}

Result<spec::Value> ask(Connection& service, const Request& request) {
    const Reply reply = OCI_TRY(service.ask(request));
    return document_of(reply);
}

Result<int> perform(Connection& service, const Call& call) {
    const auto act = value_named(acts, call.verb);
    if (!act) return fail(ErrorKind::Unsupported, "{} is not known", call.verb);
    return (*act)(service, call);
}

}  // namespace oci::client
