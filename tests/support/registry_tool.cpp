// SPDX-License-Identifier: Apache-2.0
//
// registry tool: the client of registries on a command line, for
// tests/integration/test_registry.py.
//
// usage: registry-tool [OPTION VALUE]… resolve|pull REFERENCE
// What came of it is JSON on standard output; the status is 1 with an "error" in it.

#include <sys/stat.h>

#include <csignal>
#include <map>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "image/hasher.hpp"
#include "image/registry/client.hpp"
#include "kernel/files.hpp"
#include "kernel/signals.hpp"

using namespace oci;
using namespace oci::image;

namespace {

/// OUT/HEX, appended to; its digest is judged at the end.
class FileSink final : public registry::BlobSink {
public:
    FileSink(std::string path, Digest digest)
        : path_{std::move(path)}, digest_{std::move(digest)} {}

    Result<std::uint64_t> resume_offset() override {
        file_ = UniqueFd{::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
        struct stat status {};
        if (!file_ || ::fstat(file_.get(), &status) != 0) return Failure{Error{.message = "open"}};
        offset_ = static_cast<off_t>(status.st_size);
        return static_cast<std::uint64_t>(status.st_size);
    }
    Result<void> restart() override {
        offset_ = 0;
        ++restarts;
        return ::ftruncate(file_.get(), 0) == 0 ? Result<void>{}
                                                : Failure{Error{.message = "ftruncate"}};
    }
    Result<void> write(std::span<const char> bytes) override {
        if (::pwrite(file_.get(), bytes.data(), bytes.size(), offset_) !=
            static_cast<ssize_t>(bytes.size()))
            return Failure{Error{.message = "disk full", .code = "no-space"}};
        offset_ += static_cast<off_t>(bytes.size());
        return {};
    }
    Result<void> finish() override {
        Hasher hasher = OCI_TRY(Hasher::start(digest_.algorithm()));
        std::vector<char> buffer(1U << 20U);
        for (off_t at = 0;;) {
            const ssize_t size = ::pread(file_.get(), buffer.data(), buffer.size(), at);
            if (size <= 0) break;
            OCI_TRY(hasher.update({buffer.data(), static_cast<std::size_t>(size)}));
            at += size;
        }
        const Digest is = OCI_TRY(hasher.finish());
        if (is == digest_) return {};
        return Failure{Error{.kind = ErrorKind::InvalidConfig,
                             .message = "blob " + digest_.text() + " has another digest",
                             .code = "content-mismatch"}};
    }

    unsigned restarts = 0;

private:
    std::string path_;
    Digest digest_;
    UniqueFd file_;
    off_t offset_ = 0;
};

struct Options {
    registry::Settings settings;
    Platform platform = host_platform();
    std::string out = ".";
};

std::chrono::seconds seconds(const std::string& text) {
    return std::chrono::seconds{parse_number<unsigned>(text).value_or(1)};
}

Result<void> take(Options& options, const std::string& name, const std::string& value) {
    registry::Settings& settings = options.settings;
    const auto milliseconds = std::chrono::milliseconds{parse_number<unsigned>(value).value_or(1)};
    if (name == "--config") settings.configuration = OCI_TRY(registry::load_configuration(value));
    if (name == "--home") settings.environment.home = value;
    if (name == "--auth-file") settings.environment.registry_auth_file = value;
    if (name == "--path") settings.environment.path = value;
    if (name == "--insecure") settings.insecure.push_back(value);
    if (name == "--certs") settings.certificate_directories = {value};
    if (name == "--reach" && value == "public") settings.reach = registry::Reach::Public;
    if (name == "--allow") settings.allowed.push_back(value);
    if (name == "--first-delay") settings.retry.first = milliseconds;
    if (name == "--most-delay") settings.retry.most = milliseconds;
    if (name == "--stalled") settings.stalled = seconds(value);
    if (name == "--connecting") settings.connecting = seconds(value);
    if (name == "--out") options.out = value;
    if (name == "--platform") options.platform = OCI_TRY(parse_platform(value));
    if (name == "--user")
        settings.credentials = registry::Credentials{.user = value.substr(0, value.find(':')),
                                                     .password = value.substr(value.find(':') + 1)};
    if (name == "--debug") log::set_sink({.to_stderr = true, .least = log::Level::Debug});
    return {};
}

struct Layer {
    std::unique_ptr<FileSink> sink;
    registry::BlobProgress progress{};
};

Result<void> pull(registry::Client& client, const registry::ResolvedImage& image,
                  const Options& options, std::vector<Layer>& layers) {
    std::map<Digest, bool> seen;
    std::vector<registry::BlobRequest> requests;
    for (const Descriptor& layer : image.manifest.layers) {
        if (!seen.emplace(layer.digest, true).second) continue;
        layers.push_back(
            {std::make_unique<FileSink>(options.out + '/' + layer.digest.hex(), layer.digest)});
        requests.push_back({layer, layers.back().sink.get()});
    }
    return client.blobs(requests, [&](std::size_t index, const registry::BlobProgress& progress) {
        layers[index].progress = progress;
    });
}

Result<void> work(int argc, char** argv, JsonWriter& json) {
    Options options;
    int i = 1;
    for (; i + 1 < argc && std::string_view{argv[i]}.starts_with("--"); i += 2)
        OCI_TRY(take(options, argv[i], argv[i + 1]));
    if (i + 2 != argc) return Failure{Error{.message = "see the source", .code = "usage"}};
    sigset_t stop;
    ::sigemptyset(&stop);
    ::sigaddset(&stop, SIGINT);
    (void)kernel::set_signal_mask(stop);
    const auto signals = kernel::open_signals(stop);
    options.settings.cancel_fd = signals.value().get();

    const Reference reference = OCI_TRY(parse_reference(argv[i + 1]));
    registry::Client client = OCI_TRY(registry::Client::connect(reference, options.settings));
    const registry::ResolvedImage image = OCI_TRY(client.resolve(options.platform));
    json.key("documents").begin_array();
    for (const registry::Document& document : image.documents)
        json.begin_object()
            .member("mediaType", document.descriptor.media_type)
            .member("digest", document.descriptor.digest.text())
            .member("size", document.text.size())
            .end_object();
    json.end_array().member("platform", text_of(image.config.platform));
    if (std::string_view{argv[i]} == "resolve") return {};
    std::vector<Layer> layers;
    const auto pulled = pull(client, image, options, layers);
    json.key("layers").begin_array();
    for (const Layer& layer : layers)
        json.begin_object()
            .member("done", layer.progress.done)
            .member("total", layer.progress.total)
            .member("retries", layer.progress.retries)
            .member("restarts", layer.sink->restarts)
            .end_object();
    json.end_array();
    return pulled;
}

}  // namespace

int main(int argc, char** argv) {
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    const auto done = work(argc, argv, json);
    if (!done)
        json.key("error")
            .begin_object()
            .member("code", done.error().code)
            .member("message", done.error().message)
            .member("hint", done.error().hint)
            .end_object();
    json.end_object();
    text += '\n';
    (void)kernel::write_all(FdView{STDOUT_FILENO}, text);
    return done ? 0 : 1;
}
