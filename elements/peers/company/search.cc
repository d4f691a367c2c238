// SPDX-License-Identifier: LGPL-2.1-or-later
// When to offer, and when to stop hoping.
#include "peers/company/search.h"

#include <algorithm>
#include <utility>

namespace triad::company {

namespace {

using namespace std::chrono_literals;

constexpr unsigned most_at_once = 5; // as WebTorrent's clients
constexpr Time first_pause = 5s;     // between offers to one tracker; doubles
constexpr Time longest_pause = 120s;
// Before asking again where nobody was: soon at first, for two that come at once may each have been
// told that nobody is there; doubles.
constexpr Time lonely_pause = 2s;
constexpr Time longest_lonely_pause = 30s;
constexpr Time answer_patience = 10s; // an answer that comes later is taken, too
constexpr Time search_patience = 10s; // of those who wait for peers

Time pause_after(unsigned tries, bool lonely) {
  return lonely ? std::min(lonely_pause * (1 << std::min(tries, 4u)), longest_lonely_pause)
                : std::min(first_pause * (1 << std::min(tries, 5u)), longest_pause);
}

} // namespace

Search::Search(const std::vector<std::string>& trackers) {
  for (const auto& url : trackers)
    if (url.starts_with("ws:") || url.starts_with("wss:"))
      at_.try_emplace(url);
}

void Search::began(Time now) {
  since_ = now;
}

void Search::connected(const std::string& tracker, bool connected) {
  const auto found = at_.find(tracker);
  if (found == at_.end())
    return;
  found->second.line = connected ? At::Line::up : At::Line::down;
  found->second.replied = false;
  found->second.unanswered = 0;
}

Search::Dial Search::replied(const std::string& tracker, const signal::AnnounceReply& reply,
                             Time now) {
  const auto found = at_.find(tracker);
  if (found == at_.end())
    return Dial::as_before;
  auto& at = found->second;
  at.line = At::Line::up;
  const auto all = std::uint64_t(reply.complete) + reply.incomplete;
  const auto before = at.others;
  at.others = all == 0 ? 0 : static_cast<unsigned>(std::min<std::uint64_t>(all - 1, 1000));
  if (at.others == 0) {
    at.unanswered = 0;
    if (!at.replied)
      at.due = now + pause_after(at.tries, true);
  } else if (before == 0 && at.unanswered == 0) {
    at.due = now; // somebody has come
    at.tries = 0;
  }
  at.replied = true;

  const bool excluded = reply.triad && !reply.triad->peers;
  if (excluded == at.excluded)
    return Dial::as_before;
  at.excluded = excluded;
  at.unanswered = 0;
  at.tries = 0;
  at.due = now;
  // Where its dial is turned off, the others are asked at once for what was met here.
  for (auto& [url, other] : at_)
    if (excluded && !other.excluded) {
      other.tries = 0;
      other.due = now;
    }
  began(now);
  return excluded ? Dial::off : Dial::on;
}

void Search::gave(const std::string& tracker, unsigned offers, Time now) {
  auto& at = at_[tracker];
  at.unanswered = offers;
  at.gave = now;
  at.due = now + pause_after(at.tries, at.others == 0);
  ++at.tries;
}

void Search::was_answered(const std::string& tracker) {
  if (const auto found = at_.find(tracker); found != at_.end() && found->second.unanswered > 0)
    --found->second.unanswered;
}

void Search::met(bool by_channel) {
  for (auto& [tracker, at] : at_) {
    at.tries = 0;
    if (at.unanswered > 0 && std::exchange(by_channel, false))
      --at.unanswered;
  }
}

unsigned Search::due(const std::string& tracker, unsigned wanted, std::size_t peers,
                     Time now) const {
  const auto* at = find(tracker);
  if (!at || at->line != At::Line::up || !at->replied || at->excluded || now < at->due)
    return 0;
  // Who is linked already would be handed the offers of those whom we don't know yet.
  auto strangers = at->others > peers ? static_cast<unsigned>(at->others - peers) : 0;
  if (strangers == 0 && peers == 0)
    strangers = 1; // somebody may have come since
  return std::min({wanted, strangers, most_at_once});
}

bool Search::hopeful(Time now) const {
  return now - since_ < search_patience;
}

bool Search::pending(Time now) const {
  return std::ranges::any_of(at_, [&](const auto& entry) {
    const At& at = entry.second;
    if (at.excluded || at.line == At::Line::down)
      return false;
    return !at.replied || (at.unanswered > 0 && now - at.gave < answer_patience);
  });
}

std::vector<std::string> Search::trackers() const {
  std::vector<std::string> all;
  for (const auto& [tracker, at] : at_)
    all.push_back(tracker);
  return all;
}

bool Search::excluded(const std::string& tracker) const {
  const auto* at = find(tracker);
  return at && at->excluded;
}

bool Search::excluded() const {
  return !at_.empty() &&
         std::ranges::all_of(at_, [](const auto& entry) { return entry.second.excluded; });
}

bool Search::has_replied(const std::string& tracker) const {
  const auto* at = find(tracker);
  return at && at->replied;
}

const Search::At* Search::find(const std::string& tracker) const {
  const auto found = at_.find(tracker);
  return found == at_.end() ? nullptr : &found->second;
}

} // namespace triad::company
