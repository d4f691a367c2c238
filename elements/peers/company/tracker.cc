// SPDX-License-Identifier: LGPL-2.1-or-later
#define G_LOG_DOMAIN "triad-trackers"
#include "peers/company/tracker.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace triad::trackers {
namespace {

// A node with hundreds of releases does not announce them all at one instant.
constexpr std::size_t announces_at_once = 20;
constexpr auto announce_pause = std::chrono::milliseconds(250);
constexpr std::uint32_t offers_at_once = 50;
constexpr auto offers_period = std::chrono::seconds(10);
constexpr std::size_t longest_logged = 200; // bytes of what a tracker says

} // namespace

Tracker::Tracker(TrackerHost& host, std::string url, TrackerUrl parsed, std::uint64_t seed)
    : host_(host),
      url_(std::move(url)),
      parsed_(std::move(parsed)),
      backoff_(seed),
      timer_(host.options.context, [this](GIOCondition) { on_timer(); }) {}

Tracker::~Tracker() {
  for (const auto& release : releases_)
    send_stopped(release);
  if (socket_)
    socket_->cut();
}

void Tracker::join(const signal::InfoHash& info_hash, const AnnounceFacts& facts) {
  const auto [release, is_new] = releases_.try_emplace(
      info_hash, Announced{facts, AnnounceTimes(facts.left_known && facts.left == 0),
                           RateLimit(offers_at_once, offers_period)});
  if (!is_new)
    return update(info_hash, facts);
  if (connected())
    release->second.times.on_connected(LoopSource::now());
  else if (!socket_ && !connect_at_)
    connect_at_ = LoopSource::now();
  set_timer();
}

void Tracker::update(const signal::InfoHash& info_hash, const AnnounceFacts& facts) {
  const auto release = releases_.find(info_hash);
  if (release == releases_.end())
    return;
  release->second.facts = facts;
  release->second.times.on_left(facts.left_known && facts.left == 0, LoopSource::now());
  set_timer();
}

void Tracker::leave(const signal::InfoHash& info_hash) {
  const auto release = releases_.find(info_hash);
  if (release == releases_.end())
    return;
  send_stopped(*release);
  releases_.erase(release);
}

void Tracker::close() {
  leaving_ = true;
  if (connected())
    return socket_->close();
  if (socket_)
    std::exchange(socket_, nullptr)->cut();
  host_.gone(this);
}

bool Tracker::knows(const signal::InfoHash& info_hash) const {
  return releases_.contains(info_hash);
}

// --- The connection ------------------------------------------------------------------------------

void Tracker::connect() {
  connect_at_.reset();
  std::shared_ptr<TlsClient> tls;
  if (parsed_.tls) {
    auto made = host_.tls();
    if (!made)
      return on_closed(made.error().message);
    tls = *made;
  }
  WebSocketOptions options;
  options.context = host_.options.context;
  options.url = parsed_;
  options.user_agent = host_.options.user_agent;
  options.tls = std::move(tls);
  options.may_connect = [this](const sockaddr& address) {
    return !host_.options.may_connect || host_.options.may_connect(url_, address);
  };
  options.times = host_.options.times;
  socket_ = WebSocket::connect(std::move(options), *this);
}

void Tracker::on_open() {
  const auto self = shared_from_this();
  const Time now = LoopSource::now();
  for (auto& [info_hash, release] : releases_)
    release.times.on_connected(now);
  set_timer();
  host_.listener.on_state(url_, true, {});
}

void Tracker::on_closed(const std::string& reason) {
  const auto self = shared_from_this();
  socket_.reset();
  if (leaving_)
    return host_.gone(this);
  g_debug("%s: %s", parsed_.origin().c_str(), reason.c_str());
  for (auto& [info_hash, release] : releases_)
    release.times.on_disconnected();
  connect_at_ = LoopSource::now() + backoff_.next();
  set_timer();
  host_.listener.on_state(url_, false, reason);
}

void Tracker::drop(const std::string& reason) {
  std::exchange(socket_, nullptr)->cut();
  on_closed(reason);
}

// --- Announcing ----------------------------------------------------------------------------------

void Tracker::on_timer() {
  const auto self = shared_from_this();
  const Time now = LoopSource::now();
  if (!socket_ && connect_at_ && *connect_at_ <= now)
    connect();
  else if (connected())
    announce_due(now);
  set_timer();
}

void Tracker::announce_due(Time now) {
  std::vector<std::pair<Time, signal::InfoHash>> due;
  for (const auto& [info_hash, release] : releases_) {
    const auto since = release.times.waiting_since();
    if (since && now - *since >= host_.options.times.reply)
      return drop("it does not answer an announce");
    if (const auto when = release.times.due(); when && *when <= now)
      due.emplace_back(*when, info_hash);
  }
  if (due.empty() || now < announce_from_)
    return;
  std::sort(due.begin(), due.end());
  if (due.size() > announces_at_once) {
    due.resize(announces_at_once);
    announce_from_ = now + announce_pause;
  }
  for (const auto& [when, info_hash] : due) {
    announcing_ = info_hash;
    host_.listener.on_announcing(url_, info_hash);
    announcing_.reset();
    const auto offers = std::exchange(given_along_, {});
    // The listener may have left the release, or another one.
    const auto release = releases_.find(info_hash);
    if (release == releases_.end() || !connected())
      continue;
    if (!send_announce(*release, offers)) { // too much is unsent
      announce_from_ = now + announce_pause;
      return;
    }
  }
}

