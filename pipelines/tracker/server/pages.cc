// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/pages.h"

#include "tracker/access/allow_list.h"

#include <openssl/crypto.h>

#include <charconv>

namespace triad::tracker {
namespace {

constexpr const char* html = "text/html; charset=utf-8";
constexpr const char* json = "application/json";
constexpr const char* metrics_text = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse plain(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

// Figures of this moment.
HttpResponse fresh(const char* type, std::string body) {
  HttpResponse response = plain(200, std::move(body));
  response.content_type = type;
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse front_page() {
  HttpResponse response;
  response.content_type = html;
  response.body = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>triad-tracker</title>
<style>body { font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }</style>
</head>
<body>
<h1>triad-tracker</h1>
<p>This is a WebTorrent tracker: it lets listeners of the same release find each other. Players
connect to this address by WebSocket; there is nothing to download here.</p>
<p><a href="stats">Statistics</a> for people (<a href="stats.json">JSON</a>),
<a href="metrics">metrics</a> for Prometheus, <a href="health">health</a> for load balancers.</p>
</body>
</html>
)";
  return response;
}

HttpResponse statistics_page() {
  HttpResponse response;
  response.content_type = html;
  response.body = stats_page();
  response.headers.emplace_back("Vary", "Accept");
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; script-src "
                                "'unsafe-inline'; connect-src 'self'; img-src data:");
  return response;
}

bool may_operate(const HttpRequest& request, std::string_view admin_token) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view shown = request.authorization;
  return !admin_token.empty() && shown.starts_with(scheme) &&
         shown.size() - scheme.size() == admin_token.size() &&
         CRYPTO_memcmp(shown.data() + scheme.size(), admin_token.data(), admin_token.size()) == 0;
}

// In the query, or in a form.
std::optional<std::string_view> parameter_of(const HttpRequest& request, std::string_view name) {
  const auto in_query = parameter(request.query(), name);
  return in_query ? in_query : parameter(request.body, name);
}

std::optional<unsigned> parse_percent(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > 100) {
    return std::nullopt;
  }
  return value;
}

HttpResponse dial(const HttpRequest& request, std::string_view admin_token, Operated& operated) {
  if (request.method != "POST") {
    HttpResponse response = plain(405, "The dial is turned by POST.\n");
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  if (!may_operate(request, admin_token)) {
    HttpResponse response = plain(admin_token.empty() ? 403 : 401, "The admin token is needed.\n");
    if (!admin_token.empty()) {
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
    }
    return response;
  }
  const auto share = parameter_of(request, "peer_share");
  const auto percent = share ? parse_percent(*share) : std::nullopt;
  const auto hex = parameter_of(request, "info_hash");
  const auto release = hex ? parse_info_hash(*hex) : std::nullopt;
  const bool as_all = release && share == "default";
  if ((!percent && !as_all) || (hex && !release)) {
    return plain(400, "Give peer_share=0..100, and info_hash=40 hex digits for one release only "
                      "(there peer_share=default is allowed, too).\n");
  }
  const std::uint64_t told = operated.turn_dial(release, percent);
  return fresh(json, "{\"told\":" + std::to_string(told) + "}\n");
}

} // namespace

HttpResponse answer_page(const HttpRequest& request, std::string_view admin_token,
                         Operated& operated) {
  const std::string_view path = request.path();
  if (path == "/dial") {
    return dial(request, admin_token, operated);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = plain(405, "Only GET and HEAD are served here.\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/") {
    return front_page();
  }
  if (path == "/stats" && request.accept.find("text/html") != std::string::npos) {
    return statistics_page();
  }
  if (path == "/stats" || path == "/stats.json") {
    HttpResponse response =
        fresh(json, stats_json(operated.stats(may_operate(request, admin_token))));
    response.headers.emplace_back("Vary", "Accept");
    return response;
  }
  if (path == "/metrics") {
    return fresh(metrics_text, stats_metrics(operated.stats(false)));
  }
  if (path == "/health") {
    return fresh("text/plain; charset=utf-8", "ok\n");
  }
  return plain(404, "There is nothing here; trackers are spoken to by WebSocket.\n");
}

} // namespace triad::tracker
