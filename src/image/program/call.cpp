// SPDX-License-Identifier: Apache-2.0
#include "image/program/call.hpp"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "image/program/version.hpp"

namespace oci::image::program {
namespace {

CLI::App* verb(CLI::App& app, Call& call, const char* name, const char* meaning) {
    CLI::App* one = app.add_subcommand(name, meaning);
    one->fallthrough();  // --storage may stand behind the verb, too
    one->callback([&call, name] { call.verb = name; });
    return one;
}

void describe_pull(CLI::App& app, Call& call) {
    CLI::App* pull = verb(app, call, "pull", "fetch an image from its registry");
    pull->add_option("REF", call.name, "[HOST[:PORT]/]NAME[:TAG][@DIGEST]")->required();
    pull->add_option("--platform", call.platform,
                     "OS/ARCHITECTURE[/VARIANT]; default: this machine");
    pull->add_option("--progress", call.progress,
                     "auto, bars, plain, json or none, on standard error")
        ->default_str("auto");
    pull->add_flag("-q,--quiet", call.quiet, "no progress, and the digest alone");
    pull->add_option("--auth-file", call.credentials,
                     "credentials as \"podman login\" and \"docker login\" write them");
    pull->add_option("--insecure", call.insecure,
                     "HOST[:PORT] that may go without TLS, or with an unknown certificate")
        ->take_all();
    pull->add_flag("--public-only", call.public_only,
                   "reach no address of this host, of a private network or of the link");
    pull->add_option("--allow-registry", call.allowed,
                     "HOST[:PORT] that may be reached with --public-only, too")
        ->take_all();
}

void describe_contents(CLI::App& app, Call& call) {
    CLI::App* import = verb(app, call, "import", "take an image from a file or directory");
    import
        ->add_option(
            "PATH", call.path,
            "OCI layout (directory or tar), Docker archive, or the tar of a root file system")
        ->required();
    import->add_option("--name", call.name, "REF to store it as, where the source has none");
    import->add_option("--platform", call.platform,
                       "OS/ARCHITECTURE[/VARIANT]; default: this machine");

    CLI::App* list = verb(app, call, "ls", "list the images in the store");
    list->add_flag("--json", call.json, "as JSON");
    list->add_flag("-q,--quiet", call.quiet, "names only");

    CLI::App* inspect = verb(app, call, "inspect", "show what an image is made of");
    inspect->add_option("REF", call.references)->required()->expected(1);
    inspect->add_flag("--json", call.json, "as JSON, with manifest and configuration");
    inspect->add_option("--raw", call.raw, "one document, byte for byte: manifest or config")
        ->check(CLI::IsMember({"manifest", "config"}));
    inspect->add_option("--platform", call.platform,
                        "OS/ARCHITECTURE[/VARIANT]; default: this machine");
}

void describe_upkeep(CLI::App& app, Call& call) {
    CLI::App* remove = verb(app, call, "rm", "forget names of images; prune frees the space");
    remove->add_option("REF", call.references, "names, or digests of manifests")->required();

    CLI::App* prune = verb(app, call, "prune", "remove what no image and no container needs");
    prune->add_flag("--json", call.json, "as JSON");

    CLI::App* verify = verb(app, call, "verify", "hash all content, or that of one image");
    verify->add_option("REF", call.references)->expected(0, 1);
    verify->add_flag("--json", call.json, "as JSON");
    verify->add_flag("--remove-damaged", call.remove_damaged,
                     "remove damaged blobs, so that they can be fetched again");

    CLI::App* unpack =
        verb(app, call, "unpack", "make a bundle of an image: rootfs and config.json");
    unpack->add_option("REF", call.name)->required();
    unpack->add_option("DIR", call.path,
                       "new or empty; without: only into the layers of the store");
    unpack->add_flag("--flat", call.flat,
                     "one tree that any runtime can run; so far, what DIR always gets");
    unpack->add_option("--platform", call.platform,
                       "OS/ARCHITECTURE[/VARIANT]; default: this machine");
    unpack->add_flag("--allow-devices", call.devices,
                     "make the device nodes of the image (root only)");

    // Of the runtime alone, when a container is deleted.
    CLI::App* release = verb(app, call, "release", "");
    release->group("");
    release->add_option("ID", call.name)->required();
}

}  // namespace

Result<Call> parse_call(const std::vector<std::string>& arguments) {
    Call call;
    if (!arguments.empty() && arguments.front() == "prepare") {
        call.verb = arguments.front();
        call.words.assign(arguments.begin() + 1, arguments.end());
        return call;
    }
    try {
        CLI::App app{"oci-rt-image: images of containers, in a store of this machine"};
        app.name("oci-rt image");
        app.require_subcommand(1);
        app.set_version_flag("--version", version_text);
        app.add_option("--storage", call.storage,
                       "DIR of the store; default: /var/lib/oci-rt, or $XDG_DATA_HOME/oci-rt")
            ->take_last();
        app.add_option("--log-format", call.log_format,
                       "form of warnings and errors on standard error: text or json")
            ->check(CLI::IsMember({"text", "json"}))
            ->take_last();
        app.add_flag("--debug", call.debug, "also tell what is tried again, and why");
        describe_pull(app, call);
        describe_contents(app, call);
        describe_upkeep(app, call);
        std::vector<std::string> words = arguments;
        std::ranges::reverse(words);
        try {
            app.parse(std::move(words));
        } catch (const CLI::CallForHelp&) {
            call.answer = app.help();
        } catch (const CLI::CallForAllHelp&) {
            call.answer = app.help();
        } catch (const CLI::CallForVersion& version) {
            call.answer = std::string{version.what()} + "\n";
        }
        return call;
    } catch (const CLI::Error& error) {
        return with(fail(ErrorKind::InvalidConfig, "{}", error.what()),
                    {.code = "usage", .phase = "arguments"});
    }
}

}  // namespace oci::image::program
