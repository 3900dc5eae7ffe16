// SPDX-License-Identifier: Apache-2.0
#include "image/program/print.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/decimal_size.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "image/program/progress.hpp"

namespace oci::image::program {
namespace {

constexpr std::size_t shown_digits = 12;

std::uint64_t size_of(const Image& image) {
    std::uint64_t size = image.manifest.config.size + image.descriptor.size;
    for (const Descriptor& layer : image.manifest.layers) size += layer.size;
    return size;
}

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + json_quoted(display_text(word, 500));
    return text;
}

void add_line(std::string& out, std::string_view name, const std::string& value) {
    if (!value.empty()) fmt::format_to(std::back_inserter(out), "{:<12}{}\n", name, value);
}

void write_summary(JsonWriter& json, const NamedImage& named, const Image& image) {
    json.member("name", named.name).member("digest", image.descriptor.digest.text());
    json.member("platform", text_of(image.config.platform));
    json.member("created", image.config.created);
    json.member("size", size_of(image));
}

}  // namespace

std::string shown_name(const NamedImage& named) {
    return named.name.empty() ? named.descriptor.digest.text() : escape_for_display(named.name);
}

std::string rows_text(const std::vector<Row>& rows) {
    std::size_t width = std::string_view{"NAME"}.size();
    for (const Row& row : rows) width = std::max(width, shown_name(row.named).size());
    std::string out = fmt::format("{:<{}}  {:<12}  {:<14}  {:>6}  {:>9}\n", "NAME", width, "DIGEST",
                                  "PLATFORM", "LAYERS", "SIZE");
    for (const Row& row : rows) {
        const std::string name = shown_name(row.named);
        if (!row.image) {
            fmt::format_to(std::back_inserter(out), "{:<{}}  {:<12}  damaged: {}\n", name, width,
                           row.named.descriptor.digest.hex().substr(0, shown_digits),
                           escape_for_display(row.image.error().message));
            continue;
        }
        const Image& image = row.image.value();
        fmt::format_to(std::back_inserter(out), "{:<{}}  {:<12}  {:<14}  {:>6}  {:>9}\n", name,
                       width, image.descriptor.digest.hex().substr(0, shown_digits),
                       display_text(text_of(image.config.platform), 40),
                       image.manifest.layers.size(), decimal_size(size_of(image)));
    }
    return out;
}

std::string rows_json(const std::vector<Row>& rows) {
    std::string out;
    JsonWriter json{out};
    json.begin_array();
    for (const Row& row : rows) {
        json.begin_object();
        if (row.image) {
            write_summary(json, row.named, row.image.value());
            json.member("layers", row.image.value().manifest.layers.size());
        } else {
            json.member("name", row.named.name);
            json.member("digest", row.named.descriptor.digest.text());
            json.member("damaged", row.image.error().message);
        }
        json.end_object();
    }
    json.end_array();
    return out + '\n';
}

std::string image_text(const NamedImage& named, const Image& image) {
    const ImageConfig& config = image.config;
    std::string out;
    add_line(out, "Name", shown_name(named));
    add_line(out, "Digest", image.descriptor.digest.text());
    add_line(out, "Platform", display_text(text_of(config.platform), 80));
    add_line(out, "Created", display_text(config.created, 80));
    add_line(out, "Author", display_text(config.author, 200));
    add_line(out, "Size", decimal_size(size_of(image)));
    add_line(out, "User", display_text(config.user, 80));
    add_line(out, "Directory", display_text(config.working_directory, 500));
    add_line(out, "Entrypoint", list_of(config.entrypoint));
    add_line(out, "Command", list_of(config.command));
    add_line(out, "StopSignal", display_text(config.stop_signal, 80));
    for (const std::string& each : config.environment)
        add_line(out, "Env", display_text(each, 500));
    for (const std::string& each : config.exposed_ports)
        add_line(out, "Port", display_text(each, 80));
    for (const std::string& each : config.volumes) add_line(out, "Volume", display_text(each, 500));
    for (const auto& [key, value] : config.labels)
        add_line(out, "Label", display_text(key + "=" + value, 500));
    for (const Descriptor& layer : image.manifest.layers)
        add_line(out, "Layer", fmt::format("{} {}", layer.digest.text(), decimal_size(layer.size)));
    return out;
}

std::string image_json(const NamedImage& named, const Image& image) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    write_summary(json, named, image);
    json.key("chainIDs").begin_array();
    for (const Digest& each : image.chain) json.value(each.text());
    json.end_array();
    json.key("manifest").json(trim(image.manifest_text));
    json.key("config").json(trim(image.config_text));
    json.end_object();
    return out + '\n';
}

std::string verified_text(const Verified& verified) {
    std::string out;
    for (const Damage& damage : verified.damages)
        fmt::format_to(std::back_inserter(out), "{}: {}\n", escape_for_display(damage.what),
                       escape_for_display(damage.why));
    fmt::format_to(std::back_inserter(out), "{} images, {} blobs, {} damages\n", verified.images,
                   verified.blobs, verified.damages.size());
    return out;
}

std::string verified_json(const Verified& verified) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("images", verified.images).member("blobs", verified.blobs);
    json.key("damages").begin_array();
    for (const Damage& damage : verified.damages)
        json.begin_object().member("what", damage.what).member("why", damage.why).end_object();
    json.end_array();
    json.end_object();
    return out + '\n';
}

}  // namespace oci::image::program
