// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/byte_stream.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace triad::trackers {
namespace {

class PlainStream final : public ByteStream {
public:
  explicit PlainStream(GSocket* socket) : fd_(g_socket_get_fd(socket)) {}

  Progress handshake() override { return Progress::done; }
  Transfer read(std::span<std::byte> into) override {
    const ssize_t size = recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
    return size == 0 ? Transfer{Progress::ended} : judge(size);
  }
  Transfer write(std::span<const std::byte> bytes) override {
    return judge(send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  bool wants_write() const override { return false; }
  void finish() override {
    shutdown(fd_, SHUT_WR);
    // Closing with bytes unread would reset the connection, and with it what is still under way.
    std::array<std::byte, 16 * 1024> rest;
    for (int rounds = 0; rounds < 16 && read(rest).progress == Progress::done; ++rounds) {
    }
  }
  std::string reason() const override { return std::generic_category().message(error_); }

private:
  Transfer judge(ssize_t size) {
    if (size >= 0)
      return {Progress::done, static_cast<std::size_t>(size)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
      return {Progress::blocked};
    error_ = errno;
    return {Progress::failed};
  }

  int fd_;
  int error_ = 0;
};

} // namespace

std::unique_ptr<ByteStream> make_plain_stream(GSocket* socket) {
  return std::make_unique<PlainStream>(socket);
}

} // namespace triad::trackers
