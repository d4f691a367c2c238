// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace triad::tracker {
namespace {

IoResult result_of(ssize_t returned, IoState would_block) {
  if (returned >= 0) {
    return {IoState::done, static_cast<std::size_t>(returned)};
  }
  return {errno == EAGAIN || errno == EINTR ? would_block : IoState::closed};
}

} // namespace

Connection::Connection(std::uint64_t key, FileDescriptor socket, const TlsContext* tls)
    : phase(tls ? Phase::handshake : Phase::request),
      key_(key),
      socket_(std::move(socket)),
      tls_(tls ? std::make_unique<TlsSession>(*tls, socket_.get()) : nullptr) {}

IoResult Connection::receive(std::span<char> into) {
  if (tls_) {
    return tls_->read(into);
  }
  const IoResult result =
      result_of(::recv(socket_.get(), into.data(), into.size(), 0), IoState::wants_read);
  return result.state == IoState::done && result.bytes == 0 ? IoResult{IoState::closed} : result;
}

IoResult Connection::write(std::string_view bytes) {
  if (tls_) {
    return tls_->write(bytes);
  }
  return result_of(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                   IoState::wants_write);
}

bool Connection::send(std::string_view bytes) {
  while (queued() == 0 && !bytes.empty()) {
    const IoResult result = write(bytes);
    if (result.state == IoState::closed) {
      return false;
    }
    if (result.state != IoState::done) {
      break;
    }
    bytes.remove_prefix(result.bytes);
  }
  out_ += bytes;
  return true;
}

bool Connection::send_queued() {
  while (queued() != 0) {
    const IoResult result = write(std::string_view(out_).substr(sent_));
    if (result.state != IoState::done) {
      // The part that was sent is dropped once it outweighs the move of the other.
      if (sent_ > out_.size() / 2) {
        out_.erase(0, std::exchange(sent_, 0));
      }
      return result.state != IoState::closed;
    }
    sent_ += result.bytes;
  }
  out_ = std::string(); // gives its memory back
  sent_ = 0;
  return true;
}

void Connection::shut_down() {
  if (tls_) {
    tls_->say_goodbye();
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

} // namespace triad::tracker
