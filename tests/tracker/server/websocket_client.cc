// SPDX-License-Identifier: LGPL-2.1-or-later
#include "websocket_client.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace triad::test {
namespace {

constexpr int patience = 30; // seconds

int connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    throw std::runtime_error("no address: " + host);
  }
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int result = connect(socket, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (result != 0) {
    ::close(socket);
    throw std::runtime_error("not connected to " + host);
  }
  return socket;
}

void set_patience(int socket) {
  const timeval time{patience, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

} // namespace

WebSocketClient::WebSocketClient(int socket)
    : socket_(socket), context_(nullptr, SSL_CTX_free), tls_(nullptr, SSL_free) {
  set_patience(socket_);
}

WebSocketClient::WebSocketClient(const std::string& url)
    : context_(nullptr, SSL_CTX_free), tls_(nullptr, SSL_free) {
  const auto begin = url.find("//") + 2;
  const auto colon = url.rfind(':');
  std::string host = url.substr(begin, colon - begin);
  std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
  socket_ = connect_to(host, url.substr(colon + 1));
  set_patience(socket_);
  if (url.starts_with("wss")) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_);
    if (SSL_connect(tls_.get()) != 1) {
      close();
      throw std::runtime_error("no TLS");
    }
  }
}

WebSocketClient::~WebSocketClient() {
  close();
}

WebSocketClient::WebSocketClient(WebSocketClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      context_(std::move(other.context_)),
      tls_(std::move(other.tls_)),
      received_(std::move(other.received_)) {}

WebSocketClient& WebSocketClient::operator=(WebSocketClient&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(context_, other.context_);
  std::swap(tls_, other.tls_);
  std::swap(received_, other.received_);
  return *this;
}

void WebSocketClient::close() {
  if (socket_ >= 0) {
    ::close(std::exchange(socket_, -1));
  }
}

std::string WebSocketClient::peer_certificate() const {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(tls_.get()),
                                                           X509_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(memory.get(), certificate.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void WebSocketClient::update_keys(unsigned times) {
  std::signal(SIGPIPE, SIG_IGN); // OpenSSL's writes can't do without
  for (unsigned i = 0; i < times; ++i) {
    SSL_key_update(tls_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    if (SSL_do_handshake(tls_.get()) != 1) {
      return; // the server has ended it
    }
  }
}

void WebSocketClient::send(std::string_view raw) {
  while (!raw.empty()) {
    const ssize_t sent = tls_ ? SSL_write(tls_.get(), raw.data(), static_cast<int>(raw.size()))
                              : ::send(socket_, raw.data(), raw.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return; // the server has ended it; reading shows how
    }
    raw.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool WebSocketClient::fill() {
  std::array<char, 16384> buffer;
  const ssize_t got = tls_ ? SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()))
                           : recv(socket_, buffer.data(), buffer.size(), 0);
  if (got < 0 && (tls_ ? SSL_get_error(tls_.get(), static_cast<int>(got)) == SSL_ERROR_WANT_READ
                       : errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw std::runtime_error("the server says nothing");
  }
  if (got <= 0) {
    return false;
  }
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string WebSocketClient::take(std::size_t size) {
  while (received_.size() < size) {
    if (!fill()) {
      return {};
    }
  }
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

HttpAnswer WebSocketClient::upgrade(const std::string& target, const std::string& headers) {
  send("GET " + target +
       " HTTP/1.1\r\nHost: tracker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
       "Origin: https://example.org\r\n" +
       headers + "\r\n");
  return read_answer();
}

HttpAnswer WebSocketClient::get(const std::string& target, const std::string& headers) {
  send("GET " + target + " HTTP/1.1\r\nHost: tracker\r\n" + headers + "\r\n");
  return read_answer();
}

HttpAnswer WebSocketClient::read_answer(bool head) {
  HttpAnswer answer;
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return answer;
    }
  }
  answer.head = take(end + 4);
  answer.status = static_cast<unsigned>(std::atoi(answer.head.c_str() + 9));
  const auto length = answer.head.find("Content-Length: ");
  if (length != std::string::npos && !head) {
    answer.body = take(static_cast<std::size_t>(std::atoi(answer.head.c_str() + length + 16)));
  }
  return answer;
}

void WebSocketClient::send_text(std::string_view payload) {
  send_frame(0x81, payload);
}

void WebSocketClient::send_frame(std::uint8_t first, std::string_view payload, bool masked) {
  std::string frame(1, static_cast<char>(first));
  const int mask_bit = masked ? 0x80 : 0;
  const std::size_t more = payload.size() < 126 ? 0 : payload.size() < 65536 ? 2 : 8;
  frame += static_cast<char>(mask_bit | (more == 0   ? static_cast<int>(payload.size())
                                         : more == 2 ? 126
                                                     : 127));
  for (std::size_t i = more; i-- > 0;) {
    frame += static_cast<char>(payload.size() >> 8 * i & 0xff);
  }
  constexpr std::string_view mask = "\x12\x34\x56\x78";
  if (masked) {
    frame += mask;
  }
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(masked ? payload[i] ^ mask[i % 4] : payload[i]);
  }
  send(frame);
}

std::optional<Received> WebSocketClient::read_frame() {
  const std::string start = take(2);
  if (start.empty()) {
    return std::nullopt;
  }
  std::size_t length = static_cast<std::uint8_t>(start[1]);
  if (length >= 126) {
    const std::string more = take(length == 126 ? 2 : 8);
    length = 0;
    for (const char byte : more) {
      length = length << 8 | static_cast<std::uint8_t>(byte);
    }
  }
  return Received{static_cast<std::uint8_t>(start[0]) & 0x0fu, take(length)};
}

std::string WebSocketClient::read_text() {
  for (;;) {
    const auto frame = read_frame();
    if (!frame || frame->opcode == 8) {
      return {};
    }
    if (frame->opcode == 1) {
      return frame->payload;
    }
  }
}

unsigned WebSocketClient::read_close() {
  const auto frame = read_frame();
  if (!frame || frame->opcode != 8 || frame->payload.size() != 2) {
    return 0;
  }
  return static_cast<unsigned>(static_cast<std::uint8_t>(frame->payload[0]) << 8 |
                               static_cast<std::uint8_t>(frame->payload[1]));
}

bool WebSocketClient::read_end() {
  return received_.empty() && !fill();
}

bool WebSocketClient::pending() const {
  pollfd waiting{socket_, POLLIN, 0};
  return !received_.empty() || poll(&waiting, 1, 0) == 1;
}

} // namespace triad::test
