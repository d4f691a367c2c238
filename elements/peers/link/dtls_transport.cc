// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/dtls_transport.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace triad {
namespace {

constexpr long datagram_size = 1200 - 28; // IPv4's and UDP's headers taken off
constexpr unsigned first_timeout = 250'000, last_timeout = 4'000'000; // microseconds

// The oldest error in OpenSSL's queue of this thread, which is emptied.
std::string take_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  std::array<char, 160> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return code == 0 ? "no reason given" : text.data();
}

} // namespace

struct DtlsTransport::Callbacks {
  static DtlsTransport* of(BIO* bio) { return static_cast<DtlsTransport*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) noexcept {
    of(bio)->listener_.on_dtls_datagram(
        std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
    return size;
  }
  static int read(BIO* bio, char* to, int room) noexcept {
    BIO_clear_retry_flags(bio);
    const Bytes datagram = std::exchange(of(bio)->incoming_, {});
    if (datagram.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t size = std::min(datagram.size(), static_cast<std::size_t>(room));
    std::memcpy(to, datagram.data(), size);
    return static_cast<int>(size);
  }
  static long control(BIO*, int command, long, void*) noexcept {
    switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
      return 28;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return datagram_size;
    default:
      return 0;
    }
  }
  static int create(BIO* bio) noexcept {
    BIO_set_init(bio, 1);
    return 1;
  }
  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] { // for the process's life
      BIO_METHOD* bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
      BIO_meth_set_write(bio, &write);
      BIO_meth_set_read(bio, &read);
      BIO_meth_set_ctrl(bio, &control);
      BIO_meth_set_create(bio, &create);
      return bio;
    }();
    return made;
  }

  // Instead of OpenSSL's own checks: a self-signed certificate is as good as its fingerprint.
  static int verify(X509_STORE_CTX* store, void*) noexcept {
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<DtlsTransport*>(SSL_get_app_data(ssl));
    const X509* certificate = X509_STORE_CTX_get0_cert(store);
    const Sha256 seen = certificate ? fingerprint_of(certificate) : Sha256{};
    self->certificate_right_ =
        certificate && CRYPTO_memcmp(seen.data(), self->expected_.data(), seen.size()) == 0;
    self->certificate_wrong_ = !self->certificate_right_;
    X509_STORE_CTX_set_error(store, self->certificate_right_ ? X509_V_OK
                                                             : X509_V_ERR_APPLICATION_VERIFICATION);
    return self->certificate_right_ ? 1 : 0;
  }

  static unsigned timeout(SSL*, unsigned last) noexcept {
    return last == 0 ? first_timeout : std::min(last * 2, last_timeout);
  }
};

void DtlsTransport::SslFree::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

DtlsTransport::DtlsTransport(GMainContext* context, const Certificate& certificate, Role role,
                             const Sha256& expected, Listener& listener)
    : listener_(listener),
      role_(role),
      expected_(expected),
      ssl_(SSL_new(certificate.context.get())),
      timer_(context, [this] { on_timer(); }) {
  // The context is this stack's alone, so that setting it for each connection changes nothing.
  SSL_CTX_set_cert_verify_callback(certificate.context.get(), &Callbacks::verify, nullptr);
  BIO* bio = BIO_new(Callbacks::method());
  if (!ssl_ || !bio)
    g_error("OpenSSL is out of memory");
  BIO_set_data(bio, this);
  SSL* ssl = ssl_.get();
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, this);
  SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_set_mtu(ssl, datagram_size);
  DTLS_set_timer_cb(ssl, &Callbacks::timeout);
  if (role == Role::client)
    SSL_set_connect_state(ssl);
  else
    SSL_set_accept_state(ssl);
}

DtlsTransport::~DtlsTransport() = default;

void DtlsTransport::start() {
  if (role_ == Role::client)
    handshake();
}

void DtlsTransport::receive(Bytes datagram) {
  if (ended_)
    return;
  incoming_ = datagram;
  if (!up_)
    handshake();
  if (up_)
    read();
  incoming_ = {};
}

void DtlsTransport::send(Bytes packet) {
  if (!up_ || ended_)
    return;
  ERR_clear_error();
  SSL_write(ssl_.get(), packet.data(), static_cast<int>(packet.size()));
}

void DtlsTransport::close() {
  timer_.stop();
  if (std::exchange(ended_, true) || !up_)
    return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  listener_.on_dtls_sent();
}

void DtlsTransport::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  listener_.on_dtls_sent();
  if (result == 1 && certificate_right_) {
    up_ = true;
    timer_.stop();
    listener_.on_dtls_up();
    return;
  }
  if (result == 1 || certificate_wrong_) {
    take_error();
    end(End::fingerprint, "the peer's certificate is not the described one");
  } else if (const int error = SSL_get_error(ssl_.get(), result); error == SSL_ERROR_WANT_READ) {
    arm_timer();
  } else if (error == SSL_ERROR_ZERO_RETURN) {
    end(End::by_peer, "DTLS close_notify");
  } else {
    end(End::failed, "DTLS handshake: " + take_error());
  }
}

void DtlsTransport::read() {
  std::array<std::byte, 2048> record;
  while (!ended_) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (size > 0) {
      listener_.on_dtls_data(Bytes(record.data(), static_cast<std::size_t>(size)));
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), size);
    if (error == SSL_ERROR_ZERO_RETURN)
      end(End::by_peer, "DTLS close_notify");
    else if (error != SSL_ERROR_WANT_READ)
      end(End::failed, "DTLS: " + take_error());
    break;
  }
}

void DtlsTransport::arm_timer() {
  timeval left{};
  if (DTLSv1_get_timeout(ssl_.get(), &left) == 1)
    timer_.start(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  else
    timer_.stop();
}

void DtlsTransport::on_timer() {
  ERR_clear_error();
  const long result = DTLSv1_handle_timeout(ssl_.get());
  listener_.on_dtls_sent();
  if (result < 0)
    end(End::failed, "DTLS handshake: " + take_error());
  else
    arm_timer();
}

void DtlsTransport::end(End end, const std::string& reason) {
  timer_.stop();
  if (!std::exchange(ended_, true))
    listener_.on_dtls_end(end, reason);
}

} // namespace triad
