// SPDX-License-Identifier: LGPL-2.1-or-later
// Who fetches from a swarm: what each has been told, and the way of its requests.
#include "peers/company/swarm.h"

#include <algorithm>
#include <utility>

namespace triad::company {

void SwarmImpl::add(Fetcher* fetcher) {
  fetchers_.push_back({fetcher, {}, {}, false, false});
  for (const auto& [number, peer] : peers_)
    update_interest(*peer);
  host_.on_changed();
  sync_soon();
}

void SwarmImpl::remove(Fetcher* fetcher) {
  std::erase_if(fetchers_, [&](const Listening& one) { return one.fetcher == fetcher; });
  for (const auto& [number, peer] : peers_) {
    std::vector<BlockIndex> asked;
    for (const auto& [block, fetchers] : peer->asked)
      if (std::ranges::find(fetchers, fetcher) != fetchers.end())
        asked.push_back(block);
    for (const auto block : asked)
      cancel(fetcher, number, block);
    update_interest(*peer);
  }
  host_.on_changed();
}

void SwarmImpl::request(Fetcher* fetcher, PeerNumber number, BlockIndex block,
                        wire::Urgency urgency) {
  auto* peer = find(number);
  if (!peer || !find(fetcher)) {
    refuse(fetcher, number, block);
    return;
  }
  if (const auto asked = peer->asked.find(block); asked != peer->asked.end()) {
    if (std::ranges::find(asked->second, fetcher) == asked->second.end())
      asked->second.push_back(fetcher);
    return;
  }
  if (!ready(*peer) || !peer->conversation().can_request()) {
    refuse(fetcher, number, block);
    return;
  }
  peer->asked[block] = {fetcher};
  peer->conversation().request(block, urgency);
  peer->work_soon();
}

void SwarmImpl::cancel(Fetcher* fetcher, PeerNumber number, BlockIndex block) {
  auto* peer = find(number);
  if (!peer)
    return;
  const auto asked = peer->asked.find(block);
  if (asked == peer->asked.end())
    return;
  std::erase(asked->second, fetcher);
  if (!asked->second.empty())
    return;
  peer->asked.erase(asked);
  peer->conversation().cancel(block);
  peer->work_soon();
}

void SwarmImpl::refuse(Fetcher* fetcher, PeerNumber number, BlockIndex block) {
  host_.tasks().post([self = self_, fetcher, number, block] {
    if (*self)
      if (auto* one = (*self)->find(fetcher))
        one->fetcher->on_refused(number, block);
  });
}

// They learn of it by on_gone().
void SwarmImpl::drop_asked(Peer& peer) {
  for (const auto& [block, fetchers] : std::exchange(peer.asked, {}))
    if (!peer.over())
      peer.conversation().cancel(block);
}

void SwarmImpl::look_afresh(Peer& peer) {
  drop_asked(peer);
  ++peer.generation;
  sync_soon();
}

bool SwarmImpl::ready(const Peer& peer) {
  const auto& conversation = peer.conversation();
  return !peer.over() && conversation.shaken() && !conversation.choked();
}

SwarmImpl::Listening* SwarmImpl::find(const Fetcher* fetcher) {
  const auto found = std::ranges::find(fetchers_, fetcher, &Listening::fetcher);
  return found == fetchers_.end() ? nullptr : &*found;
}

std::vector<const Swarm::Fetcher*> SwarmImpl::all_fetchers() const {
  std::vector<const Fetcher*> all;
  for (const auto& one : fetchers_)
    all.push_back(one.fetcher);
  return all;
}

void SwarmImpl::set_looking(bool looking) {
  if (std::exchange(looking_, looking) != looking)
    sync_soon();
}

void SwarmImpl::sync_soon() {
  if (std::exchange(sync_posted_, true))
    return;
  host_.tasks().post([self = self_] {
    if (*self)
      (*self)->sync();
  });
}

void SwarmImpl::sync() {
  sync_posted_ = false;
  for (const auto* fetcher : all_fetchers())
    sync(fetcher);
  host_.on_changed();
}

// A callback may remove fetchers and end peers: everything is looked up again after each.
void SwarmImpl::sync(const Fetcher* fetcher) {
  const auto* known = find(fetcher);
  const auto all = known ? known->told : decltype(known->told)();
  for (const auto& [number, told] : all) {
    auto* one = find(fetcher);
    if (!one)
      return;
    const auto* peer = find(number);
    if (!peer || peer->generation != told.generation) {
      one->told.erase(number);
      one->fetcher->on_gone(number);
    } else if (const bool choked = peer->conversation().choked(); choked != told.choked) {
      one->told[number].choked = choked;
      one->fetcher->on_choked(number, choked);
    }
  }
  const auto peers = options_.release ? peers_ : decltype(peers_)();
  for (const auto& [number, peer] : peers) {
    auto* one = find(fetcher);
    if (!one)
      return;
    if (!ready(*peer) || one->told.contains(number))
      continue;
    one->told[number] = {peer->generation, false};
    const auto& conversation = peer->conversation();
    one->fetcher->on_peer(
        number, conversation.peer_has_all() ? std::vector<bool>() : conversation.peer_pieces(),
        conversation.request_limit(), peer->round_trip());
  }
  const bool metadata = metadata_ && metadata_->done() && !options_.release;
  if (auto* one = find(fetcher); one && metadata && !std::exchange(one->metadata, true))
    one->fetcher->on_metadata(std::vector(metadata_->info()));
  const bool layers = layers_ && layers_->complete();
  if (auto* one = find(fetcher); one && layers && !std::exchange(one->layers, true))
    if (const auto whole = layers_->release())
      one->fetcher->on_layers(*whole);
  if (auto* one = find(fetcher); one && one->looking != looking_) {
    one->looking = looking_;
    one->fetcher->on_looking(looking_);
  }
}

} // namespace triad::company
