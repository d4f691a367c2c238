// SPDX-License-Identifier: LGPL-2.1-or-later
// The bytes of a connected socket, with TLS or without. Never blocks, never raises SIGPIPE.
#pragma once

#include "peers/company/connector.h"
#include "release/result.h"

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace triad::trackers {

// What TLS connections share: where trust comes from. OpenSSL's objects must not outlive it.
class TlsClient {
public:
  // `ca_file`: PEM, trusted instead of the system's certificates; empty: those. Without `strict` no
  // certificate is looked at. TLS 1.2 at least. Error: settings (the file).
  [[nodiscard]] static Result<std::shared_ptr<TlsClient>> make(bool strict,
                                                               const std::string& ca_file);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] SSL_CTX* context() const { return context_; }

private:
  explicit TlsClient(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

class ByteStream {
public:
  enum class Progress { done, blocked, ended, failed };
  struct Transfer {
    Progress progress;
    std::size_t bytes = 0; // with `done`
  };

  virtual ~ByteStream() = default;
  // Until `done`, and before anything else.
  [[nodiscard]] virtual Progress handshake() = 0;
  [[nodiscard]] virtual Transfer read(std::span<std::byte> into) = 0;
  [[nodiscard]] virtual Transfer write(std::span<const std::byte> bytes) = 0;
  // What it waits for while handshake() is blocked.
  [[nodiscard]] virtual bool wants_write() const = 0;
  // No more is written. What has been, arrives, although the socket is then closed.
  virtual void finish() = 0;
  [[nodiscard]] virtual std::string reason() const = 0; // why it failed
};

[[nodiscard]] std::unique_ptr<ByteStream> make_plain_stream(GSocket* socket);
// `host`: whose certificate it must be; a name or an IP address.
[[nodiscard]] std::unique_ptr<ByteStream>
make_tls_stream(GSocket* socket, std::shared_ptr<TlsClient> client, const std::string& host);

} // namespace triad::trackers
