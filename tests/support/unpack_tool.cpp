// SPDX-License-Identifier: Apache-2.0
//
// Applies one layer from standard input to a directory, so that tests can do it as they like: in a
// user namespace, in a chroot, under a limit of memory.
//
// usage: unpack-tool DIRECTORY [flat] [lower=DIRECTORY]... [none|gzip|zstd] [userns] [devices]
//                    [squash|record] [bytes=N] [entries=N] [blob=DIGEST,SIZE] [diff-id=DIGEST]
// One line of JSON: the report, or {"error": …, "kind": …}; also the peak of memory and CPU time.
#include <fcntl.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "image/unpack/unpack.hpp"

namespace {

using namespace oci::image;

struct Arguments {
    LayerRequest request{};
    std::vector<oci::UniqueFd> open{};

    oci::FdView directory(const std::string& path) {
        open.emplace_back(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        return open.back();
    }
};

bool read_word(std::string_view word, Arguments& out) {
    LayerRequest& request = out.request;
    if (word == "flat") return request.form = LayerForm::Flat, true;
    if (word == "userns") return request.in_user_namespace = true;
    if (word == "devices") return request.device_nodes = DeviceNodes::Make, true;
    if (word == "squash") return request.owners = Owners::Squash, true;
    if (word == "record") return request.owners = Owners::SquashAndRecord, true;
    if (word == "none") return request.compression = Compression::None, true;
    if (word == "gzip") return request.compression = Compression::Gzip, true;
    if (word == "zstd") return request.compression = Compression::Zstd, true;
    return false;
}

bool read_value(std::string_view key, std::string_view value, Arguments& out) {
    LayerRequest& request = out.request;
    const auto number = oci::parse_number<std::uint64_t>(value).value_or(0);
    if (key == "lower")
        request.lower_layers.push_back(out.directory(std::string{value}));
    else if (key == "bytes")
        request.limits.bytes = number;
    else if (key == "entries")
        request.limits.entries = number;
    else if (key == "diff-id")
        request.diff_id = Digest::parse(value).value();
    else if (key == "blob")
        request.blob = BlobIdentity{
            Digest::parse(value.substr(0, value.find(','))).value(),
            oci::parse_number<std::uint64_t>(value.substr(value.find(',') + 1)).value_or(0)};
    else
        return false;
    return true;
}

bool read(int count, char** words, Arguments& out) {
    if (count < 2) return false;
    out.request.directory = out.directory(words[1]);
    for (int i = 2; i < count; ++i) {
        const std::string_view word{words[i]};
        const std::size_t equals = word.find('=');
        const bool known = equals == std::string_view::npos
                               ? read_word(word, out)
                               : read_value(word.substr(0, equals), word.substr(equals + 1), out);
        if (!known) return false;
    }
    return true;
}

/// In KiB. Not ru_maxrss: that of the process before execve counts in it.
long peak_of_memory() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    return -1;
}

void print(const oci::Result<LayerReport>& report) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto milliseconds = [](const timeval& t) { return t.tv_sec * 1000 + t.tv_usec / 1000; };
    std::printf("{\"memory\": %ld, \"cpu\": %ld, ", peak_of_memory(),
                milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime));
    if (!report) {
        std::printf("\"error\": %s, \"kind\": %d}\n",
                    oci::json_quoted(report.error().message).c_str(),
                    static_cast<int>(report.error().kind));
        return;
    }
    const LayerReport& good = report.value();
    std::printf("\"diff_id\": \"%s\", \"entries\": %llu, \"bytes\": %llu, \"warnings\": [",
                good.diff_id.text().c_str(), static_cast<unsigned long long>(good.entries),
                static_cast<unsigned long long>(good.bytes));
    const char* comma = "";
    for (const std::string& warning : good.warnings) {
        std::printf("%s%s", comma, oci::json_quoted(warning).c_str());
        comma = ", ";
    }
    std::printf("]}\n");
}

}  // namespace

int main(int count, char** words) {
    Arguments arguments;
    if (!read(count, words, arguments)) return 2;
    FileSource blob{oci::UniqueFd{0}};
    const auto report = apply_layer(blob, arguments.request);
    print(report);
    return report ? 0 : 1;
}
