// SPDX-License-Identifier: LGPL-2.1-or-later
// Link over ICE, DTLS, SCTP and data channels: which layer follows which, and how all of it ends.
#pragma once

#include "peers/link/context_timer.h"
#include "peers/link/data_channels.h"
#include "peers/link/description.h"
#include "peers/link/dtls_transport.h"
#include "peers/link/ice_transport.h"
#include "peers/link/link_stack.h"
#include "peers/link/sctp_association.h"

#include <deque>

namespace triad {

class WebrtcLink final : public Link,
                         IceTransport::Listener,
                         DtlsTransport::Listener,
                         SctpAssociation::Listener,
                         DataChannels::Events,
                         MessageTransport {
public:
  WebrtcLink(std::shared_ptr<SharedStack> stack, LinkOptions options, Link::Listener& listener);
  ~WebrtcLink() override;
  WebrtcLink(const WebrtcLink&) = delete;
  WebrtcLink& operator=(const WebrtcLink&) = delete;

  void offer() override;
  [[nodiscard]] Status answer(std::string_view offer) override;
  [[nodiscard]] Status set_answer(std::string_view answer) override;
  void add_candidate(std::string_view line) override;
  [[nodiscard]] std::shared_ptr<Channel> open_channel(const std::string& label) override;
  void close() override;
  [[nodiscard]] bool connected() const override { return connected_ && !ending_; }
  [[nodiscard]] const std::optional<Sha256>& peer_fingerprint() const override;
  [[nodiscard]] Facts facts() const override;

private:
  void on_ice_candidate(const std::string& line) override;
  void on_ice_gathered() override;
  void on_ice_connected() override;
  void on_ice_failed() override;
  void on_ice_datagram(Bytes datagram) override;

  void on_dtls_datagram(Bytes datagram) override { ice_->send(datagram); }
  void on_dtls_sent() override { ice_->flush(); }
  void on_dtls_up() override;
  void on_dtls_data(Bytes bytes) override;
  void on_dtls_end(DtlsTransport::End end, const std::string& reason) override;

  void on_sctp_packet(Bytes packet) override { dtls_->send(packet); }
  void on_sctp_up(std::uint16_t streams) override;
  void on_sctp_data(std::uint16_t stream, std::uint32_t ppid, Bytes bytes, bool last) override;
  void on_sctp_peer_reset(std::uint16_t stream) override { channels_.peer_reset(stream); }
  void on_sctp_reset_done(std::uint16_t stream) override { channels_.reset_done(stream); }
  void on_sctp_room() override { channels_.room(); }
  void on_sctp_end(SctpAssociation::End end, const std::string& reason) override;

  void on_peer_channel(const std::shared_ptr<Channel>& channel) override;
  void on_protocol_error(const std::string& reason) override;

  // MessageTransport, for the channels: there is no association before DTLS is up.
  [[nodiscard]] bool send(std::uint16_t stream, std::uint32_t ppid, Bytes message) override;
  void reset_stream(std::uint16_t stream) override;
  [[nodiscard]] std::uint64_t queued() const override;
  [[nodiscard]] bool full() const override;

  void begin(bool offerer);
  [[nodiscard]] Status take_remote(std::string_view sdp, bool answer);
  void connect_to_remote();
  void add_address(const IceCandidate& candidate);
  void remote_complete();
  void describe();
  void end(End end, const std::string& reason);
  void finish();
  void tear_down();

  const std::shared_ptr<SharedStack> stack_;
  const LinkOptions options_;
  Link::Listener& listener_;
  DataChannels channels_;
  std::unique_ptr<IceTransport> ice_;
  std::unique_ptr<DtlsTransport> dtls_;
  std::unique_ptr<SctpAssociation> sctp_;
  ContextTimer gathering_, patience_, finish_;

  SessionDescription local_;
  std::optional<SessionDescription> remote_;
  std::optional<Sha256> fingerprint_;
  std::size_t remote_candidates_ = 0;         // taken, of max_candidates
  unsigned resolving_ = 0;                    // ".local" names
  bool remote_all_ = false;                   // the peer has no more candidates
  bool can_try_ = false;                      // one of them is usable
  std::vector<std::vector<std::byte>> early_; // datagrams that came before we could use them
  std::shared_ptr<WebrtcLink*> self_;         // what callbacks that outlive us hold weakly
  bool offerer_ = false, begun_ = false, described_ = false, gathered_ = false;
  bool dtls_client_ = false, connected_ = false, ending_ = false;
  End end_ = End::closed_here;
  std::string reason_;
};

} // namespace triad
