// SPDX-License-Identifier: Apache-2.0
//
// router: which function serves a method at a path. Paths are templates: "/containers/{name}".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http/connection.hpp"

namespace oci::serve::http {

class Router {
public:
    void add(std::string_view method, std::string_view path, Handler handler);

    /// Answers, or has it answered. Each path is there below /v1, too; HEAD is wherever GET is.
    void serve(const std::shared_ptr<Exchange>& exchange) const;

    /// "GET /containers/{name}", one a line, in the order of add().
    [[nodiscard]] std::string table() const;

private:
    struct Route {
        std::string method;
        std::string path;
        std::vector<std::string> parts;
        Handler handler;
    };
    std::vector<Route> routes_{};
};

}  // namespace oci::serve::http
