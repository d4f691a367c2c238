// SPDX-License-Identifier: LGPL-2.1-or-later
// DTLS 1.2 over datagrams: RFC 6347, 8827 (how WebRTC uses it), 8122 (fingerprints).
//
// The context's thread only. The listener is called from receive() and from the timer; it may do
// anything but destroy the transport.
#pragma once

#include "peers/link/certificate.h"
#include "peers/link/context_timer.h"
#include "release/hashes.h"

#include <memory>
#include <string>

namespace triad {

class DtlsTransport {
public:
  enum class Role { client, server };
  enum class End { by_peer, fingerprint, failed };
  class Listener {
  public:
    virtual void on_dtls_datagram(Bytes datagram) = 0; // to be sent
    virtual void on_dtls_sent() = 0;                   // no more for now: flush
    // The handshake is done and the peer's certificate is the described one.
    virtual void on_dtls_up() = 0;
    virtual void on_dtls_data(Bytes bytes) = 0; // what was in one record; never before up
    virtual void on_dtls_end(End end, const std::string& reason) = 0; // once

  protected:
    ~Listener() = default;
  };

  // `expected`: of the peer's certificate. A peer with another one gets an alert, and no byte of it
  // is handed on.
  DtlsTransport(GMainContext* context, const Certificate& certificate, Role role,
                const Sha256& expected, Listener& listener);
  ~DtlsTransport();
  DtlsTransport(const DtlsTransport&) = delete;
  DtlsTransport& operator=(const DtlsTransport&) = delete;

  void start();
  void receive(Bytes datagram); // of at most 2048 bytes
  void send(Bytes packet);      // lost if there is no connection (yet)
  void close();                 // close_notify; on_dtls_end() does not follow

private:
  struct SslFree {
    void operator()(SSL* ssl) const;
  };
  struct Callbacks; // OpenSSL's
  void handshake();
  void read();
  void arm_timer();
  void on_timer();
  void end(End end, const std::string& reason);

  Listener& listener_;
  const Role role_;
  const Sha256 expected_;
  std::unique_ptr<SSL, SslFree> ssl_;
  ContextTimer timer_;
  Bytes incoming_; // read by OpenSSL once
  bool certificate_right_ = false, certificate_wrong_ = false;
  bool up_ = false, ended_ = false;
};

} // namespace triad
