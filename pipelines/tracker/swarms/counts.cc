// SPDX-License-Identifier: LGPL-2.1-or-later
// How many a swarm has, for replies and scrapes.
#include "tracker/swarms/state.h"

#include <algorithm>

namespace triad::tracker {

signal::ScrapeEntry Swarms::State::counts(const signal::InfoHash& info_hash, Index index,
                                          Time now) const {
  signal::ScrapeEntry entry{info_hash, 0, 0, 0};
  if (index == none)
    return entry;
  const Swarm& swarm = roster.swarm(index);
  entry.complete = swarm.seeders;
  entry.incomplete = swarm.leechers();
  entry.downloaded = swarm.downloaded;
  // The store forgets peers after their lifetime; so do we, while it is away.
  if (const Remote* remote = swarm.remote.get();
      remote && remote->seen && now - *remote->seen <= settings.peer_lifetime) {
    entry.complete += remote->seeders;
    entry.incomplete += remote->leechers;
    entry.downloaded = std::max(entry.downloaded, remote->downloaded);
  }
  return entry;
}

signal::AnnounceReply& Swarms::State::reply(const signal::InfoHash& info_hash, Index swarm,
                                            bool excluded, Time now) {
  signal::AnnounceReply& reply = excluded ? excluded_reply : included_reply;
  const signal::ScrapeEntry entry = counts(info_hash, swarm, now);
  reply.info_hash = info_hash;
  reply.interval = static_cast<std::uint32_t>(settings.interval.count());
  reply.complete = entry.complete;
  reply.incomplete = entry.incomplete;
  return reply;
}

// A release that the connection may not announce looks like one that nobody has. "All" are as many
// as one scrape may name, permitted or not: a token for one release must not buy a walk through
// all.
void Swarms::State::scrape(ConnectionId to, const signal::ScrapeRequest& request, Permit* permit,
                           Time now) {
  ++totals.scrapes;
  const auto permitted = [&](const signal::InfoHash& info_hash) {
    return !permit || !permit->refusal(info_hash, roster.peers_of(to));
  };
  scrape_reply.files.clear();
  for (const signal::InfoHash& info_hash : request.info_hashes)
    scrape_reply.files.push_back(
        counts(info_hash, permitted(info_hash) ? roster.find(info_hash) : none, now));
  std::size_t looked_at = 0;
  if (request.info_hashes.empty())
    roster.for_each_swarm([&](Index swarm) {
      const signal::InfoHash& info_hash = roster.swarm(swarm).info_hash;
      if (looked_at++ == settings.request.info_hashes)
        return false;
      if (permitted(info_hash))
        scrape_reply.files.push_back(counts(info_hash, swarm, now));
      return true;
    });
  scrape_reply.min_request_interval = static_cast<std::uint32_t>(settings.interval.count());
  send(to, scrape_reply);
}

} // namespace triad::tracker
