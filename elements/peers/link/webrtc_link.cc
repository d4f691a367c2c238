// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/webrtc_link.h"

#include <utility>

namespace triad {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_early = 16; // datagrams: a ClientHello and its repetitions
constexpr auto name_patience = 3s;    // for ".local" names

Error bad(std::string message) {
  return {ErrorCode::bad_message, std::move(message), {}};
}

} // namespace

std::unique_ptr<Link> Link::make(std::shared_ptr<LinkStack> stack, LinkOptions options,
                                 Listener& listener) {
  return std::make_unique<WebrtcLink>(std::static_pointer_cast<SharedStack>(std::move(stack)),
                                      std::move(options), listener);
}

WebrtcLink::WebrtcLink(std::shared_ptr<SharedStack> stack, LinkOptions options,
                       Link::Listener& listener)
    : stack_(std::move(stack)),
      options_(std::move(options)),
      listener_(listener),
      channels_(*this, *this),
      gathering_(stack_->context(),
                 [this] {
                   if (!local_.candidates.empty())
                     describe();
                 }),
      patience_(stack_->context(), [this] { end(End::timeout, "not connected in time"); }),
      finish_(stack_->context(), [this] { finish(); }),
      self_(std::make_shared<WebrtcLink*>(this)) {}

WebrtcLink::~WebrtcLink() {
  ending_ = true;
  tear_down();
}

void WebrtcLink::offer() {
  if (!begun_ && !ending_)
    begin(true);
}

Status WebrtcLink::answer(std::string_view offer) {
  if (begun_ || ending_)
    return bad("an offer for a link that has begun");
  if (Status taken = take_remote(offer, false); !taken)
    return taken;
  begin(false);
  connect_to_remote();
  return ok();
}

Status WebrtcLink::set_answer(std::string_view answer) {
  if (!offerer_ || ending_ || remote_)
    return bad("an answer that nobody waits for");
  if (Status taken = take_remote(answer, true); !taken)
    return taken;
  connect_to_remote();
  return ok();
}

Status WebrtcLink::take_remote(std::string_view sdp, bool answer) {
  auto parsed = parse_description(sdp);
  if (!parsed)
    return parsed.error();
  if (answer && parsed->setup == DtlsSetup::actpass)
    return bad("an answer that leaves the DTLS roles open");
  if (parsed->max_message_size < DataChannels::max_send)
    return bad("the peer takes only small messages");
  remote_ = std::move(*parsed);
  fingerprint_ = remote_->fingerprint;
  // As the offerer is "actpass", the peer chooses; as the answerer we are active where we may be:
  // our ClientHello then goes out as soon as there is a pair.
  dtls_client_ =
      answer ? remote_->setup == DtlsSetup::passive : remote_->setup != DtlsSetup::active;
  return ok();
}

void WebrtcLink::begin(bool offerer) {
  begun_ = true;
  offerer_ = offerer;
  ice_ =
      IceTransport::make(stack_->context(), stack_->batch(), stack_, options_.ice, offerer, *this);
  const IceCredentials ours = ice_->gather();
  if (ours.ufrag.empty()) {
    end(End::ice_failed, "no socket can be had");
    return;
  }
  local_.ice_ufrag = ours.ufrag;
  local_.ice_pwd = ours.password;
  local_.fingerprint = stack_->fingerprint();
  local_.max_message_size = DataChannels::max_message;
  if (!offerer) {
    local_.setup = dtls_client_ ? DtlsSetup::active : DtlsSetup::passive;
    local_.mid = remote_->mid;
  }
  gathering_.start(options_.gathering);
}

void WebrtcLink::connect_to_remote() {
  if (ending_)
    return;
  patience_.start(options_.patience);
  ice_->set_remote({remote_->ice_ufrag, remote_->ice_pwd});
  for (const std::string& line : remote_->candidates)
    add_candidate(line);
  if (remote_->end_of_candidates)
    add_candidate({});
}

void WebrtcLink::add_candidate(std::string_view line) {
  if (!remote_ || !ice_ || ending_)
    return;
  if (line.empty()) {
    remote_all_ = true;
    remote_complete();
    return;
  }
  const auto parsed = parse_candidate(line);
  if (!parsed || !*parsed || ++remote_candidates_ > max_candidates)
    return;
  const IceCandidate& candidate = **parsed;
  if (!candidate.mdns()) {
    add_address(candidate);
    return;
  }
  // The question would tell our own network, and through no relay; the name is nothing to a relay.
  if (options_.ice.relay_only)
    return;
  ++resolving_;
  stack_->mdns().resolve(candidate.address, name_patience,
                         [weak = std::weak_ptr(self_), named = candidate](auto address) {
                           const auto self = weak.lock();
                           if (!self || (*self)->ending_)
                             return;
                           --(*self)->resolving_;
                           if (address) {
                             IceCandidate found = named;
                             found.address = *address;
                             (*self)->add_address(found);
                           }
                           (*self)->remote_complete();
                         });
}

void WebrtcLink::add_address(const IceCandidate& candidate) {
  if (ice_->add_remote(candidate))
    can_try_ = true;
}

// A peer of which no address can be tried may still reach us; then patience decides.
void WebrtcLink::remote_complete() {
  if (remote_all_ && resolving_ == 0 && can_try_)
    ice_->end_of_remote();
}

std::shared_ptr<Channel> WebrtcLink::open_channel(const std::string& label) {
  return ending_ ? nullptr : channels_.open(label);
}

void WebrtcLink::close() {
  end(End::closed_here, "closed");
}

