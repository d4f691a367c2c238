// SPDX-License-Identifier: LGPL-2.1-or-later
// A self-signed certificate made on the spot, for test servers that speak TLS.
#pragma once

#include <string>

namespace triad::test {

struct Certificate {
  std::string certificate_pem, key_pem;
};

// `names` as OpenSSL writes a subjectAltName: "IP:127.0.0.1,DNS:localhost". Throws on failure.
[[nodiscard]] Certificate make_certificate(const std::string& names);

} // namespace triad::test
