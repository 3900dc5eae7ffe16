// SPDX-License-Identifier: Apache-2.0
#include "client/call.hpp"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/explain.hpp"
#include "client/version.hpp"

namespace oci::client {
namespace {

/// Described while CLI11 is filled in; `call` outlives it.
class Description {
public:
    Description(CLI::App& app, Call& call) : app_{app}, call_{call} {}

    void describe() {
        describe_globals();
        describe_looking();
        describe_acting();
        describe_run();
        describe_exec();
        describe_images();
    }

private:
    CLI::App& verb(const char* name, const char* meaning) {
        return *app_.add_subcommand(name, meaning);
    }

    void words(CLI::App& verb, const char* name, const char* meaning) {
        verb.add_option(name, call_.words, meaning)->required()->expected(1, most_words);
    }
    void name(CLI::App& verb, const char* name = "NAME", const char* meaning = "of a container") {
        verb.add_option(name, call_.words, meaning)->required()->expected(1);
    }
    void format(CLI::App& verb) {
        verb.add_option("-f,--format", call_.options.format, "table or json")
            ->check(CLI::IsMember({"table", "json"}))
            ->capture_default_str();
    }

    void describe_globals() {
        app_.add_option("--connect", call_.address, "the service")->take_last();
        app_.add_option("--token-file", call_.token_file,
                        "bearer token for TCP; default: OCI_RT_TOKEN, else the one that a service "
                        "of this user has made")
            ->take_last();
        app_.add_flag("--insecure", call_.insecure,
                      "send the token to other machines without TLS, too");
        app_.set_version_flag("--version", version_text);
        app_.require_subcommand(1);
    }

    void describe_looking() {
        Options& options = call_.options;
        CLI::App& list = verb("list", "all containers");
        list.add_flag("-q,--quiet", options.quiet, "nothing but the names");
        format(list);
        name(verb("state", "all about a container, as JSON"));
        name(verb("config", "the config.json it was made with"));
        CLI::App& logs = verb("logs", "what a container has said");
        name(logs);
        logs.add_flag("-f,--follow", options.follow, "go on until it has stopped");
        logs.add_option("-n,--tail", options.tail, "only the last lines of what is there");
        logs.add_option("--since", options.since, "only what is newer: 2026-01-31T12:00:00Z");
        logs.add_option("--until", options.until, "only what is older");
        logs.add_flag("-t,--timestamps", options.timestamps, "show when each line was said");
        CLI::App& ps = verb("ps", "the processes of a container");
        name(ps);
        format(ps);
        CLI::App& stats = verb("stats", "what containers use");
        words(stats, "NAME", "of containers");
        format(stats);
        CLI::App& events = verb("events", "what happens, an object a line");
        events.add_option("NAME", call_.words, "of a container")->expected(0, 1);
        verb("info", "the host of the service, as JSON");
        words(verb("wait", "wait until containers have stopped, print exit codes"), "NAME",
              "of containers");
    }

    void describe_acting() {
        Options& options = call_.options;
        name(verb("start", "have a container run that does not"));
        name(verb("pause", "freeze a container"));
        name(verb("resume", "thaw a paused container"));
        CLI::App& stop = verb("stop", "end containers: a signal, patience, SIGKILL");
        words(stop, "NAME", "of containers");
        stop.add_option("-t,--time", options.patience, "seconds before SIGKILL");
        stop.add_option("-s,--signal", options.signal, "to begin with");
        CLI::App& kill = verb("kill", "send a signal to a container");
        kill.add_option("NAME", call_.words, "of a container, and the signal (default: TERM)")
            ->required()
            ->expected(1, 2);
        kill.add_flag("-a,--all", options.all, "to all of its processes");
        CLI::App& remove = verb("delete", "remove containers that have stopped");
        words(remove, "NAME", "of containers");
        remove.add_flag("-f,--force", options.force, "also those that run");
    }

    void describe_process(CLI::App& verb) {
        verb.add_option("-e,--env", call_.options.environment, "NAME=VALUE")
            ->take_all()
            ->allow_extra_args(false);
        verb.add_option("-u,--user", call_.options.user, "UID or UID:GID");
        verb.add_option("-w,--workdir,--cwd", call_.options.directory, "working directory");
    }

