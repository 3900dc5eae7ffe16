// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/metrics.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "oci-rt/version.hpp"
#include "serve/metrics/cgroup_numbers.hpp"
#include "serve/metrics/exposition.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

using metrics::Exposition;
using metrics::Family;
using metrics::Kind;
using metrics::labels;

constexpr std::chrono::seconds fresh{1};
constexpr std::size_t containers_at_once = 16;

constexpr Family started{"container_start_time_seconds", Kind::Gauge,
                         "When the container was started, since 1970."};
constexpr Family seen{"container_last_seen", Kind::Gauge,
                      "When these numbers were read, since 1970."};
constexpr Family restarts{"oci_rt_container_restarts_total", Kind::Counter,
                          "How often its policy has started a container again."};
constexpr Family build{"oci_rt_build_info", Kind::Gauge, "1, with the version of the service."};
constexpr Family containers{"oci_rt_containers", Kind::Gauge, "Containers in each state."};
constexpr Family connections{"oci_rt_http_connections", Kind::Gauge, "Clients that are connected."};
constexpr Family accepted{"oci_rt_http_connections_total", Kind::Counter,
                          "Clients that have connected."};
constexpr Family requests{"oci_rt_http_requests_total", Kind::Counter,
                          "Requests that were answered, by route."};
constexpr Family durations{"oci_rt_http_request_duration_seconds", Kind::Histogram,
                           "Until an answer or a stream began, by route."};
constexpr Family streams{"oci_rt_http_streams", Kind::Gauge, "Answers that are still going on."};
constexpr Family events{"oci_rt_events_total", Kind::Counter, "Events that were told."};
constexpr Family dropped{"oci_rt_events_dropped_total", Kind::Counter,
                         "Listeners that were too slow, and were let go."};
constexpr Family fetches{"oci_rt_image_fetches", Kind::Gauge, "Images that are being fetched."};
constexpr Family waiting{"oci_rt_image_fetches_waiting", Kind::Gauge,
                         "Images that wait for their turn to be fetched."};
constexpr Family failed{"oci_rt_image_fetch_failures_total", Kind::Counter,
                        "Images that could not be fetched."};
constexpr Family retries{"oci_rt_image_fetch_retries_total", Kind::Counter,
                         "How often a layer was asked for again."};
constexpr Family fetched{"oci_rt_image_fetch_bytes_total", Kind::Counter,
                         "Bytes of layers, by registry."};
constexpr Family resident{"process_resident_memory_bytes", Kind::Gauge, "Memory of the service."};
constexpr Family address_space{"process_virtual_memory_bytes", Kind::Gauge, "Its address space."};
constexpr Family processor{"process_cpu_seconds_total", Kind::Counter,
                           "Processor time of the service."};
constexpr Family open_files{"process_open_fds", Kind::Gauge, "Descriptors that it has open."};
constexpr Family most_files{"process_max_fds", Kind::Gauge, "Descriptors that it may have open."};

/// "2026-11-22T00:28:15.093537472Z" as seconds since 1970, written down; "" if it is no such time.
std::string epoch_text(std::string_view text) {
    constexpr std::size_t whole_seconds = 19;
    std::array<int, 6> parts{};
    constexpr std::array<std::size_t, 6> places{0, 5, 8, 11, 14, 17};
    if (text.size() < whole_seconds) return {};
    for (std::size_t at = 0; at < parts.size(); ++at) {
        const auto part = parse_number<int>(text.substr(places.at(at), at == 0 ? 4 : 2));
        if (!part) return {};
        parts.at(at) = *part;
    }
    std::tm utc{};
    utc.tm_year = parts[0] - 1900;
    utc.tm_mon = parts[1] - 1;
    utc.tm_mday = parts[2];
    utc.tm_hour = parts[3];
    utc.tm_min = parts[4];
    utc.tm_sec = parts[5];
    std::string_view rest = text.substr(whole_seconds);
    if (rest.ends_with('Z')) rest.remove_suffix(1);
    constexpr std::size_t milliseconds = 4;
    return fmt::format("{}{}", ::timegm(&utc),
                       rest.starts_with('.') ? rest.substr(0, milliseconds) : std::string_view{});
}

bool runs(const Container& container) {
    return container.state == State::Running || container.state == State::Paused ||
           container.state == State::Stopping;
}

void add_container(Exposition& into, const Container& container) {
    if (container.is_gone || !runs(container)) return;
    const std::string name = container.name.text();
    const std::string all =
        labels({{"id", container.cgroup}, {"name", name}, {"image", container.wanted.image}});
    const std::string begun = epoch_text(container.started_at);
    if (!begun.empty()) into.add(started, all, begun);
    into.add(seen, all, static_cast<std::uint64_t>(std::max<std::time_t>(std::time(nullptr), 0)));
    if (container.cgroup.empty()) return;
    const auto cgroup =
        kernel::open_at(kernel::here, container.cgroup.c_str(), O_RDONLY | O_DIRECTORY);
    if (cgroup) metrics::add_cgroup(into, cgroup.value(), all);
}

