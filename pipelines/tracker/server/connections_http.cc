// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections: HTTP requests, and those that become WebSockets.
#include "tracker/server/connections.h"

#include "tracker/access/tokens.h"
#include "tracker/server/socket_address.h"

namespace triad::tracker {
namespace {

unsigned status_of(Refusal refusal) {
  switch (refusal) {
  case Refusal::connections:
    return 503;
  case Refusal::address_connections:
  case Refusal::address_messages:
  case Refusal::address_swarms:
    return 429;
  default:
    return 403;
  }
}

HttpResponse refusal(Refusal why) {
  HttpResponse response;
  response.status = status_of(why);
  response.body = std::string(reason_of(why)) + '\n';
  if (response.status != 403) {
    response.headers.emplace_back("Retry-After", "30");
  }
  return response;
}

} // namespace

bool Connections::take_request(Connection& connection, std::span<char>& bytes) {
  const auto parsed = parse_http_request({bytes.data(), bytes.size()});
  if (std::holds_alternative<HttpIncomplete>(parsed)) {
    return false;
  }
  ++counters_.http_requests;
  if (const auto* fault = std::get_if<HttpFault>(&parsed)) {
    HttpResponse response;
    response.status = fault->status;
    response.body = "That is no HTTP request that this server takes.\n";
    respond(connection, response, false, false);
    return true;
  }
  const HttpRequest& request = *std::get_if<HttpRequest>(&parsed);
  serve(connection, request);
  bytes = bytes.subspan(request.size);
  return true;
}

void Connections::serve(Connection& connection, const HttpRequest& request) {
  const bool head = request.method == "HEAD";
  if (const auto why = admit(connection, request)) {
    respond(connection, refusal(*why), false, head);
  } else if (request.upgrade) {
    upgrade(connection, request);
  } else {
    respond(connection, service_.answer(request), request.keep_alive && !stopping_, head);
  }
}

std::optional<Refusal> Connections::admit(Connection& connection, const HttpRequest& request) {
  if (connection.refused) {
    return connection.refused;
  }
  if (!connection.permit) {
    const auto from = trusted_proxies_ == 0
                          ? std::nullopt
                          : forwarded_address(request.forwarded_for, trusted_proxies_);
    Refusal why{};
    connection.permit = access_.open(from.value_or(connection.address), &why);
    if (!connection.permit) {
      return why;
    }
  }
  if (!connection.permit->message(now_)) {
    return Refusal::address_messages;
  }
  return request.upgrade ? connection.permit->show_token(token_of_target(request.target))
                         : std::nullopt;
}

void Connections::upgrade(Connection& connection, const HttpRequest& request) {
  const auto answer = accept_websocket(request);
  if (const auto* fault = std::get_if<HttpResponse>(&answer)) {
    respond(connection, *fault, false, false);
    return;
  }
  enter(connection, Phase::websocket);
  connection.upgraded = true;
  write(connection, *std::get_if<std::string>(&answer));
}

void Connections::respond(Connection& connection, const HttpResponse& response, bool keep_alive,
                          bool head) {
  enter(connection, keep_alive ? Phase::request : Phase::ending);
  if (trusted_proxies_ != 0) {
    connection.permit.reset(); // a proxy sends the requests of many over one connection
  }
  write(connection, response.text(keep_alive, head));
}

} // namespace triad::tracker
