// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/http_connection.h"

#include "kit/certificate.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace triad::test {

class TlsServer::Impl {
public:
  explicit Impl(const std::string& names)
      : made(make_certificate(names)), context(SSL_CTX_new(TLS_server_method())) {
    BIO* certificate = BIO_new_mem_buf(made.certificate_pem.data(), -1);
    X509* x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    BIO* key_text = BIO_new_mem_buf(made.key_pem.data(), -1);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_text, nullptr, nullptr, nullptr);
    const bool good = context && SSL_CTX_use_certificate(context, x509) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key) == 1;
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    X509_free(x509);
    EVP_PKEY_free(key);
    BIO_free(certificate);
    BIO_free(key_text);
    if (!good)
      throw std::runtime_error("the test certificate does not load");
  }
  ~Impl() { SSL_CTX_free(context); }

  Certificate made;
  SSL_CTX* context;
};

TlsServer::TlsServer(const std::string& names) : impl_(std::make_unique<Impl>(names)) {}
TlsServer::~TlsServer() = default;

const std::string& TlsServer::certificate_pem() const {
  return impl_->made.certificate_pem;
}

ssl_st* TlsServer::accept(int fd) const {
  SSL* session = SSL_new(impl_->context);
  SSL_set_fd(session, fd);
  SSL_set_accept_state(session);
  return session;
}

Connection::Connection(int fd, unsigned number, const TlsServer* tls, bool keep_alive, Host& host)
    : fd_(fd), number_(number), keep_alive_(keep_alive), host_(host) {
  const int yes = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (tls) {
    tls_ = tls->accept(fd_);
    shaken_ = false;
  }
}

Connection::~Connection() {
  SSL_free(tls_);
  close(fd_);
}

short Connection::events() const {
  return static_cast<short>(POLLIN | (want_write_ ? POLLOUT : 0));
}

bool Connection::shake_hands() {
  if (shaken_)
    return true;
  const int result = SSL_do_handshake(tls_);
  shaken_ = result == 1;
  if (!shaken_) {
    const int error = SSL_get_error(tls_, result);
    want_write_ = error == SSL_ERROR_WANT_WRITE;
    over_ = error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ;
  }
  return shaken_;
}

void Connection::read_all() {
  char buffer[4096];
  while (!over_) {
    ssize_t size = 0;
    if (tls_) {
      size = SSL_read(tls_, buffer, sizeof buffer);
      if (size <= 0 && SSL_get_error(tls_, static_cast<int>(size)) == SSL_ERROR_WANT_READ)
        return;
    } else {
      size = recv(fd_, buffer, sizeof buffer, 0);
      if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    }
    if (size > 0)
      in_.append(buffer, static_cast<std::size_t>(size));
    else
      over_ = true;
  }
}

void Connection::on_ready() {
  want_write_ = false;
  if (!over_ && shake_hands())
    read_all();
  if (over_ && active_)
    active_->record->aborted = true;
}

std::optional<std::chrono::milliseconds> Connection::advance(Clock::time_point now) {
  std::chrono::milliseconds wait{0};
  while (!over_) {
    if (!active_ && !next_request(now))
      return {};
    switch (step(now, wait)) {
    case Step::again:
      break;
    case Step::finished:
      active_->record->finished = true;
      if (active_->answer.close)
        end(false);
      active_.reset();
      break;
    case Step::blocked:
      want_write_ = true;
      return {};
    case Step::waiting:
      return wait.count() > 0 ? std::optional(wait) : std::nullopt;
    }
  }
  if (active_ && !active_->record->finished)
    active_->record->aborted = true;
  return {};
}

bool Connection::next_request(Clock::time_point now) {
  if (!in_.empty() && (in_.front() < 'A' || in_.front() > 'Z')) { // TLS where plain was expected
    const std::string refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    write(refusal.data(), refusal.size());
    end(false);
    return false;
  }
  const std::size_t end_of_head = in_.find("\r\n\r\n");
  if (end_of_head == in_.npos)
    return false;
  auto request = parse_request(std::string_view(in_).substr(0, end_of_head));
  in_.erase(0, end_of_head + 4);
  if (!request) {
    end(false);
    return false;
  }
  request->connection = number_;
  ActiveRequest& active = active_.emplace();
  active.answer =
      answer(*request, host_.file(request->path), host_.behaviour(request->path), keep_alive_);
  request->status = active.answer.status;
  active.record = host_.log(std::move(*request));
  active.start = now;
  return true;
}

