// SPDX-License-Identifier: LGPL-2.1-or-later
// The second source: other listeners. Finds them, keeps links to them, fetches from them and gives
// to them. One Company per node, one Swarm per release in it.
//
// All calls and callbacks on the context's thread. Callbacks come from the context, never from
// within a call. Trouble with peers is never an error: a peer goes (on_gone()), and that is all.
#pragma once

#include "peers/company/uploads.h"
#include "peers/link/link.h"
#include "peers/wire/conversation.h"
#include "release/release.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct sockaddr;

namespace triad {

enum class PeerNumber : std::uint32_t {}; // one peer of one swarm; never another's

struct CompanySettings {
  IceSettings ice;                   // stun: from settings; empty: what trackers name is used
  std::vector<std::string> trackers; // from settings: for every release, beside its own
  unsigned max_peers = 50;           // links; a fifth more for a while
  UploadSettings upload;
  std::uint64_t upload_quota = 0; // bytes a calendar month; 0: no limit
  bool tls_strict = true;
  std::string tls_ca_file;
  bool operator==(const CompanySettings&) const = default;
};

// What Company needs of the node.
struct CompanyHost {
  GMainContext* context = nullptr;
  std::function<bool(const std::string& tracker, const sockaddr& address)> may_connect;
  // The month's total of uploaded bytes, kept for all processes: adds and gives the new total.
  std::function<std::uint64_t(std::uint64_t bytes)> count_upload;
  std::function<bool()> metered; // the network costs money: nothing is given
};

// What may be given of one release; a small view of the cache.
class Stock {
public:
  virtual ~Stock() = default;
  [[nodiscard]] virtual std::vector<bool> pieces() const = 0; // by piece
  // Verified bytes of `piece` from `begin` into all of `out`. False: it isn't there (any more).
  [[nodiscard]] virtual bool read(PieceIndex piece, std::uint32_t begin,
                                  std::span<std::byte> out) = 0;
};

struct SwarmOptions {
  Sha1 info_hash{};                   // v1, or the first 20 bytes of v2's
  bool v2 = false;                    // has v2 hashes
  std::optional<Sha256> info_hash_v2; // that a magnet link names: its metadata must agree
  ReleasePtr release;                 // null: a magnet link; see on_metadata()
  std::vector<std::string> trackers;  // the metainfo's or the link's
  std::shared_ptr<const std::vector<std::byte>> info; // the info dictionary, for BEP 9; may be null
  std::shared_ptr<Stock> stock;                       // may be null: nothing is given
};

class Swarm {
public:
  // Who fetches; one for each download of the release.
  // It overrides what it has a use for.
  class Fetcher {
  public:
    virtual ~Fetcher() = default;
    // A peer may be asked from now on. `has`: by piece; empty: all.
    virtual void on_peer(PeerNumber, const std::vector<bool>& /*has*/,
                         std::uint32_t /*max_requests*/, std::chrono::nanoseconds /*round_trip*/) {}
    virtual void on_has(PeerNumber, PieceIndex) {}
    virtual void on_gone(PeerNumber) {} // nothing more comes from it
    // Asked for by this fetcher (what another asked for reaches it through the cache).
    virtual void on_block(PeerNumber, BlockIndex, Bytes) {}
    virtual void on_refused(PeerNumber, BlockIndex) {} // rejected or choked
    // It chokes us, or doesn't any more: it keeps what it has and may be asked again soon, where
    // on_gone() would let the server go far ahead. What was asked of it is refused one by one.
    virtual void on_choked(PeerNumber, bool /*choked*/) {}
    // Peers are being looked for: a tracker is being asked, or links are being made. For about ten
    // seconds after the release was joined, the last of its peers left, or a tracker's dial turned;
    // no longer than something may come of it.
    virtual void on_looking(bool /*looking*/) {}
    // The info dictionary of a magnet link, whose hash agrees.
    virtual void on_metadata(const std::vector<std::byte>& /*info*/) {}
    // The release with its v2 piece layers, brought by peers: where it was given without them.
    virtual void on_layers(const ReleasePtr& /*whole*/) {}
  };
  struct PeerFacts {
    PeerNumber number{};
    std::string id;     // hex of the certificate's fingerprint, first 8 bytes: names a listener
    std::string client; // as it calls itself; may be empty
    // Of a Triad node: the number that all its peers know it by.
    std::optional<std::uint64_t> identity;
    Link::Facts link;
    std::uint64_t received = 0, sent = 0; // bytes of blocks of this release
  };

  virtual ~Swarm() = default; // leaves it; links stay warm

  virtual void add(Fetcher* fetcher) = 0; // tells it at once (from the context) of all peers
  virtual void remove(Fetcher* fetcher) = 0;
  virtual void request(Fetcher* fetcher, PeerNumber peer, BlockIndex block,
                       wire::Urgency urgency) = 0;
  virtual void cancel(Fetcher* fetcher, PeerNumber peer, BlockIndex block) = 0;
  virtual void ban(PeerNumber peer,
                   const std::string& reason) = 0; // it lied; for the process's life
  // What is had has changed.
  virtual void have(PieceIndex piece) = 0;
  virtual void lost(PieceIndex piece) = 0;
  // The metainfo of a magnet link has come whole, or a prefix's layers: `stock` counts from now on.
  virtual void set_release(ReleasePtr release, std::shared_ptr<Stock> stock) = 0;

  [[nodiscard]] virtual std::vector<PeerFacts> peers() const = 0;
  // This node's own, as PeerFacts of others have it.
  [[nodiscard]] virtual std::uint64_t identity() const = 0;
  [[nodiscard]] virtual std::size_t links() const = 0; // that carry this release
};

struct CompanyStats {
  std::size_t links = 0, connecting = 0;
  std::uint64_t received = 0, sent = 0; // bytes of blocks
  double upload_rate = 0;               // bytes per second, as paced
  std::uint64_t banned = 0; // times that somebody was, for the process's life or a while
  std::size_t trackers_connected = 0;
};

class Company {
public:
  [[nodiscard]] static std::unique_ptr<Company> make(CompanyHost host, CompanySettings settings,
                                                     std::uint64_t seed);
  virtual ~Company() = default; // after its swarms, not from a callback; closes all links

  virtual void set(const CompanySettings& settings) = 0;
  // The release's swarm, announced from now on. One object per release at a time: who asks again
  // shares it.
  [[nodiscard]] virtual std::shared_ptr<Swarm> join(SwarmOptions options) = 0;
  // This machine has lost an address. Links that send from one of which `lost` is true end, and
  // trackers are connected anew. Nothing else ends them soon: their other ends are just silent.
  virtual void address_lost(const std::function<bool(const std::string& address)>& lost) = 0;
  // The shortest lead of all that play here (see Uploads::own_lead()); empty: nobody plays.
  virtual void own_lead(std::optional<std::chrono::nanoseconds> lead) = 0;
  [[nodiscard]] virtual CompanyStats stats() const = 0;
};

} // namespace triad
