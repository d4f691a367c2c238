// SPDX-License-Identifier: LGPL-2.1-or-later
// TLS (OpenSSL) over a plain stream.
#include "peers/company/byte_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

namespace triad::trackers {
namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// OpenSSL writes with write(), whose SIGPIPE belongs to the application: a BIO over a plain stream
// never raises one.
int bio_read(BIO* bio, char* into, int size) {
  auto* below = static_cast<ByteStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto [progress, bytes] =
      below->read(std::as_writable_bytes(std::span(into, static_cast<std::size_t>(size))));
  if (progress == ByteStream::Progress::blocked)
    BIO_set_retry_read(bio);
  if (progress == ByteStream::Progress::ended)
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return progress == ByteStream::Progress::done    ? static_cast<int>(bytes)
         : progress == ByteStream::Progress::ended ? 0
                                                   : -1;
}

int bio_write(BIO* bio, const char* from, int size) {
  auto* below = static_cast<ByteStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto [progress, bytes] =
      below->write(std::as_bytes(std::span(from, static_cast<std::size_t>(size))));
  if (progress == ByteStream::Progress::blocked)
    BIO_set_retry_write(bio);
  return progress == ByteStream::Progress::done ? static_cast<int>(bytes) : -1;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF)
    return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* bio_method() {
  // Once per process, and never freed: connections may outlive static destructors.
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "triad");
    BIO_meth_set_read(made, &bio_read);
    BIO_meth_set_write(made, &bio_write);
    BIO_meth_set_ctrl(made, &bio_control);
    return made;
  }();
  return method;
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

class TlsStream final : public ByteStream {
public:
  TlsStream(GSocket* socket, std::shared_ptr<TlsClient> client, const std::string& host)
      : below_(make_plain_stream(socket)),
        client_(std::move(client)),
        ssl_(SSL_new(client_->context())) {
    BIO* bio = BIO_new(bio_method());
    BIO_set_data(bio, below_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
    X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_.get());
    bool named = false;
    if (is_ip_address(host)) {
      named = X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
    } else {
      X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      named = X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1 &&
              SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1;
    }
    if (!named)
      reason_ = "its host name can't be checked";
  }

  Progress handshake() override {
    if (!reason_.empty())
      return Progress::failed;
    ERR_clear_error();
    return judge(SSL_do_handshake(ssl_.get()));
  }
  Transfer read(std::span<std::byte> into) override {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), into.data(), bounded(into.size()));
    return transfer(size);
  }
  Transfer write(std::span<const std::byte> bytes) override {
    ERR_clear_error();
    const int size = SSL_write(ssl_.get(), bytes.data(), bounded(bytes.size()));
    return transfer(size);
  }
  bool wants_write() const override { return SSL_want_write(ssl_.get()) != 0; }
  void finish() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) != 0 && reason_.empty())
      SSL_shutdown(ssl_.get());
    below_->finish();
    ERR_clear_error();
  }
  std::string reason() const override { return reason_; }

private:
  static int bounded(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
  }

  Transfer transfer(int size) {
    return size > 0 ? Transfer{Progress::done, static_cast<std::size_t>(size)}
                    : Transfer{judge(size)};
  }

  Progress judge(int result) {
    if (result > 0)
      return Progress::done;
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Progress::blocked;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::ended;
    default:
      reason_ = why();
      ERR_clear_error();
      return Progress::failed;
    }
  }

  std::string why() const {
    if (const long verdict = SSL_get_verify_result(ssl_.get());
        verdict != X509_V_OK && (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0)
      return std::string("its certificate is refused: ") + X509_verify_cert_error_string(verdict);
    const char* text = ERR_reason_error_string(ERR_peek_last_error());
    return std::string("TLS failed: ") + (text ? text : "the connection broke off");
  }

  std::unique_ptr<ByteStream> below_;
  std::shared_ptr<TlsClient> client_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string reason_;
};

} // namespace

Result<std::shared_ptr<TlsClient>> TlsClient::make(bool strict, const std::string& ca_file) {
  ERR_clear_error();
  const std::shared_ptr<TlsClient> client(new TlsClient(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* context = client->context();
  if (!context)
    return Error{ErrorCode::settings, "TLS can't be set up", {}};
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, strict ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const bool trusts =
      !strict || (ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                  : SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1);
  ERR_clear_error();
  if (!trusts)
    return Error{ErrorCode::settings, "the CA file " + ca_file + " can't be used", {}};
  return client;
}

TlsClient::~TlsClient() {
  SSL_CTX_free(context_);
}

std::unique_ptr<ByteStream> make_tls_stream(GSocket* socket, std::shared_ptr<TlsClient> client,
                                            const std::string& host) {
  return std::make_unique<TlsStream>(socket, std::move(client), host);
}

} // namespace triad::trackers