    void describe_run() {
        Options& options = call_.options;
        CLI::App& run = verb("run", "have a container run, fetching its image if it is not there");
        run.footer("NAME is the container's, and its image's without --image; then come arguments");
        run.add_option("--image", options.image, "its image");
        run.add_option("--file", options.file, "the whole request as JSON; -: standard input");
        run.add_option("--pull", options.pull, "missing, always or never");
        run.add_option("--platform", options.platform, "as linux/arm64");
        run.add_option("--hostname", options.hostname, "its host name");
        run.add_option("--network", options.network, "none or host");
        run.add_option("--restart", options.restart, "no, on-failure, always, unless-stopped");
        run.add_option("-l,--label", options.labels, "NAME=VALUE")
            ->take_all()
            ->allow_extra_args(false);
        run.add_flag("--replace", options.replaces, "what is there under this name");
        run.add_flag("--no-start", options.waits_to_start, "make it ready only");
        run.add_flag("-q,--quiet", options.quiet, "no progress");
        describe_process(run);
        run.prefix_command();  // what follows the name is the container's
    }

    void describe_exec() {
        CLI::App& exec = verb("exec", "run one more program in a container, show what it says");
        exec.footer("NAME of the container comes first, then the program and its arguments");
        exec.add_option("--timeout", call_.options.patience, "seconds until it is killed");
        describe_process(exec);
        exec.prefix_command();
    }

    void describe_images() {
        Options& options = call_.options;
        CLI::App& pull = verb("pull", "have the service fetch an image");
        name(pull, "REF", "of the image");
        pull.add_option("--platform", options.platform, "as linux/arm64");
        pull.add_option("--progress", options.progress, "auto, plain, json or none")
            ->check(CLI::IsMember({"auto", "plain", "json", "none"}))
            ->capture_default_str();
        pull.add_flag("-q,--quiet", options.quiet, "nothing but the digest");
        CLI::App& images = verb("images", "the images of the service");
        images.add_flag("-q,--quiet", options.quiet, "nothing but the names");
        format(images);
        words(verb("rmi", "remove images"), "REF", "of images");
        verb("prune", "remove what no image and no container needs");
    }

    static constexpr int most_words = 4096;
    CLI::App& app_;
    Call& call_;
};

Result<void> take_rest(const CLI::App& verb, Call& call) {
    const std::size_t least = call.verb == "exec" ? 2 : 1;
    if (call.verb != "exec" && call.verb != "run") return {};
    call.words = verb.remaining();
    if (call.words.size() > 1 && call.words[1] == "--") call.words.erase(call.words.begin() + 1);
    if (call.words.size() < least)
        return fail(ErrorKind::InvalidConfig, "{}: NAME is required{}", call.verb,
                    least > 1 ? ", and a program" : "");
    if (call.words.front().starts_with('-'))
        return fail(ErrorKind::InvalidConfig, "{}: unknown option {}", call.verb,
                    call.words.front());
    return {};
}

}  // namespace

Result<Call> parse_call(const std::vector<std::string>& arguments) {
    Call call;
    try {
        CLI::App app{"oci-rt --connect: ask a service of oci-rt"};
        app.name("oci-rt --connect URL");
        Description{app, call}.describe();
        std::vector<std::string> reversed = arguments;
        std::ranges::reverse(reversed);
        try {
            app.parse(std::move(reversed));
        } catch (const CLI::CallForHelp&) {
            call.answer = app.help();
        } catch (const CLI::CallForVersion& version) {
            call.answer = std::string{version.what()} + "\n";
        }
        if (!app.get_subcommands().empty()) {
            const CLI::App& verb = *app.get_subcommands().front();
            call.verb = verb.get_name();
            if (call.answer.empty()) OCI_TRY(take_rest(verb, call));
        }
    } catch (const CLI::Error& error) {
        return fail(ErrorKind::InvalidConfig, "{}", error.what());
    }
    return call;
}

}  // namespace oci::client