void add_requests(Exposition& into, const http::Tally& tally) {
    into.add(connections, "", tally.connections);
    into.add(accepted, "", tally.accepted);
    for (const auto& [kind, number] : tally.requests)
        into.add(requests,
                 labels({{"route", kind.route},
                         {"method", kind.method},
                         {"code", std::to_string(kind.status)}}),
                 number);
    for (const auto& [route, taken] : tally.durations) {
        const std::string one = labels({{"route", route}});
        for (std::size_t at = 0; at < taken.within.size(); ++at)
            into.add(durations,
                     fmt::format("{},le=\"{}\"", one,
                                 static_cast<double>(http::Durations::bounds.at(at)) / 1e6),
                     std::to_string(taken.within.at(at)), "_bucket");
        into.add(durations, one + ",le=\"+Inf\"", std::to_string(taken.count), "_bucket");
        into.add(durations, one, metrics::seconds_text(taken.sum), "_sum");
        into.add(durations, one, std::to_string(taken.count), "_count");
    }
}

void add_containers(Exposition& into, const Containers& all) {
    std::array<std::uint64_t, state_count> counts{};
    for (const auto& [name, container] : all.all()) {
        ++counts.at(static_cast<std::size_t>(container->state));
        if (container->restarts > 0)
            into.add(restarts, labels({{"name", name.text()}}), container->restarts);
    }
    for (std::size_t at = 0; at < counts.size(); ++at)
        into.add(containers, labels({{"state", word_of(static_cast<State>(at))}}), counts.at(at));
}

void add_fetches(Exposition& into, const Fetches::Counts& counts) {
    into.add(fetches, "", counts.running);
    into.add(waiting, "", counts.waiting);
    into.add(failed, "", counts.failed);
    into.add(retries, "", counts.retries);
    for (const auto& [registry, bytes] : counts.bytes)
        into.add(fetched, labels({{"registry", registry}}), bytes);
}

void add_process(Exposition& into) {
    constexpr std::size_t largest = 4096;
    const auto pages = kernel::read_text(kernel::here, "/proc/self/statm", largest);
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (pages) {
        const auto parts = split(pages.value(), ' ');
        const auto all = parse_number<std::uint64_t>(parts.front());
        const auto present =
            parts.size() > 1 ? parse_number<std::uint64_t>(parts[1]) : std::nullopt;
        if (present) into.add(resident, "", *present * page);
        if (all) into.add(address_space, "", *all * page);
    }
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0)
        into.add(processor, "",
                 metrics::seconds_text(static_cast<std::uint64_t>(
                     (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)));
    const auto files = kernel::open_at(kernel::here, "/proc/self/fd", O_RDONLY | O_DIRECTORY);
    const auto names = files ? kernel::read_directory(files.value())
                             : kernel::SysResult<std::vector<std::string>>{Failure{files.error()}};
    if (names) into.add(open_files, "", names.value().size());
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) into.add(most_files, "", limit.rlim_cur);
}

/// Reads all numbers, a few containers at a time, so that others get their turn in between; who
/// asks meanwhile, or shortly after, gets the same.
class Scraper : public std::enable_shared_from_this<Scraper> {
public:
    explicit Scraper(Service& service) : service_{service} {}

    void ask(const Pointer& exchange) {
        if (!text_.empty() && Clock::now() - read_at_ < fresh) return answer(exchange);
        askers_.push_back(exchange);
        if (askers_.size() > 1) return;
        numbers_ = {};
        left_.clear();
        for (const auto& [name, container] : service_.containers.all())
            if (runs(*container)) left_.push_back(container);
        step();
    }

private:
    void step() {
        for (std::size_t count = 0; !left_.empty() && count < containers_at_once; ++count) {
            add_container(numbers_, *left_.back());
            left_.pop_back();
        }
        if (left_.empty()) return finish();
        service_.reactor.after(std::chrono::milliseconds{0},
                               [self = shared_from_this()] { self->step(); });
    }

    void finish() {
        numbers_.add(build, labels({{"version", version}}), std::uint64_t{1});
        add_containers(numbers_, service_.containers);
        add_requests(numbers_, service_.tally);
        numbers_.add(streams, "", service_.streams);
        numbers_.add(events, "", service_.events.last());
        numbers_.add(dropped, "", service_.dropped_listeners);
        add_fetches(numbers_, service_.containers.fetches().counts());
        add_process(numbers_);
        text_ = numbers_.text();
        numbers_ = {};
        read_at_ = Clock::now();
        const auto askers = std::exchange(askers_, {});
        for (const Pointer& each : askers) answer(each);
    }

    void answer(const Pointer& exchange) {
        exchange->answer({.type = "text/plain; version=0.0.4; charset=utf-8", .body = text_});
    }

    Service& service_;
    Exposition numbers_{};
    std::vector<ContainerRef> left_{};
    std::vector<Pointer> askers_{};
    std::string text_{};
    Clock::time_point read_at_{};
};

}  // namespace

void add_metric_routes(http::Router& router, Service& service) {
    router.add(
        "GET", "/metrics",
        [scraper = std::make_shared<Scraper>(service)](const Pointer& one) { scraper->ask(one); });
}

}  // namespace oci::serve::routes