Connection::Step Connection::step(Clock::time_point now, std::chrono::milliseconds& wait) {
  const Behaviour& behaviour = active_->answer.behaviour;
  const auto passed = now - active_->start;
  if (passed < behaviour.delay) {
    wait = std::chrono::ceil<std::chrono::milliseconds>(behaviour.delay - passed);
    return Step::waiting;
  }
  if (behaviour.stall_before_headers && !active_->released)
    return Step::waiting;
  if (behaviour.cut_before_headers) {
    active_->record->finished = true;
    end(behaviour.reset);
    return Step::again;
  }
  if (!write_pending())
    return Step::blocked;
  return active_->head_made ? send_body(now, wait) : send_head();
}

Connection::Step Connection::send_head() {
  const Behaviour& behaviour = active_->answer.behaviour;
  active_->head_made = true;
  active_->pending = active_->answer.head;
  if (!behaviour.cut_in_headers)
    return Step::again;
  active_->pending.resize(active_->pending.size() / 2);
  write_pending(); // it fits into an empty socket buffer
  active_->record->finished = true;
  end(behaviour.reset);
  return Step::again;
}

Connection::Step Connection::send_body(Clock::time_point now, std::chrono::milliseconds& wait) {
  const Answer& answer = active_->answer;
  const Behaviour& behaviour = answer.behaviour;
  if (!active_->body_start)
    active_->body_start = now;
  const std::uint64_t size = answer.content ? answer.end - answer.begin : 0;
  if (active_->sent == size) {
    if (!answer.chunked || active_->last_chunk_made)
      return Step::finished;
    active_->last_chunk_made = true;
    active_->pending = "0\r\n\r\n";
    return Step::again;
  }
  if (behaviour.cut_at && active_->sent >= *behaviour.cut_at) {
    active_->record->finished = true;
    end(behaviour.reset);
    return Step::again;
  }
  std::uint64_t allowed = size;
  if (behaviour.cut_at)
    allowed = std::min(allowed, *behaviour.cut_at);
  if (behaviour.stall_at && !active_->released)
    allowed = std::min(allowed, *behaviour.stall_at);
  if (allowed > active_->sent && behaviour.rate > 0) {
    const std::chrono::duration<double> passed = now - *active_->body_start;
    const auto due = static_cast<std::uint64_t>(passed.count() * double(behaviour.rate)) + 1;
    allowed = std::min(allowed, due);
    wait = std::chrono::milliseconds(10);
  }
  if (allowed <= active_->sent)
    return Step::waiting;

  const char* data = answer.content->data() + answer.begin + active_->sent;
  const auto part =
      static_cast<std::size_t>(std::min<std::uint64_t>(allowed - active_->sent, 65536));
  if (answer.chunked) {
    char length[24];
    std::snprintf(length, sizeof length, "%zx\r\n", part);
    active_->pending = length + std::string(data, part) + "\r\n";
    active_->sent += part;
    active_->record->body_bytes = active_->sent;
    return Step::again;
  }
  const std::size_t written = write(data, part);
  active_->sent += written;
  active_->record->body_bytes = active_->sent;
  return written == 0 && !over_ ? Step::blocked : Step::again;
}

bool Connection::write_pending() {
  std::string& pending = active_->pending;
  while (!pending.empty() && !over_) {
    const std::size_t written = write(pending.data(), pending.size());
    if (written == 0)
      return over_;
    pending.erase(0, written);
  }
  return true;
}

std::size_t Connection::write(const char* data, std::size_t size) {
  if (tls_) {
    const int written = SSL_write(tls_, data, static_cast<int>(size));
    if (written > 0)
      return static_cast<std::size_t>(written);
    over_ = SSL_get_error(tls_, written) != SSL_ERROR_WANT_WRITE;
    return 0;
  }
  const ssize_t written = send(fd_, data, size, MSG_NOSIGNAL);
  if (written > 0)
    return static_cast<std::size_t>(written);
  over_ = errno != EAGAIN && errno != EINTR;
  return 0;
}

void Connection::release(const std::string& path) {
  if (active_ && active_->record->path == path)
    active_->released = true;
}

void Connection::abort() {
  if (active_ && !active_->record->finished)
    active_->record->aborted = true;
  end(false);
}

void Connection::end(bool reset) {
  if (reset) {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  } else if (tls_ && shaken_ && !over_) {
    SSL_shutdown(tls_);
  }
  over_ = true;
}

} // namespace triad::test
