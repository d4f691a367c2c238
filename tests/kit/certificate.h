// SPDX-License-Identifier: LGPL-2.1-or-later
// A self-signed certificate made on the spot, for test servers that speak TLS.
#pragma once

#include <string>

namespace triad::test {

struct Certificate {
  std::string certificate_pem, key_pem;
};

// `names` as OpenSSL writes a subjectAltName: "IP:127.0.0.1,DNS:localhost". Throws on failure.
// `valid_seconds`: from now on; negative: it has expired (it began an hour ago).
[[nodiscard]] Certificate make_certificate(const std::string& names, long valid_seconds = 86'400);

} // namespace triad::test
