// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/certificate.h"

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace triad {
namespace {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// Only ciphers that every WebRTC implementation has (RFC 8827, 6.5), fastest first.
constexpr const char* ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                                "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:"
                                "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";

bool fill_in(X509* certificate, EVP_PKEY* key) {
  // Nothing in it tells who we are: the name is what browsers put there.
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
    return false;
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common = reinterpret_cast<const unsigned char*>("WebRTC");
  constexpr long day = 24 * 60 * 60;
  return X509_set_version(certificate, 2) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -day) &&
         // A seeder runs for months with the certificate that it began with.
         X509_gmtime_adj(X509_getm_notAfter(certificate), 3650 * day) &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         X509_sign(certificate, key, EVP_sha256()) != 0;
}

bool set_up(SSL_CTX* context, X509* certificate, EVP_PKEY* key) {
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(context, 1); // whole datagrams
  SSL_CTX_set_quiet_shutdown(context, 0);
  SSL_CTX_set_max_send_fragment(context,
                                2048); // at least a datagram: the write buffer has that size
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_use_certificate(context, certificate) == 1 &&
         SSL_CTX_use_PrivateKey(context, key) == 1;
}

} // namespace

void SslCtxFree::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Sha256 fingerprint_of(const X509* certificate) {
  Sha256 digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()),
                  &size) != 1 ||
      size != digest.size())
    g_error("OpenSSL can't hash a certificate"); // out of memory
  return digest;
}

Certificate make_certificate() {
  const std::unique_ptr<EVP_PKEY, KeyFree> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const std::unique_ptr<X509, CertificateFree> certificate(X509_new());
  Certificate made{std::unique_ptr<SSL_CTX, SslCtxFree>(SSL_CTX_new(DTLS_method())), {}};
  if (!key || !certificate || !made.context || !fill_in(certificate.get(), key.get()) ||
      !set_up(made.context.get(), certificate.get(), key.get()))
    g_error("OpenSSL can't make a certificate");
  made.fingerprint = fingerprint_of(certificate.get());
  return made;
}

} // namespace triad
