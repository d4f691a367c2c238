// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/http_messages.h"

#include <utility> // Boost 1.74's awaitable.hpp needs it and does not say so

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace triad::tracker {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

using Parser = http::request_parser<http::string_body>;

std::string own(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

unsigned status_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit) {
    return 431;
  }
  return error == http::error::body_limit ? 413 : 400;
}

HttpRequest request_of(Parser& parser) {
  auto& message = parser.get();
  HttpRequest request;
  request.method = own(message.method_string());
  request.target = own(message.target());
  request.accept = own(message[http::field::accept]);
  request.authorization = own(message[http::field::authorization]);
  request.websocket_key = own(message[http::field::sec_websocket_key]);
  request.websocket_version = own(message[http::field::sec_websocket_version]);
  const auto [first, last] = message.equal_range("X-Forwarded-For");
  for (auto each = first; each != last; ++each) {
    request.forwarded_for += (request.forwarded_for.empty() ? "" : ",") + own(each->value());
  }
  request.upgrade = message.method() == http::verb::get && message.version() >= 11 &&
                    http::token_list(message[http::field::connection]).exists("upgrade") &&
                    http::token_list(message[http::field::upgrade]).exists("websocket");
  request.keep_alive = message.keep_alive();
  request.body = std::move(message.body());
  return request;
}

std::string base64(const unsigned char* bytes, unsigned size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// RFC 6455 section 4.2.2, step 5.4.
std::string accept_value(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base64(digest.data(), size);
}

} // namespace

std::string_view HttpRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

HttpResult parse_http_request(std::string_view bytes) {
  const bool too_long = bytes.size() > max_http_request; // if what is within is not whole
  bytes = bytes.substr(0, max_http_request);
  Parser parser;
  parser.header_limit(max_http_header);
  parser.body_limit(max_http_body);
  parser.eager(true);
  boost::system::error_code error;
  std::size_t size = 0;
  // One call takes the header, the next ones the body.
  while (!parser.is_done()) {
    const std::size_t taken =
        parser.put(asio::buffer(bytes.data() + size, bytes.size() - size), error);
    size += taken;
    if (error == http::error::need_more || (!error && taken == 0 && !parser.is_done())) {
      return too_long ? HttpResult(HttpFault{413}) : HttpIncomplete{};
    }
    if (error) {
      return HttpFault{status_of(error)};
    }
  }
  HttpRequest request = request_of(parser);
  request.size = size;
  return request;
}

std::string HttpResponse::text(bool keep_alive, bool head) const {
  std::string text = "HTTP/1.1 " + std::to_string(status) + ' ' +
                     own(http::obsolete_reason(static_cast<http::status>(status))) + "\r\n";
  for (const auto& [name, value] : headers) {
    text += name + ": " + value + "\r\n";
  }
  text += "Content-Type: " + content_type + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head ? text : text + body;
}

std::variant<std::string, HttpResponse> accept_websocket(const HttpRequest& request) {
  if (request.websocket_version != "13") {
    HttpResponse response{426, "text/plain; charset=utf-8", "WebSocket version 13 is needed.\n"};
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    return response;
  }
  constexpr std::size_t key_size = 24; // of 16 bytes in base64
  if (request.websocket_key.size() != key_size) {
    return HttpResponse{400, "text/plain; charset=utf-8", "Sec-WebSocket-Key is wrong.\n"};
  }
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_value(request.websocket_key) + "\r\n\r\n";
}

std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.substr(0, pair.find('=')) == name && pair.size() > name.size()) {
      return pair.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

} // namespace triad::tracker
