// SPDX-License-Identifier: Apache-2.0
#include "image/registry/downloads.hpp"

#include <algorithm>
#include <memory>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "image/registry/blob_receiver.hpp"

namespace oci::image::registry {
namespace {

using Clock = std::chrono::steady_clock;
using Refusal = BlobReceiver::Refusal;

/// A try that brought so many bytes was none in vain.
constexpr std::uint64_t worth_it = 256 * 1024;

struct Blob {
    const BlobRequest& request;
    std::unique_ptr<BlobReceiver> receiver{};
    BlobProgress progress{};
    Attempts attempts{};
    std::size_t endpoint = 0;
    Url url{};
    std::string authorization{};
    Transport::Ticket ticket = 0;  ///< 0: nothing is under way.
    Clock::time_point not_before{};
    bool has_come_anew = false;  ///< From its first byte, after its bytes had been wrong.
    std::string before{};        ///< What other endpoints had to say.

    [[nodiscard]] std::string what() const { return "blob " + request.descriptor.digest.text(); }
};

class Downloads {
public:
    Downloads(Session& session, const std::vector<Endpoint>& endpoints,
              std::span<const BlobRequest> requests, std::size_t parallel,
              const Progress& progress);

    Result<void> run();

private:
    Result<void> open(std::size_t index);
    Result<void> start_what_is_due();
    Result<void> start(Blob& blob);
    Result<void> settle(Blob& blob, const Answer& answer);
    Result<void> settle_refusal(Blob& blob, const Answer& answer);
    Result<void> finish(Blob& blob);
    Result<void> start_anew_or_elsewhere(Blob& blob, Error error);
    Result<void> go_elsewhere(Blob& blob, Error error);
    void tell(const Blob& blob) const;
    [[nodiscard]] std::chrono::milliseconds until_next() const;
    [[nodiscard]] const Endpoint& endpoint_of(const Blob& blob) const {
        return endpoints_[blob.endpoint];
    }

