// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <climits>

namespace triad::tracker {
namespace {

Error failure(const std::string& file) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return Error{ErrorCode::io, "cannot use " + file + " for TLS", text.data()};
}

int clamp(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

} // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

void TlsSession::Free::operator()(ssl_st* session) const {
  SSL_free(session);
}

Result<TlsContext> TlsContext::load(const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* raw = context.context_.get();
  if (!raw || SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate_chain_file(raw, certificate.c_str()) != 1) {
    return failure(certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(raw) != 1) {
    return failure(key);
  }
  // An idle connection keeps no record buffers (34 KiB), and queues may move while they wait.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Tickets resume sessions; a server-side cache would only grow.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  return context;
}

TlsSession::TlsSession(const TlsContext& context, int socket)
    : session_(SSL_new(context.context_.get())) {
  if (session_) {
    SSL_set_fd(session_.get(), socket);
    SSL_set_accept_state(session_.get());
  }
}

IoResult TlsSession::handshake() {
  if (!session_) {
    return {IoState::closed};
  }
  ERR_clear_error();
  return result_of(SSL_do_handshake(session_.get()));
}

IoResult TlsSession::read(std::span<char> into) {
  ERR_clear_error();
  return result_of(SSL_read(session_.get(), into.data(), clamp(into.size())));
}

IoResult TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  return result_of(SSL_write(session_.get(), bytes.data(), clamp(bytes.size())));
}

void TlsSession::say_goodbye() {
  if (session_ && SSL_is_init_finished(session_.get())) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
}

IoResult TlsSession::result_of(int returned) {
  if (returned > 0) {
    return {IoState::done, static_cast<std::size_t>(returned)};
  }
  switch (SSL_get_error(session_.get(), returned)) {
  case SSL_ERROR_WANT_READ:
    return {IoState::wants_read};
  case SSL_ERROR_WANT_WRITE:
    return {IoState::wants_write};
  default:
    return {IoState::closed};
  }
}

} // namespace triad::tracker
