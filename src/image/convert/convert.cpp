// SPDX-License-Identifier: Apache-2.0
#include "image/convert/convert.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/convert/users.hpp"
#include "image/reserved_annotations.hpp"
#include "spec/template.hpp"

namespace oci::image {
namespace {

constexpr std::string_view usual_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view variable_name(std::string_view assignment) {
    return assignment.substr(0, assignment.find('='));
}

/// In place of the one of the same name, or behind the others.
void put_variable(std::vector<std::string>& environment, const std::string& assignment) {
    const auto same = std::ranges::find_if(environment, [&](const std::string& each) {
        return variable_name(each) == variable_name(assignment);
    });
    if (same == environment.end())
        environment.push_back(assignment);
    else
        *same = assignment;
}

void put_default(std::vector<std::string>& environment, const std::string& assignment) {
    const bool is_there = std::ranges::any_of(environment, [&](const std::string& each) {
        return variable_name(each) == variable_name(assignment);
    });
    if (!is_there) environment.push_back(assignment);
}

std::vector<std::string> environment_of(const ImageConfig& image, const ImageUser& user,
                                        const ConvertRequest& request,
                                        std::vector<std::string>& warnings) {
    std::vector<std::string> environment;
    for (const std::string& each : image.environment) {
        if (each.find('=') == std::string::npos || each.starts_with('='))
            warnings.push_back(
                fmt::format("Env: {} is no NAME=VALUE", json_quoted(display_text(each, 80))));
        else
            environment.push_back(each);
    }
    for (const std::string& each : request.overrides.environment) put_variable(environment, each);
    put_default(environment, std::string{usual_path});
    if (!request.hostname.empty()) put_default(environment, "HOSTNAME=" + request.hostname);
    put_default(environment, "HOME=" + (user.home.empty() ? std::string{"/"} : user.home));
    if (request.terminal) put_default(environment, "TERM=xterm");
    return environment;
}

Result<std::vector<std::string>> arguments_of(const ImageConfig& image,
                                              const ConvertRequest& request) {
    const Overrides& overrides = request.overrides;
    std::vector<std::string> arguments = overrides.entrypoint.value_or(image.entrypoint);
    std::vector<std::string> command = overrides.command;
    if (command.empty() && !overrides.entrypoint) command = image.command;
    arguments.insert(arguments.end(), command.begin(), command.end());
    if (arguments.empty()) arguments = request.command_of_last_resort;
    if (arguments.empty())
        return fail(ErrorKind::InvalidConfig,
                    "the image has neither Entrypoint nor Cmd: say what is to run");
    return arguments;
}

std::string working_directory_of(const ImageConfig& image, const ConvertRequest& request) {
    const std::string& given = request.overrides.working_directory;
    const std::string& wanted = given.empty() ? image.working_directory : given;
    if (wanted.empty()) return "/";
    return wanted.starts_with('/') ? wanted : clean_path("/" + wanted);
}

/// What the image's configuration says about itself; empty values are left out.
std::map<std::string, std::string> implied_annotations(const ImageConfig& image) {
    std::map<std::string, std::string> annotations{
        {"org.opencontainers.image.os", image.platform.os},
        {"org.opencontainers.image.architecture", image.platform.architecture},
        {"org.opencontainers.image.variant", image.platform.variant},
        {"org.opencontainers.image.os.version", image.platform.os_version},
        {"org.opencontainers.image.os.features",
         fmt::format("{}", fmt::join(image.platform.os_features, ","))},
        {"org.opencontainers.image.author", image.author},
        {"org.opencontainers.image.created", image.created},
        {"org.opencontainers.image.stopSignal", image.stop_signal},
        {"org.opencontainers.image.exposedPorts",
         fmt::format("{}", fmt::join(image.exposed_ports, ","))},
    };
    std::erase_if(annotations, [](const auto& each) { return each.second.empty(); });
    return annotations;
}

std::string annotations_of(const ImageConfig& image, std::vector<std::string>& warnings) {
    auto annotations = implied_annotations(image);
    for (const auto& [key, value] : image.labels) {
        if (key.empty() || is_reserved_annotation(key))
            warnings.push_back(
                fmt::format("label {} is not passed on", json_quoted(display_text(key, 80))));
        else
            annotations.insert_or_assign(key, value);
    }
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    for (const auto& [key, value] : annotations) json.member(key, value);
    json.end_object();
    return text;
}

std::string user_text(const ImageUser& user) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("uid", user.uid).member("gid", user.gid);
    if (!user.additional_gids.empty()) json.list("additionalGids", user.additional_gids);
    json.end_object();
    return text;
}

}  // namespace

Result<Converted> convert(const ImageConfig& image, FdView rootfs, const ConvertRequest& request) {
    Converted converted;
    const std::string& who = request.overrides.user.empty() ? image.user : request.overrides.user;
    const ImageUser user = OCI_TRY(find_user(rootfs, who));
    const std::vector<std::string> arguments = OCI_TRY(arguments_of(image, request));
    converted.working_directory = working_directory_of(image, request);
    for (const std::string& volume : image.volumes)
        converted.volumes.push_back(clean_path("/" + volume));

    spec::TemplateRequest from;
    from.preset = request.preset;
    from.rootless = request.rootless;
    from.processors = request.processors;
    from.seccomp = request.seccomp;
    from.seccomp_text = request.seccomp_text;
    from.assignments = {
        "/process/terminal=" + std::string{request.terminal ? "true" : "false"},
        "/process/user=" + user_text(user),
        "/process/args=" + json_list(arguments),
        "/process/env=" + json_list(environment_of(image, user, request, converted.warnings)),
        "/process/cwd=" + json_quoted(converted.working_directory),
        "/annotations=" + annotations_of(image, converted.warnings),
    };
    if (!request.hostname.empty())
        from.assignments.push_back("/hostname=" + json_quoted(request.hostname));
    from.assignments.insert(from.assignments.end(), request.assignments.begin(),
                            request.assignments.end());
    converted.config = OCI_TRY(explain(spec::template_text(from), "the image's configuration"));
    return converted;
}

}  // namespace oci::image
