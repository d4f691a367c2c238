// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fake_tracker.h"

#include "peers/company/websocket_upgrade.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace triad::test {

void FakeSession::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void FakeSession::send_frame(unsigned char first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  const auto put = [&](std::size_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i)
      frame += static_cast<char>(value >> (8 * i));
  };
  if (payload.size() < 126) {
    put(payload.size(), 1);
  } else if (payload.size() < 65536) {
    put(126, 1);
    put(payload.size(), 2);
  } else {
    put(127, 1);
    put(payload.size(), 8);
  }
  send(frame.append(payload));
}

bool FakeSession::read_exactly(char* into, std::size_t size) {
  while (size > 0) {
    const ssize_t got = recv(socket_, into, size, 0);
    if (got <= 0)
      return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::string FakeSession::read_request() {
  std::string request;
  char c = 0;
  while (!request.ends_with("\r\n\r\n") && read_exactly(&c, 1))
    request += c;
  return request;
}

std::string FakeSession::accept() {
  const std::string request = read_request();
  send(switching_protocols(request));
  return request;
}

std::string FakeSession::read_frame() {
  opcode_ = 0;
  std::array<char, 2> head{};
  if (!read_exactly(head.data(), 2))
    return {};
  const auto second = static_cast<unsigned char>(head[1]);
  std::size_t size = second & 0x7f;
  if (size >= 126) {
    std::array<char, 8> wide{};
    const std::size_t bytes = size == 126 ? 2 : 8;
    read_exactly(wide.data(), bytes);
    size = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      size = size << 8 | static_cast<unsigned char>(wide.at(i));
  }
  masked_ = (second & 0x80) != 0;
  std::array<char, 4> mask{};
  if (masked_)
    read_exactly(mask.data(), 4);
  std::string payload(size, '\0');
  if (!read_exactly(payload.data(), size))
    return {};
  for (std::size_t i = 0; i < size; ++i)
    payload[i] = static_cast<char>(payload[i] ^ mask.at(i % 4));
  opcode_ = static_cast<unsigned char>(head[0]) & 0x0f;
  return payload;
}

unsigned char FakeSession::last_opcode() const {
  return opcode_;
}

bool FakeSession::last_was_masked() const {
  return masked_;
}

std::string FakeSession::read_some() {
  std::array<char, 65536> bytes;
  const ssize_t got = recv(socket_, bytes.data(), bytes.size(), 0);
  return got <= 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(got));
}

void FakeSession::read_to_end() {
  while (!read_some().empty()) {
  }
}

std::string switching_protocols(const std::string& request) {
  static constexpr std::string_view name = "Sec-WebSocket-Key: ";
  const std::size_t begin = request.find(name) + name.size();
  const std::string key = request.substr(begin, request.find("\r\n", begin) - begin);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         trackers::upgrade_accept(key) + "\r\n\r\n";
}

FakeTracker::FakeTracker(std::function<void(FakeSession&)> script)
    : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("no port for the fake tracker");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeTracker::~FakeTracker() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  {
    const std::lock_guard lock(mutex_);
    if (current_ >= 0)
      shutdown(current_, SHUT_RDWR);
  }
  thread_.join();
  close(listener_);
}

std::string FakeTracker::url() const {
  return "ws://127.0.0.1:" + std::to_string(port_);
}

void FakeTracker::serve() {
  while (!stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
      continue;
    {
      const std::lock_guard lock(mutex_);
      current_ = socket;
      if (stopping_)
        shutdown(socket, SHUT_RDWR);
    }
    ++connections_;
    FakeSession session(socket);
    script_(session);
    const std::lock_guard lock(mutex_);
    current_ = -1;
    close(socket);
  }
}

} // namespace triad::test
