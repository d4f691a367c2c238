// SPDX-License-Identifier: LGPL-2.1-or-later
// Datagrams to one peer over the best pair of addresses that works: ICE by libnice.
// RFC 8445, 8838 (trickle), 7675 (consent), 8656 (TURN).
//
// The context's thread only. The listener is called from the context, never from within a call; it
// may do anything but destroy the transport.
#pragma once

#include "peers/link/candidate.h"
#include "peers/link/link.h"
#include "peers/link/packet_batch.h"

#include <memory>
#include <string>
#include <vector>

namespace triad {

struct IceCredentials {
  std::string ufrag, password;
};

class IceTransport {
public:
  class Listener {
  public:
    virtual void on_ice_candidate(const std::string& line) = 0; // of ours: "candidate:..."
    virtual void on_ice_gathered() = 0;                         // no more of them
    virtual void on_ice_connected() = 0;                        // datagrams may be sent. Once
    virtual void on_ice_failed() = 0; // no pair works, or (after connected) no longer does
    virtual void on_ice_datagram(Bytes datagram) = 0; // may come before connected

  protected:
    ~Listener() = default;
  };

  // `batch` and `keep` outlive the transport; `keep` is let go of when libnice has closed, too,
  // which takes the context some iterations. The offerer controls.
  [[nodiscard]] static std::unique_ptr<IceTransport> make(GMainContext* context, PacketBatch& batch,
                                                          std::shared_ptr<void> keep,
                                                          const IceSettings& settings,
                                                          bool controlling, Listener& listener);
  virtual ~IceTransport() = default;

  [[nodiscard]] virtual IceCredentials gather() = 0; // begins; empty: no socket can be had
  virtual void set_remote(const IceCredentials& remote) = 0;
  // An address, not a name. False: not one that we try.
  virtual bool add_remote(const IceCandidate& candidate) = 0;
  virtual void end_of_remote() = 0; // from then on failure is possible

  virtual void send(Bytes datagram) = 0; // lost before connected
  virtual void flush() = 0;              // what was sent leaves now rather than soon

  struct Pair {
    std::string local_type, remote_type, local_address, remote_address;
    std::string own_address; // local_address's base (RFC 8445, section 4), without port
  };
  [[nodiscard]] virtual Pair selected() const = 0; // empty: none yet
};

} // namespace triad
