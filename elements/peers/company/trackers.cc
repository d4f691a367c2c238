// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/trackers.h"

#include "peers/company/tracker.h"

#include <map>
#include <random>
#include <utility>

namespace triad {
namespace {

using trackers::TlsClient;
using trackers::Tracker;
using trackers::TrackerHost;

class AllTrackers final : public Trackers {
public:
  AllTrackers(TrackersOptions options, Listener& listener)
      : seeds_(options.seed),
        host_{std::move(options),
              listener,
              {},
              [this] { return tls(); },
              [this](Tracker* tracker) { leaving_.erase(tracker); }} {}

  void join(const signal::InfoHash& info_hash, const std::vector<std::string>& urls,
            const AnnounceFacts& facts) override {
    std::size_t count = 0;
    for (const auto& [url, tracker] : trackers_)
      count += tracker->knows(info_hash) ? 1 : 0;
    for (const std::string& url : urls) {
      const auto known = trackers_.find(url);
      const bool joined = known != trackers_.end() && known->second->knows(info_hash);
      if (!joined && count == max_per_release)
        continue;
      const auto tracker = known != trackers_.end() ? known->second : add(url);
      if (!tracker)
        continue;
      count += joined ? 0 : 1;
      tracker->join(info_hash, facts);
    }
  }

  void update(const signal::InfoHash& info_hash, const AnnounceFacts& facts) override {
    for (const auto& [url, tracker] : trackers_)
      tracker->update(info_hash, facts);
  }

  void leave(const signal::InfoHash& info_hash) override {
    for (auto each = trackers_.begin(); each != trackers_.end();) {
      const auto tracker = each->second;
      tracker->leave(info_hash);
      if (!tracker->empty()) {
        ++each;
        continue;
      }
      each = trackers_.erase(each);
      leaving_.emplace(tracker.get(), tracker);
      tracker->close();
    }
  }

  bool offer(const std::string& url, const signal::InfoHash& info_hash,
             const std::vector<PooledOffer>& offers) override {
    const auto tracker = trackers_.find(url);
    return tracker != trackers_.end() && tracker->second->offer(info_hash, offers);
  }

  void answer(const std::string& url, const signal::InfoHash& info_hash, const signal::PeerId& to,
              const signal::OfferId& offer, const std::string& sdp) override {
    if (const auto tracker = trackers_.find(url); tracker != trackers_.end())
      tracker->second->answer(info_hash, to, offer, sdp);
  }

  void scrape(const signal::InfoHash& info_hash) override {
    for (const auto& [url, tracker] : trackers_)
      tracker->scrape(info_hash);
  }

  std::vector<std::string> connected(const signal::InfoHash& info_hash) const override {
    std::vector<std::string> urls;
    for (const auto& [url, tracker] : trackers_)
      if (tracker->connected() && tracker->knows(info_hash))
        urls.push_back(url);
    return urls;
  }

private:
  std::shared_ptr<Tracker> add(const std::string& url) {
    auto parsed = trackers::parse_tracker_url(url);
    if (!parsed || trackers_.size() >= max_trackers)
      return nullptr;
    const auto tracker = std::make_shared<Tracker>(host_, url, std::move(*parsed), seeds_());
    trackers_.emplace(url, tracker);
    return tracker;
  }

  // Made when it is first needed: a CA file is read then.
  Result<std::shared_ptr<TlsClient>> tls() {
    if (!tls_) {
      auto made = TlsClient::make(host_.options.tls_strict, host_.options.tls_ca_file);
      if (!made)
        return made;
      tls_ = std::move(*made);
    }
    return tls_;
  }

  std::mt19937_64 seeds_;
  std::shared_ptr<TlsClient> tls_;
  TrackerHost host_;
  std::map<std::string, std::shared_ptr<Tracker>> trackers_; // by URL
  std::map<Tracker*, std::shared_ptr<Tracker>> leaving_;     // saying goodbye
};

} // namespace

std::unique_ptr<Trackers> Trackers::make(TrackersOptions options, Listener& listener) {
  return std::make_unique<AllTrackers>(std::move(options), listener);
}

} // namespace triad
