// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace triad::tracker {
namespace {

// What a session may spend on key updates and the like: a stock client sends none. Without a bound
// one SSL_read() would go through as many as come, for ever.
constexpr std::uint32_t most_controls = 32;

Error failure(const std::string& file) {
  const unsigned long first = ERR_peek_error(); // later ones say who called whom
  const char* const reason = ERR_SYSTEM_ERROR(first) ? std::strerror(ERR_GET_REASON(first))
                                                     : ERR_reason_error_string(first);
  ERR_clear_error();
  return Error{ErrorCode::io,
               "cannot use " + file + " for TLS: " + (reason ? reason : "OpenSSL does not say why"),
               ""};
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
  // A key with a passphrase is an error, and no question on a terminal.
  SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return -1; });
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

// What OpenSSL calls while a session is read or written.
struct TlsSession::Watch {
  static void message(int, int, int type, const void*, std::size_t, SSL*, void* watched) {
    auto& session = *static_cast<TlsSession*>(watched);
    if (session.open_ && (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT)) {
      ++session.controls_;
    }
  }
  static long socket(BIO* socket, int operation, const char*, std::size_t, int, long, int result,
                     std::size_t*) {
    const auto& session = *reinterpret_cast<TlsSession*>(BIO_get_callback_arg(socket));
    return operation == BIO_CB_READ && session.controls_ > most_controls ? 0 : result;
  }
};

TlsSession::TlsSession(const TlsContext& context, int socket)
    : session_(SSL_new(context.context_.get())) {
  if (session_) {
    SSL_set_fd(session_.get(), socket);
    SSL_set_accept_state(session_.get());
    SSL_set_msg_callback(session_.get(), &Watch::message);
    SSL_set_msg_callback_arg(session_.get(), this);
    BIO_set_callback_ex(SSL_get_rbio(session_.get()), &Watch::socket);
    BIO_set_callback_arg(SSL_get_rbio(session_.get()), reinterpret_cast<char*>(this));
  }
}

IoResult TlsSession::handshake() {
  if (!session_) {
    return {IoState::closed};
  }
  ERR_clear_error();
  const IoResult result = result_of(SSL_do_handshake(session_.get()));
  open_ = result.state == IoState::done;
  return result;
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
