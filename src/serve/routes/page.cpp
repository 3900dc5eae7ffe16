// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/page.hpp"

#include "serve/routes/asking.hpp"
#include "serve/routes/page_text.hpp"

namespace oci::serve::routes {
namespace {

void page(const Pointer& exchange) {
    http::Response response{
        .type = "text/html; charset=utf-8",
        .fields = {{"ETag", std::string{page_tag}},
                   {"Cache-Control", "no-cache"},
                   {"Content-Security-Policy", std::string{page_policy}},
                   {"Cross-Origin-Resource-Policy", "same-origin"},
                   {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
                   {"Referrer-Policy", "no-referrer"},
                   {"X-Frame-Options", "DENY"}}};
    constexpr unsigned not_modified = 304;
    if (http::field(exchange->request().fields, "if-none-match") == page_tag)
        response.status = not_modified;
    else
        response.body = page_text;
    exchange->answer(std::move(response));
}

}  // namespace

void add_page_route(http::Router& router) { router.add("GET", "/", page); }

}  // namespace oci::serve::routes
