// SPDX-License-Identifier: Apache-2.0
//
// pull, images, rmi, prune.
#include "base/decimal_size.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "client/progress.hpp"
#include "client/verbs.hpp"

namespace oci::client {
namespace {

std::string image_path(std::string_view reference) { return "/images/" + path_segment(reference); }

/// Asked again and again: the service answers when it is done, or after a second how far it is.
Result<void> fetch(Connection& service, const Call& call, Progress& progress) {
    std::string body;
    if (!call.options.platform.empty())
        JsonWriter{body}.begin_object().member("platform", call.options.platform).end_object();
    for (;;) {
        const spec::Value now = OCI_TRY(ask(service, {.method = "PUT",
                                                      .path = image_path(call.words[0]),
                                                      .body = body,
                                                      .fields = {"Prefer: wait=1"}}));
        const std::string state = text_at(now, {"state"});
        progress.show(state, number_at(now, {"bytesDone"}), number_at(now, {"bytesTotal"}));
        if (state == "done") return {};
        if (state != "fetching")
            return fail(ErrorKind::System, "the service tells of a state \"{}\"", shown(state));
    }
}

}  // namespace

Result<int> pull(Connection& service, const Call& call) {
    Progress progress{call.options.progress, call.options.quiet};
    const Result<void> fetched = fetch(service, call, progress);
    progress.end();
    OCI_TRY(fetched);
    const spec::Value image = OCI_TRY(ask(service, {.path = image_path(call.words[0])}));
    const std::string digest = shown(text_at(image, {"digest"}));
    OCI_TRY(print(call.options.quiet
                      ? digest + '\n'
                      : fmt::format("{} {}\n", shown(text_at(image, {"name"})), digest)));
    return 0;
}

Result<int> images(Connection& service, const Call& call) {
    const spec::Value document = OCI_TRY(ask(service, {.path = "/images"}));
    const spec::Value::Array& all = list_at(document, {"items"});
    if (call.options.format == "json" && !call.options.quiet) {
        OCI_TRY(print(document_text(spec::Value{all})));
        return 0;
    }
    std::string names;
    std::vector<std::vector<std::string>> rows{{"NAME", "DIGEST", "PLATFORM", "SIZE"}};
    for (const spec::Value& each : all) {
        const std::string name = shown(text_at(each, {"name"}));
        names += name + '\n';
        constexpr std::size_t digits = 19;  // of "sha256:" and twelve
        rows.push_back({name, shown(text_at(each, {"digest"}).substr(0, digits)),
                        shown(text_at(each, {"platform"})),
                        decimal_size(number_at(each, {"size"}))});
    }
    OCI_TRY(print(call.options.quiet ? names : table_text(rows)));
    return 0;
}

Result<int> rmi(Connection& service, const Call& call) {
    return for_each_word(call, [&](const std::string& reference) -> Result<void> {
        const Reply reply =
            OCI_TRY(service.ask({.method = "DELETE", .path = image_path(reference)}));
        return succeeded(reply);
    });
}

Result<int> prune(Connection& service, const Call& /*call*/) {
    const spec::Value done = OCI_TRY(
        ask(service,
            {.method = "POST", .path = "/images/prune", .patience = std::chrono::seconds{600}}));
    OCI_TRY(print(document_text(done)));
    return 0;
}

}  // namespace oci::client