void Tracker::set_timer() {
  std::optional<Time> next = socket_ ? std::nullopt : connect_at_;
  const auto consider = [&next](Time when) { next = next ? std::min(*next, when) : when; };
  if (connected())
    for (const auto& [info_hash, release] : releases_) {
      if (const auto due = release.times.due())
        consider(std::max(*due, announce_from_));
      if (const auto since = release.times.waiting_since())
        consider(*since + host_.options.times.reply);
    }
  if (next)
    timer_.set_deadline(*next);
  else
    timer_.clear_deadline();
}

signal::AnnounceRequest Tracker::request(const Releases::value_type& release) const {
  const auto& [info_hash, announced] = release;
  signal::AnnounceRequest request;
  request.info_hash = info_hash;
  request.peer_id = host_.options.own_id;
  if (announced.facts.left_known)
    request.left = announced.facts.left;
  request.uploaded = announced.facts.uploaded;
  request.downloaded = announced.facts.downloaded;
  return request;
}

bool Tracker::send_announce(Releases::value_type& release,
                            const std::vector<Trackers::PooledOffer>& offers) {
  signal::AnnounceRequest announce = request(release);
  for (const auto& offer : offers)
    announce.offers.push_back({offer.id, offer.sdp});
  if (!offers.empty())
    announce.numwant = static_cast<std::uint32_t>(offers.size());
  AnnounceTimes then = release.second.times;
  announce.event = then.announce(LoopSource::now());
  if (!socket_->send(signal::write(announce)))
    return false;
  release.second.times = then;
  return true;
}

void Tracker::send_stopped(const Releases::value_type& release) {
  if (!connected() || !release.second.times.announced())
    return;
  signal::AnnounceRequest announce = request(release);
  announce.event = signal::Event::stopped;
  announce.numwant = 0;
  if (!socket_->send(signal::write(announce)))
    g_debug("%s: no room for \"stopped\"", parsed_.origin().c_str());
}

bool Tracker::offer(const signal::InfoHash& info_hash,
                    const std::vector<Trackers::PooledOffer>& offers) {
  const auto release = releases_.find(info_hash);
  if (!connected() || release == releases_.end())
    return false;
  const auto count = static_cast<std::ptrdiff_t>(std::min(offers.size(), Trackers::max_offers));
  const std::vector<Trackers::PooledOffer> taken(offers.begin(), offers.begin() + count);
  if (announcing_ == info_hash) {
    given_along_ = taken;
    return true;
  }
  const bool sent = send_announce(*release, taken);
  set_timer();
  return sent;
}

void Tracker::answer(const signal::InfoHash& info_hash, const signal::PeerId& to,
                     const signal::OfferId& offer, const std::string& sdp) {
  if (!connected() || !knows(info_hash))
    return;
  const signal::AnswerRequest answer{info_hash, host_.options.own_id, to, offer, sdp};
  if (!socket_->send(signal::write(answer)))
    g_debug("%s: no room for an answer", parsed_.origin().c_str());
}

void Tracker::scrape(const signal::InfoHash& info_hash) {
  if (connected() && knows(info_hash) &&
      !socket_->send(signal::write(signal::ScrapeRequest{{info_hash}})))
    g_debug("%s: no room for a scrape", parsed_.origin().c_str());
}

// --- What it says --------------------------------------------------------------------------------

void Tracker::on_text(std::string_view text) {
  const auto self = shared_from_this();
  const auto reply = host_.parser.parse(text);
  if (!reply) {
    g_debug("%s: %s", parsed_.origin().c_str(), reply.error().message.c_str());
    return;
  }
  std::visit([this](const auto& message) { handle(message); }, *reply);
}

void Tracker::handle(const signal::AnnounceReply& reply) {
  backoff_.reset();
  const auto release = releases_.find(reply.info_hash);
  if (release == releases_.end())
    return;
  release->second.times.on_reply(reply.interval, LoopSource::now());
  set_timer();
  signal::AnnounceReply told = reply;
  if (told.triad)
    told.triad->stun = resolve_stun(told.triad->stun, parsed_);
  host_.listener.on_reply(url_, told);
}

void Tracker::handle(const signal::RelayedOffer& offer) {
  const auto release = releases_.find(offer.info_hash);
  if (release == releases_.end() || offer.peer_id == host_.options.own_id)
    return;
  if (release->second.offers.take(LoopSource::now()))
    host_.listener.on_offer(url_, offer);
}

void Tracker::handle(const signal::RelayedAnswer& answer) {
  if (knows(answer.info_hash))
    host_.listener.on_answer(url_, answer);
}

void Tracker::handle(const signal::ScrapeReply& reply) {
  for (const signal::ScrapeEntry& entry : reply.files)
    if (knows(entry.info_hash))
      host_.listener.on_scrape(url_, entry);
}

void Tracker::handle(const signal::Failure& failure) {
  const std::string reason(failure.reason.substr(0, longest_logged));
  g_debug("%s: refused: %s", parsed_.origin().c_str(), reason.c_str());
  const Time now = LoopSource::now();
  // bittorrent-tracker does not say which announce it refuses: one of those that wait.
  for (auto& [info_hash, release] : releases_)
    if (failure.info_hash ? info_hash == *failure.info_hash
                          : release.times.waiting_since().has_value())
      release.times.on_refusal(now);
  set_timer();
}

} // namespace triad::trackers
