// SPDX-License-Identifier: LGPL-2.1-or-later
#include "signal/random_messages.h"

namespace triad::signal {

std::string_view RandomMessages::text(std::size_t most) {
  static constexpr std::string_view pieces[] = {"a=candidate:1 1 udp 2113937151 192.0.2.1 4",
                                                "\r\n",
                                                "\"",
                                                "\\",
                                                "/",
                                                "\x7f",
                                                "\xc2\x80",
                                                "\xc3\xbf",
                                                "\xe2\x80\xa8",
                                                "\xed\x9f\xbf",
                                                "\xef\xbf\xbf",
                                                "\xf0\x9f\x8e\xb5",
                                                "\xf4\x8f\xbf\xbf"};
  std::string& made = texts_.emplace_back();
  const std::size_t size = random_.below(most);
  while (made.size() < size) {
    if (random_.chance(0.5))
      made += static_cast<char>(random_.below(128));
    else
      made += pieces[random_.below(std::size(pieces))];
  }
  return made;
}

std::uint32_t RandomMessages::number32() {
  return static_cast<std::uint32_t>(random_.next() >> random_.between(32, 63));
}

std::optional<std::uint64_t> RandomMessages::maybe_count() {
  if (random_.chance(0.3))
    return std::nullopt;
  return random_.next() >> random_.below(64);
}

AnnounceRequest RandomMessages::announce() {
  AnnounceRequest request;
  request.info_hash = id<InfoHash>();
  request.peer_id = id<PeerId>();
  request.event = static_cast<Event>(random_.below(5));
  request.left = maybe_count();
  request.uploaded = maybe_count();
  request.downloaded = maybe_count();
  request.numwant = number32();
  for (std::uint64_t offers = random_.below(RequestLimits{}.offers + 1); offers > 0; --offers)
    request.offers.push_back({id<OfferId>(), text()});
  return request;
}

AnswerRequest RandomMessages::answer() {
  return {id<InfoHash>(), id<PeerId>(), id<PeerId>(), id<OfferId>(), text()};
}

ScrapeRequest RandomMessages::scrape() {
  ScrapeRequest request;
  for (std::uint64_t hashes = random_.below(20); hashes > 0; --hashes)
    request.info_hashes.push_back(id<InfoHash>());
  return request;
}

AnnounceReply RandomMessages::announce_reply() {
  AnnounceReply reply{id<InfoHash>(), number32(), number32(), number32(), {}};
  if (random_.chance(0.5)) {
    reply.triad.emplace();
    reply.triad->peers = random_.chance(0.5);
    for (std::uint64_t urls = random_.below(max_stun_urls + 1); urls > 0; --urls)
      reply.triad->stun.push_back("stun:" + std::string(text(200)));
  }
  return reply;
}

RelayedOffer RandomMessages::offer() {
  return {id<InfoHash>(), id<PeerId>(), id<OfferId>(), text()};
}

RelayedAnswer RandomMessages::relayed_answer() {
  return {id<InfoHash>(), id<PeerId>(), id<OfferId>(), text()};
}

ScrapeReply RandomMessages::scrape_reply() {
  ScrapeReply reply;
  reply.min_request_interval = number32();
  for (std::uint64_t files = random_.below(20); files > 0; --files)
    reply.files.push_back({id<InfoHash>(), number32(), number32(), number32()});
  return reply;
}

Failure RandomMessages::failure() {
  Failure failure{"x", std::nullopt};
  if (random_.chance(0.5))
    failure.info_hash = id<InfoHash>();
  if (const std::string_view reason = text(); !reason.empty())
    failure.reason = reason;
  return failure;
}

} // namespace triad::signal
