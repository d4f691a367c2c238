// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/metadata_exchange.h"

#include "peers/wire/numbers.h"

#include <algorithm>

namespace triad::wire {

namespace {

Error lied(const char* how) {
  return {ErrorCode::bad_message, std::string("A peer's info dictionary ") + how, {}};
}

std::uint32_t part_count(std::uint32_t size) {
  return (size - 1) / metadata_part + 1;
}

std::uint32_t part_size(std::uint32_t size, std::uint32_t part) {
  return std::min(metadata_part, size - part * metadata_part);
}

} // namespace

void MetadataExchange::offered(Peer peer, std::uint32_t size) {
  if (size > 0 && size <= max_metadata)
    offers_.try_emplace(peer, size);
}

// The attempt that this peer may help with.
MetadataExchange::Attempt& MetadataExchange::attempt_for(Peer peer, std::uint32_t size) {
  const bool doubted = doubted_.contains(size);
  for (Attempt& attempt : attempts_)
    if (attempt.alone ? attempt.alone == peer : attempt.size == size && !doubted)
      return attempt;
  return attempts_.emplace_back(Attempt{size, doubted ? std::optional(peer) : std::nullopt, {}, 0});
}

std::optional<std::uint32_t> MetadataExchange::next(Peer peer) {
  const auto offer = offers_.find(peer);
  if (done() || offer == offers_.end())
    return std::nullopt;
  Attempt& attempt = attempt_for(peer, offer->second);
  auto& parts = attempt.parts;
  const auto busy = std::count_if(parts.begin(), parts.end(),
                                  [&](const Part& part) { return part.asked.contains(peer); });
  if (busy >= static_cast<std::ptrdiff_t>(at_once))
    return std::nullopt;
  const auto ask = [&](std::size_t at) {
    parts[at].asked.insert(peer);
    return static_cast<std::uint32_t>(at);
  };
  for (std::size_t at = 0; at < parts.size(); ++at)
    if (parts[at].bytes.empty() && parts[at].asked.empty())
      return ask(at);
  if (parts.size() < part_count(attempt.size)) {
    parts.emplace_back();
    return ask(parts.size() - 1);
  }
  for (std::size_t at = 0; at < parts.size(); ++at) // what another peer is slow with
    if (parts[at].bytes.empty() && parts[at].asked.size() == 1 && !parts[at].asked.contains(peer))
      return ask(at);
  return std::nullopt;
}

MetadataExchange::Attempt* MetadataExchange::attempt_with(Peer peer, std::uint32_t part) {
  const auto found = std::find_if(attempts_.begin(), attempts_.end(), [&](const Attempt& attempt) {
    return part < attempt.parts.size() && attempt.parts[part].asked.contains(peer);
  });
  return found == attempts_.end() ? nullptr : &*found;
}

Status MetadataExchange::received(Peer peer, const MetadataReceived& answer) {
  if (done())
    return ok();
  Attempt* const attempt = attempt_with(peer, answer.part);
  if (!attempt)
    return ok(); // of an attempt that has ended
  Part& part = attempt->parts[answer.part];
  part.asked.erase(peer);
  if (answer.total != attempt->size ||
      answer.bytes.size() != part_size(answer.total, answer.part)) {
    gone(peer);
    return lied("is of another size than it said.");
  }
  if (!part.bytes.empty())
    return ok(); // another peer was faster
  attempt->held += answer.bytes.size();
  make_room(*attempt);
  part.bytes.assign(answer.bytes.begin(), answer.bytes.end());
  part.from = peer;
  const bool whole = attempt->parts.size() == part_count(attempt->size) &&
                     std::all_of(attempt->parts.begin(), attempt->parts.end(),
                                 [](const Part& each) { return !each.bytes.empty(); });
  return whole ? finish(*attempt, peer) : ok();
}

void MetadataExchange::make_room(const Attempt& keep) {
  std::size_t held = 0;
  for (const Attempt& attempt : attempts_)
    held += attempt.held;
  while (held > max_held) { // `keep` alone is smaller
    auto largest = attempts_.end();
    for (auto at = attempts_.begin(); at != attempts_.end(); ++at)
      if (&*at != &keep && (largest == attempts_.end() || at->held > largest->held))
        largest = at;
    held -= largest->held;
    attempts_.erase(largest);
  }
}

Status MetadataExchange::finish(Attempt& attempt, Peer last) {
  std::vector<std::byte> info;
  info.reserve(attempt.size);
  bool from_one = true;
  for (Part& part : attempt.parts) {
    append_bytes(info, part.bytes);
    part.bytes = {};
    from_one = from_one && part.from == last;
  }
  if ((!v1_ || sha1(info) == *v1_) && (!v2_ || sha256(info) == *v2_)) {
    info_ = std::move(info);
    attempts_.clear();
    return ok();
  }
  if (!from_one)
    doubted_.insert(attempt.size);
  attempts_.remove_if([&](const Attempt& each) { return &each == &attempt; });
  if (!from_one)
    return ok();
  gone(last);
  return lied("has the wrong hash.");
}

void MetadataExchange::gone(Peer peer) {
  offers_.erase(peer);
  for (Attempt& attempt : attempts_)
    for (Part& part : attempt.parts)
      part.asked.erase(peer);
  // An attempt that nobody is left for makes room for another.
  std::erase_if(attempts_, [this](const Attempt& attempt) {
    return std::none_of(offers_.begin(), offers_.end(), [&](const auto& each) {
      return attempt.alone ? *attempt.alone == each.first : attempt.size == each.second;
    });
  });
}

} // namespace triad::wire
