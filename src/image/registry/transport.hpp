// SPDX-License-Identifier: Apache-2.0
//
// transport: requests and their answers, several at a time in one thread. Follows redirects by its
// own rules, and reaches only whom it may. The one place that knows libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "image/registry/addresses.hpp"
#include "image/registry/headers.hpp"
#include "image/registry/url.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image::registry {

/// How far a host is trusted, and what it wants to see of us.
struct Trust {
    bool insecure = false;                   ///< Plain HTTP and any certificate will do.
    bool allowed = false;                    ///< Also where only the public may be reached.
    std::vector<std::string> authorities{};  ///< Files of certificates, besides the system's.
    std::string certificate{};               ///< The client's own, a path; or empty.
    std::string key{};
};

struct TransportSettings {
    std::function<Trust(const Url&)> trust_of;
    Reach reach = Reach::Anywhere;
    std::chrono::seconds connecting{30};
    std::chrono::seconds whole{120};  ///< For an answer that is kept in memory.
    std::chrono::seconds stalled{30};
    long least_speed = 1024;  ///< Bytes in a second; below it for `stalled`, it ends.
    int cancel_fd = -1;       ///< Readable: stop all. -1: nobody can.
};

/// What came before the body. The views end with the call they are given to.
struct Head {
    int status = 0;
    const Headers& headers;
    const Url& url;  ///< Whose answer it is, after redirects.
};

/// Takes the body of an answer 200 or 206.
class Receiver {
public:
    Receiver() = default;
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    virtual ~Receiver() = default;

    /// Before the first byte, if there is any. An error ends the answer (Trouble::Receiver).
    [[nodiscard]] virtual Result<void> begin(const Head& head) = 0;
    [[nodiscard]] virtual Result<void> take(std::span<const char> bytes) = 0;
};

enum class Method : std::uint8_t { Get, Head, Post };

struct Request {
    Method method = Method::Get;
    Url url{};
    std::vector<std::string> fields{};         ///< "Accept: …"
    std::string authorization{};               ///< For the origin of `url` alone; empty: none.
    std::string body{};                        ///< Of a Post: a form.
    std::size_t most = std::size_t{1} << 20U;  ///< Bytes that are kept of a body.
    Receiver* receiver = nullptr;              ///< Lives as long as the request.
};

enum class Trouble : std::uint8_t {
    None,       ///< There is an answer, whatever its status.
    Name,       ///< The host has no address.
    Connect,    ///< Nobody listens there, or no way leads there.
    Handshake,  ///< What answers does not speak TLS, or not ours.
    Trust,      ///< The certificate is not what it should be.
    Broken,     ///< It ended before its end, or was too slow.
    Forbidden,  ///< An address or a redirect that is not taken.
    TooLarge,
    Receiver,  ///< Whoever took the body would not go on.
    Cancelled,
    Internal,
};

struct Answer {
    int status = 0;
    Headers headers{};
    std::string body{};  ///< Without a receiver, or of an error.
    Url url{};           ///< After redirects.
    Trouble trouble = Trouble::None;
    std::optional<Error> error{};  ///< With every trouble.

    [[nodiscard]] bool is_success() const noexcept {
        return trouble == Trouble::None && status >= 200 && status < 300;
    }
};

class Transport {
public:
    using Ticket = std::uint64_t;
    struct Finished {
        Ticket ticket = 0;
        Answer answer;
    };

    /// From then on the process ignores SIGPIPE.
    [[nodiscard]] static Result<Transport> open(TransportSettings settings);
    Transport(Transport&&) noexcept;
    Transport& operator=(Transport&&) noexcept;
    ~Transport();

    /// Whatever goes wrong comes as an answer.
    [[nodiscard]] Ticket start(Request request);

    /// One that is finished, while all go on; nothing after so long.
    [[nodiscard]] std::optional<Finished> wait(std::chrono::milliseconds most);

    /// One request to its end, while others go on.
    [[nodiscard]] Answer fetch(Request request);

    /// Only waits, while others go on; false if it was cancelled.
    [[nodiscard]] bool pause(std::chrono::milliseconds time);

    /// Ends what is under way, without an answer.
    void abandon_all();

    [[nodiscard]] bool is_cancelled() const;

private:
    struct State;
    explicit Transport(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

/// For whoever was stopped by TransportSettings::cancel_fd.
[[nodiscard]] Error cancelled();

}  // namespace oci::image::registry