    Session& session_;
    const std::vector<Endpoint>& endpoints_;
    const Progress& progress_;
    std::size_t parallel_;
    std::size_t running_ = 0;
    std::vector<Blob> blobs_;
};

Downloads::Downloads(Session& session, const std::vector<Endpoint>& endpoints,
                     std::span<const BlobRequest> requests, std::size_t parallel,
                     const Progress& progress)
    : session_{session}, endpoints_{endpoints}, progress_{progress}, parallel_{parallel} {
    blobs_.reserve(requests.size());
    for (const BlobRequest& request : requests) blobs_.push_back({.request = request});
}

void Downloads::tell(const Blob& blob) const {
    if (progress_) progress_(static_cast<std::size_t>(&blob - blobs_.data()), blob.progress);
}

Result<void> Downloads::open(std::size_t index) {
    Blob& blob = blobs_[index];
    blob.receiver = std::make_unique<BlobReceiver>(blob.request, [this, index] {
        blobs_[index].progress.done = blobs_[index].receiver->offset();
        tell(blobs_[index]);
    });
    OCI_TRY(blob.receiver->open());
    blob.progress.total = blob.request.descriptor.size;
    blob.progress.done = blob.receiver->offset();
    tell(blob);
    return {};
}

Result<void> Downloads::run() {
    for (std::size_t i = 0; i < blobs_.size(); ++i) OCI_TRY(open(i));
    for (;;) {
        OCI_TRY(start_what_is_due());
        if (std::ranges::all_of(blobs_, [](const Blob& blob) { return blob.progress.is_complete; }))
            return {};
        auto finished = session_.transport().wait(until_next());
        if (!finished) {
            if (session_.transport().is_cancelled()) return Failure{cancelled()};
            continue;
        }
        const auto blob = std::ranges::find(blobs_, finished->ticket, &Blob::ticket);
        if (blob == blobs_.end()) continue;
        blob->ticket = 0;
        --running_;
        OCI_TRY(settle(*blob, finished->answer));
    }
}

std::chrono::milliseconds Downloads::until_next() const {
    constexpr std::chrono::milliseconds longest{1000};
    if (running_ == parallel_) return longest;
    auto wait = longest;
    for (const Blob& blob : blobs_) {
        if (blob.progress.is_complete || blob.ticket != 0) continue;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(blob.not_before - Clock::now());
        wait = std::clamp(left, std::chrono::milliseconds{0}, wait);
    }
    return wait;
}

Result<void> Downloads::start_what_is_due() {
    for (Blob& blob : blobs_) {
        if (running_ >= parallel_) return {};
        if (blob.progress.is_complete || blob.ticket != 0 || blob.not_before > Clock::now())
            continue;
        OCI_TRY(start(blob));
    }
    return {};
}

Result<void> Downloads::start(Blob& blob) {
    if (blob.receiver->is_whole()) return finish(blob);
    OCI_TRY(blob.receiver->expect());
    const std::string path = "blobs/" + blob.request.descriptor.digest.text();
    blob.url = OCI_TRY(session_.url_of(endpoint_of(blob), path));
    auto authorization = session_.authorization_for(endpoint_of(blob), blob.url);
    if (!authorization) return go_elsewhere(blob, std::move(authorization).error());
    blob.authorization = std::move(authorization).value();
    Request request{
        .url = blob.url, .authorization = blob.authorization, .receiver = blob.receiver.get()};
    if (blob.receiver->offset() > 0)
        request.fields.push_back(fmt::format("Range: bytes={}-", blob.receiver->offset()));
    blob.progress.is_waiting = false;
    blob.ticket = session_.transport().start(std::move(request));
    ++running_;
    return {};
}

Result<void> Downloads::settle(Blob& blob, const Answer& answer) {
    if (blob.receiver->has_begun()) blob.attempts.logins = 0;
    if (blob.receiver->gained() >= worth_it) blob.attempts.failures = 0;
    if (answer.trouble == Trouble::Receiver) return settle_refusal(blob, answer);
    constexpr int no_such_range = 416;
    if (answer.trouble == Trouble::None && answer.status == no_such_range &&
        blob.receiver->offset() > 0) {
        blob.receiver->never_ask_for_ranges();
        return {};
    }
    if (answer.is_success() && blob.receiver->is_whole()) return finish(blob);
    Answer judged = answer;
    if (answer.is_success()) {
        judged.trouble = Trouble::Broken;
        judged.error =
            with(fail(ErrorKind::System, "{} ends after {} of {} bytes", display_of(answer.url),
                      blob.receiver->offset(), blob.request.descriptor.size),
                 {.code = "registry-failure"})
                .error;
    }
    const Verdict verdict = session_.judge(judged, endpoint_of(blob), blob.url, blob.attempts);
    switch (verdict.act) {
        case Act::Take:
        case Act::GiveUp:
            return go_elsewhere(
                blob, session_.error_for(judged, endpoint_of(blob), blob.url, blob.what()));
        case Act::LogIn: {
            ++blob.attempts.logins;
            auto in = session_.log_in(endpoint_of(blob), blob.url, answer, blob.authorization);
            if (!in) return go_elsewhere(blob, std::move(in).error());
            return {};
        }
        case Act::Wait: break;
    }
    ++blob.attempts.failures;
    ++blob.progress.retries;
    blob.progress.is_waiting = true;
    blob.not_before = Clock::now() + verdict.delay;
    tell(blob);
    return {};
}

Result<void> Downloads::settle_refusal(Blob& blob, const Answer& answer) {
    switch (blob.receiver->refusal()) {
        case Refusal::Range:
            // Once: without a range there is nothing to be wrong about.
            blob.receiver->never_ask_for_ranges();
            ++blob.progress.retries;
            if (blob.receiver->offset() > 0) return {};
            return start_anew_or_elsewhere(blob, *answer.error);
        case Refusal::Content: return start_anew_or_elsewhere(blob, *answer.error);
        case Refusal::Sink:
        case Refusal::None: break;
    }
    return Failure{*answer.error};
}

Result<void> Downloads::finish(Blob& blob) {
    auto finished = blob.request.sink->finish();
    if (!finished) {
        if (finished.error().kind != ErrorKind::InvalidConfig) return finished;
        return start_anew_or_elsewhere(blob, std::move(finished).error());
    }
    blob.progress.is_complete = true;
    blob.progress.done = blob.progress.total;
    tell(blob);
    return {};
}

/// Wrong bytes may come from what was there before, or from a bad moment of the network.
Result<void> Downloads::start_anew_or_elsewhere(Blob& blob, Error error) {
    OCI_TRY(blob.receiver->restart());
    blob.progress.done = 0;
    if (blob.has_come_anew) return go_elsewhere(blob, std::move(error));
    log::debug("{}; once more", error.message);
    blob.has_come_anew = true;
    ++blob.progress.retries;
    return {};
}

Result<void> Downloads::go_elsewhere(Blob& blob, Error error) {
    const bool is_over = error.code == "cancelled" || blob.endpoint + 1 == endpoints_.size();
    if (is_over) {
        if (!blob.before.empty()) error.message += " (before that: " + blob.before + ")";
        return Failure{std::move(error)};
    }
    log::debug("{}", error.message);
    blob.before += (blob.before.empty() ? "" : "; ") + error.message;
    ++blob.endpoint;
    blob.attempts = {};
    return {};
}

}  // namespace

Result<void> download(Session& session, const std::vector<Endpoint>& endpoints,
                      std::span<const BlobRequest> requests, std::size_t parallel,
                      const Progress& progress) {
    Downloads downloads{session, endpoints, requests, parallel, progress};
    auto result = downloads.run();
    // Receivers go now, and nobody may write to them any more.
    session.transport().abandon_all();
    return result;
}

}  // namespace oci::image::registry