const std::optional<Sha256>& WebrtcLink::peer_fingerprint() const {
  return fingerprint_;
}

Link::Facts WebrtcLink::facts() const {
  Facts facts;
  if (ice_) {
    auto pair = ice_->selected();
    facts.local_type = std::move(pair.local_type);
    facts.remote_type = std::move(pair.remote_type);
    facts.local_address = std::move(pair.local_address);
    facts.remote_address = std::move(pair.remote_address);
    facts.own_address = std::move(pair.own_address);
  }
  if (sctp_)
    facts.round_trip = sctp_->round_trip();
  facts.sent = channels_.bytes_sent();
  facts.received = channels_.bytes_received();
  facts.queued = queued();
  return facts;
}

void WebrtcLink::on_ice_candidate(const std::string& line) {
  if (ending_)
    return;
  if (described_) {
    listener_.on_candidate(line);
  } else if (local_.candidates.size() < max_candidates) {
    local_.candidates.push_back(line);
    if (!gathering_.armed()) // the time is up, and this is the first
      describe();
  }
}

void WebrtcLink::on_ice_gathered() {
  if (ending_)
    return;
  gathered_ = true;
  if (described_)
    listener_.on_candidate({});
  else if (local_.candidates.empty())
    end(End::ice_failed, "no address of ours can be used");
  else
    describe();
}

void WebrtcLink::describe() {
  if (std::exchange(described_, true) || ending_)
    return;
  gathering_.stop();
  local_.end_of_candidates = gathered_;
  listener_.on_description(write_description(local_, !offerer_));
}

void WebrtcLink::on_ice_connected() {
  if (ending_ || dtls_ || !remote_)
    return;
  dtls_ = std::make_unique<DtlsTransport>(
      stack_->context(), stack_->certificate(),
      dtls_client_ ? DtlsTransport::Role::client : DtlsTransport::Role::server, *fingerprint_,
      static_cast<DtlsTransport::Listener&>(*this));
  dtls_->start();
  for (const auto& datagram : std::exchange(early_, {}))
    if (!ending_)
      dtls_->receive(datagram);
}

void WebrtcLink::on_ice_failed() {
  if (connected_ || dtls_)
    end(End::consent_lost, "the peer no longer answers");
  else
    end(End::ice_failed, "no pair of addresses works");
}

void WebrtcLink::on_ice_datagram(Bytes datagram) {
  if (ending_)
    return;
  if (dtls_)
    dtls_->receive(datagram);
  else if (early_.size() < max_early)
    early_.emplace_back(datagram.begin(), datagram.end());
}

void WebrtcLink::on_dtls_up() {
  if (ending_)
    return;
  sctp_ = std::make_unique<SctpAssociation>(stack_->sctp(),
                                            static_cast<SctpAssociation::Listener&>(*this));
  if (!sctp_->connect(local_.sctp_port, remote_->sctp_port))
    end(End::sctp, "no association can be made");
}

void WebrtcLink::on_dtls_data(Bytes bytes) {
  if (!ending_ && sctp_)
    sctp_->receive(bytes);
}

void WebrtcLink::on_dtls_end(DtlsTransport::End how, const std::string& reason) {
  end(how == DtlsTransport::End::by_peer       ? End::closed_there
      : how == DtlsTransport::End::fingerprint ? End::fingerprint
                                               : End::dtls,
      reason);
}

void WebrtcLink::on_sctp_up(std::uint16_t streams) {
  if (ending_ || std::exchange(connected_, true))
    return;
  patience_.stop();
  listener_.on_connected();
  if (!ending_)
    channels_.up(streams, dtls_client_);
}

void WebrtcLink::on_sctp_data(std::uint16_t stream, std::uint32_t ppid, Bytes bytes, bool last) {
  if (!ending_)
    channels_.data(stream, ppid, bytes, last);
}

void WebrtcLink::on_sctp_end(SctpAssociation::End how, const std::string& reason) {
  end(how == SctpAssociation::End::by_peer ? End::closed_there : End::sctp, reason);
}

void WebrtcLink::on_peer_channel(const std::shared_ptr<Channel>& channel) {
  if (!ending_)
    listener_.on_channel(channel);
}

void WebrtcLink::on_protocol_error(const std::string& reason) {
  end(End::bad_message, reason);
}

bool WebrtcLink::send(std::uint16_t stream, std::uint32_t ppid, Bytes message) {
  return sctp_ && !ending_ && sctp_->send(stream, ppid, message);
}

void WebrtcLink::reset_stream(std::uint16_t stream) {
  if (sctp_ && !ending_)
    sctp_->reset_stream(stream);
}

std::uint64_t WebrtcLink::queued() const {
  return sctp_ && !ending_ ? sctp_->queued() : 0;
}

bool WebrtcLink::full() const {
  return !sctp_ || ending_ || sctp_->full();
}

// What ends a link may stand on the layers' own stacks, so it ends with the next iteration.
void WebrtcLink::end(End end, const std::string& reason) {
  if (std::exchange(ending_, true))
    return;
  end_ = end;
  reason_ = reason;
  gathering_.stop();
  patience_.stop();
  finish_.start(0ns);
}

void WebrtcLink::finish() {
  tear_down();
  channels_.end();
  listener_.on_closed(end_, reason_);
}

void WebrtcLink::tear_down() {
  sctp_.reset(); // its ABORT goes through DTLS
  if (dtls_)
    dtls_->close();
  dtls_.reset();
  ice_.reset(); // sends what is left
  early_.clear();
}

} // namespace triad
