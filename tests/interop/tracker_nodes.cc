// SPDX-License-Identifier: LGPL-2.1-or-later
// Two of Triad's nodes have all their conversations with a tracker: every event, a scrape, an offer
// and its answer. Exits with 0 if all was as it should be.
// usage: tracker_nodes TRACKER_URL CA_FILE
#include "company/trackers_fixture.h"

#include <cstdio>
#include <cstdlib>

using namespace triad;
using namespace triad::test;

namespace {

const Loop loop;

void need(const char* what, const std::function<bool()>& done) {
  if (!loop.run_until(done)) {
    std::fprintf(stderr, "never: %s\n", what);
    std::exit(1);
  }
}

// Nothing may go wrong on the way.
void need_calm(const Node& node) {
  for (const std::string& reason : node.reasons) {
    std::fprintf(stderr, "the connection went: %s\n", reason.c_str());
    std::exit(1);
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  const std::string url = argv[1];
  TrackersOptions options;
  options.tls_ca_file = argv[2];
  Node seeder(loop.context(), 's', options), leecher(loop.context(), 'l', options);
  // High bytes and control characters are what JSON could spoil.
  signal::InfoHash release = info_hash('\xff');
  for (std::uint8_t i = 0; i < 16; ++i)
    release.bytes[i] = static_cast<std::uint8_t>(i * 17);
  signal::OfferId offer;
  offer.bytes.fill(0xfe);
  offer.bytes[0] = 0;

  seeder.trackers->join(release, {url}, {});
  need("the seeder is answered", [&] { return !seeder.replies.empty(); });
  const std::string sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n\"\\\xc3\xa9\r\n";
  leecher.when_announcing = [&](const std::string& tracker, const signal::InfoHash& hash) {
    leecher.trackers->offer(tracker, hash, {{offer, sdp}});
  };
  leecher.trackers->join(release, {url}, {1000, 0, 0, true});
  need("a seeder and a leecher are counted", [&] {
    return !leecher.replies.empty() && leecher.replies[0].complete == 1 &&
           leecher.replies[0].incomplete == 1 && leecher.replies[0].interval > 0;
  });
  need("the offer arrives", [&] {
    return !seeder.offers.empty() && seeder.offers[0].sdp == sdp && seeder.offers[0].id == offer &&
           seeder.offers[0].peer == leecher.id;
  });
  seeder.trackers->answer(url, release, leecher.id, offer, "the answer");
  need("the answer arrives", [&] {
    return !leecher.answers.empty() && leecher.answers[0].sdp == "the answer" &&
           leecher.answers[0].id == offer && leecher.answers[0].peer == seeder.id;
  });
  leecher.trackers->update(release, {0, 0, 1000, true});
  need("two seeders are counted",
       [&] { return leecher.replies.size() >= 2 && leecher.replies.back().complete == 2; });
  const auto scraped = [&](std::uint32_t complete) {
    leecher.scrapes.clear();
    leecher.trackers->scrape(release);
    need("a scrape is answered", [&] { return !leecher.scrapes.empty(); });
    return leecher.scrapes[0].complete == complete && leecher.scrapes[0].info_hash == release;
  };
  need("a scrape counts both", [&] { return scraped(2); });
  seeder.trackers->leave(release);
  need("who left is counted no more", [&] { return scraped(1); });
  need_calm(seeder);
  need_calm(leecher);
  std::printf("%s: two nodes met\n", url.c_str());
}
