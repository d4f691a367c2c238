// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/web_seeds.h"

#include "server/url.h"

#include <algorithm>
#include <tuple>

namespace triad {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_reconnect{100}, longest_reconnect{1'000};
constexpr milliseconds first_retry{200}, longest_retry{4'000};

// Whether asking again can't help.
bool is_final(HttpFailure failure) {
  switch (failure) {
  case HttpFailure::tls:
  case HttpFailure::no_ranges:
  case HttpFailure::not_found:
  case HttpFailure::not_authorized:
  case HttpFailure::range:
  case HttpFailure::redirect:
  case HttpFailure::private_address:
  case HttpFailure::too_large:
    return true;
  default:
    return false;
  }
}

bool exhausted(const RangeHistory& history, const WebSeedPtr& seed) {
  const auto tries = history.tries.find(seed);
  return tries != history.tries.end() && tries->second.exhausted;
}

} // namespace

bool WebSeeds::retired(const WebSeed& seed, FileIndex file) {
  const auto standing = seed.files.find(file);
  return standing != seed.files.end() && standing->second.retired != HttpFailure::none;
}

WebSeeds::WebSeeds(Limits limits, std::uint64_t random_seed)
    : limits_(limits), random_(random_seed) {}

void WebSeeds::set_bases(const std::vector<std::string>& bases) {
  std::vector<WebSeedPtr> seeds;
  for (const std::string& base : bases) {
    const auto has_base = [&](const WebSeedPtr& seed) { return seed->base == base; };
    if (!url_origin(base) || std::any_of(seeds.begin(), seeds.end(), has_base))
      continue;
    const auto known = std::find_if(seeds_.begin(), seeds_.end(), has_base);
    if (known != seeds_.end()) {
      seeds.push_back(*known);
      continue;
    }
    const auto seed = std::make_shared<WebSeed>();
    seed->base = base;
    seed->order = random_();
    seeds.push_back(seed);
  }
  seeds_ = std::move(seeds);
}

WebSeeds::Choice WebSeeds::choose(FileIndex file, const RangeHistory& history, SeedTime now) const {
  Choice best;
  const auto rank = [now](const WebSeed& seed) {
    return std::make_tuple(std::max(seed.not_before, now), seed.misses, seed.order);
  };
  for (const WebSeedPtr& seed : seeds_) {
    if (retired(*seed, file) || exhausted(history, seed))
      continue;
    if (!best.seed || rank(*seed) < rank(*best.seed))
      best.seed = seed;
  }
  if (best.seed)
    best.wait = std::max(best.seed->not_before, now) - now;
  return best;
}

void WebSeeds::bytes_came(WebSeed& seed) {
  seed.misses = 0;
  seed.not_before = SeedTime{0};
}

void WebSeeds::back_off(WebSeed& seed, const HttpOutcome& outcome, SeedTime begun, SeedTime now) {
  // Requests that were under way together fail together: that is one miss.
  if (begun >= seed.backed_off_at) {
    const bool connect = outcome.failure == HttpFailure::connect;
    const milliseconds first = connect ? first_reconnect : first_retry;
    const milliseconds longest = connect ? longest_reconnect : longest_retry;
    const milliseconds pause = std::min(longest, first * (1u << std::min(seed.misses, 10u)));
    std::uniform_real_distribution<double> jitter(0.75, 1.25);
    ++seed.misses;
    seed.backed_off_at = now;
    seed.not_before =
        now + SeedTime(static_cast<SeedTime::rep>(
                  double(std::chrono::duration_cast<SeedTime>(pause).count()) * jitter(random_)));
  }
  if (outcome.retry_after)
    seed.not_before = std::max(seed.not_before, now + *outcome.retry_after);
}

void WebSeeds::failed(const WebSeedPtr& seed, FileIndex file, RangeHistory& history,
                      const HttpOutcome& outcome, SeedTime begun, bool moved, SeedTime now) {
  RangeHistory::Tries& tries = history.tries[seed];
  tries.failure = outcome.failure;
  tries.reason = outcome.message;
  if (is_final(outcome.failure)) {
    retire(*seed, file, outcome.failure, outcome.message);
    return;
  }
  if (outcome.failure == HttpFailure::connect) {
    if (!tries.connecting_since || moved)
      tries.connecting_since = begun;
    tries.exhausted =
        limits_.timeout.count() > 0 && now - *tries.connecting_since >= limits_.timeout;
  } else {
    tries.connecting_since.reset();
    tries.answers = moved ? 1 : tries.answers + 1;
    tries.exhausted = tries.answers > limits_.retries;
  }
  back_off(*seed, outcome, begun, now);
}

void WebSeeds::retire(WebSeed& seed, FileIndex file, HttpFailure failure,
                      const std::string& reason) {
  WebSeed::FileStanding& standing = seed.files[file];
  standing.retired = failure;
  standing.reason = reason;
}

void WebSeeds::delivered(const WebSeedPtr& seed, FileIndex file, ByteRange range) {
  // Parts of a burst take turns, so the one that this continues may stand a little before the end.
  auto& list = deliveries_[file];
  const std::size_t recent = std::min<std::size_t>(list.size(), 8);
  const auto continued = std::find_if(
      list.end() - static_cast<std::ptrdiff_t>(recent), list.end(), [&](const Delivery& delivery) {
        return delivery.seed == seed && delivery.range.end == range.begin;
      });
  if (continued != list.end())
    continued->range.end = range.end;
  else
    list.push_back({range, seed});
}

bool WebSeeds::bad(FileIndex file, ByteRange range) {
  std::vector<Delivery> kept;
  std::vector<WebSeedPtr> guilty;
  for (const Delivery& delivery : deliveries_[file]) {
    if (intersect(delivery.range, range).empty()) {
      kept.push_back(delivery);
      continue;
    }
    if (std::find(guilty.begin(), guilty.end(), delivery.seed) == guilty.end())
      guilty.push_back(delivery.seed);
    if (delivery.range.begin < range.begin)
      kept.push_back({{delivery.range.begin, range.begin}, delivery.seed});
    if (delivery.range.end > range.end)
      kept.push_back({{range.end, delivery.range.end}, delivery.seed});
  }
  deliveries_[file] = std::move(kept);
  bool any = false;
  for (const WebSeedPtr& seed : guilty) {
    if (++seed->files[file].bad_pieces < 2 || retired(*seed, file))
      continue;
    const auto origin = url_origin(seed->base);
    retire(*seed, file, HttpFailure::cut,
           (origin ? origin->text() : seed->base) +
               ": its bytes do not match the release's hashes");
    any = true;
  }
  return any;
}

bool WebSeeds::usable(FileIndex file) const {
  return std::any_of(seeds_.begin(), seeds_.end(),
                     [file](const WebSeedPtr& seed) { return !retired(*seed, file); });
}

Error WebSeeds::verdict(FileIndex file, const std::string& name, const RangeHistory& history,
                        bool had_bytes) const {
  std::string detail;
  unsigned missing = 0, refused = 0, private_ones = 0, changed = 0, unreached = 0;
  for (const WebSeedPtr& seed : seeds_) {
    HttpFailure failure = HttpFailure::none;
    std::string reason;
    if (const auto tries = history.tries.find(seed); tries != history.tries.end()) {
      failure = tries->second.failure;
      reason = tries->second.reason;
    }
    if (retired(*seed, file)) {
      const auto& standing = seed->files.at(file);
      failure = standing.retired;
      reason = standing.reason;
      changed += failure == HttpFailure::cut ? 1 : 0;
    }
    missing += failure == HttpFailure::not_found ? 1 : 0;
    refused += failure == HttpFailure::not_authorized ? 1 : 0;
    private_ones += failure == HttpFailure::private_address ? 1 : 0;
    unreached += failure == HttpFailure::connect || failure == HttpFailure::timeout ||
                         failure == HttpFailure::tls
                     ? 1
                     : 0;
    detail += (detail.empty() ? "" : "; ") + reason;
  }
  const std::string quoted = '"' + name + '"';
  if (seeds_.empty())
    return {ErrorCode::not_found,
            "The release names no server for " + quoted + ". Publish it with --server.", ""};
  const auto all = static_cast<unsigned>(seeds_.size());
  if (missing == all)
    return {ErrorCode::not_found,
            "The server does not have " + quoted + ". Ask its publisher to upload the file.",
            detail};
  if (missing + refused == all)
    return {ErrorCode::not_authorized,
            "The server does not let you have " + quoted +
                ". Check user name, password or cookies.",
            detail};
  if (private_ones == all)
    return {ErrorCode::not_authorized,
            "The release's server for " + quoted +
                " is on a private network, where a public release must not lead.",
            detail};
  if (changed == all)
    return {ErrorCode::read,
            "The server's " + quoted +
                " is not the file that was published. Ask its publisher to "
                "restore it or publish again.",
            detail};
  if (had_bytes)
    return {ErrorCode::read,
            "The rest of " + quoted + " could not be had from the server. Try again later.",
            detail};
  if (unreached > 0)
    return {ErrorCode::unreachable,
            "The server of " + quoted + " can't be reached. Check the network, or try again later.",
            detail};
  return {ErrorCode::read,
          "The server does not deliver " + quoted + " as it should. Try again later.", detail};
}

} // namespace triad
