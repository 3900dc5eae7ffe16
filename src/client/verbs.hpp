// SPDX-License-Identifier: Apache-2.0
//
// verbs: each word of the command line as requests, and their answers as text.
#pragma once

#include "client/call.hpp"
#include "client/connection.hpp"
#include "client/reading.hpp"

namespace oci::client {

/// Yields the exit status; what is to be seen was written.
[[nodiscard]] Result<int> perform(Connection& service, const Call& call);

// One file each: looking.cpp, acting.cpp, streams.cpp, images.cpp.
using Act = Result<int> (*)(Connection& service, const Call& call);
Result<int> list(Connection& service, const Call& call);
Result<int> state(Connection& service, const Call& call);
Result<int> config(Connection& service, const Call& call);
Result<int> ps(Connection& service, const Call& call);
Result<int> stats(Connection& service, const Call& call);
Result<int> info(Connection& service, const Call& call);
Result<int> wait(Connection& service, const Call& call);
Result<int> logs(Connection& service, const Call& call);
Result<int> events(Connection& service, const Call& call);
Result<int> start(Connection& service, const Call& call);
Result<int> pause(Connection& service, const Call& call);
Result<int> resume(Connection& service, const Call& call);
Result<int> stop(Connection& service, const Call& call);
Result<int> kill(Connection& service, const Call& call);
Result<int> remove(Connection& service, const Call& call);
Result<int> run(Connection& service, const Call& call);
Result<int> exec(Connection& service, const Call& call);
Result<int> pull(Connection& service, const Call& call);
Result<int> images(Connection& service, const Call& call);
Result<int> rmi(Connection& service, const Call& call);
Result<int> prune(Connection& service, const Call& call);

// What they have in common.

/// "/containers/web%2Fone" and what follows it.
[[nodiscard]] std::string container_path(std::string_view name, std::string_view rest = {});
[[nodiscard]] Result<void> print(std::string_view text);
/// Asks, and yields the document.
[[nodiscard]] Result<spec::Value> ask(Connection& service, const Request& request);
/// Acts on each of the names: on all of them, and then the first failure is told.
template <typename One>
Result<int> for_each_word(const Call& call, One act) {
    Result<void> all;
    for (const std::string& word : call.words) {
        Result<void> one = act(word);
        if (!one && all) all = std::move(one);
    }
    OCI_TRY(all);
    return 0;
}

}  // namespace oci::client
