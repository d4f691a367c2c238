// SPDX-License-Identifier: LGPL-2.1-or-later
// This process's DTLS identity: a fresh self-signed ECDSA certificate, and the OpenSSL context that
// all links share. RFC 8827, section 6.5; RFC 8122.
#pragma once

#include "release/hashes.h"

#include <openssl/types.h>

#include <memory>

namespace triad {

struct SslCtxFree {
  void operator()(SSL_CTX* context) const;
};

struct Certificate {
  std::unique_ptr<SSL_CTX, SslCtxFree> context;
  Sha256 fingerprint{};
};

// Aborts the process if OpenSSL can't make keys (it is out of memory or broken).
[[nodiscard]] Certificate make_certificate();

// SHA-256 of the certificate's DER form.
[[nodiscard]] Sha256 fingerprint_of(const X509* certificate);

} // namespace triad
