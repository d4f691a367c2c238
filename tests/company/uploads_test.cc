// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is given what: slots, rotation, urgency, patience, and when nothing is given.
#include "upload_lines.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(uploads)

namespace {

constexpr std::uint32_t block = 16 * 1024;

UploadLines::Spec stranger(std::size_t depth = 0) { // not a Triad peer
  UploadLines::Spec spec;
  spec.triad = false;
  spec.depth = depth;
  return spec;
}

UploadLines::Spec friendly(std::size_t depth = 0, wire::Urgency urgency = wire::Urgency::playing) {
  UploadLines::Spec spec;
  spec.depth = depth;
  spec.urgency = urgency;
  return spec;
}

void expect_clean(const UploadLines& lines) {
  for (const std::string& each : lines.violations)
    BOOST_ERROR(each);
}

// Everybody that has a slot has taken something lately, so it shows in the bytes.
int unchoked(const UploadLines& lines) {
  int count = 0;
  for (const auto& [id, peer] : lines.peers())
    count += peer.unchoked ? 1 : 0;
  return count;
}

} // namespace

BOOST_AUTO_TEST_CASE(triad_peers_are_unchoked_at_once_and_strangers_as_slots_allow) {
  UploadLines lines({}, 1e6);
  std::vector<int> strangers, friends;
  for (int i = 0; i < 6; ++i) {
    friends.push_back(lines.add(friendly()));
    BOOST_TEST(lines.peer(friends.back()).unchoked);
  }
  for (int i = 0; i < 6; ++i)
    strangers.push_back(lines.add(stranger(4)));
  for (int i = 0; i < 6; ++i)
    BOOST_TEST(lines.peer(strangers[static_cast<std::size_t>(i)]).unchoked == (i < 4));
  lines.run(5s);
  // A slot is what counts, not being unchoked: nobody else is served.
  BOOST_TEST(lines.taken() > 4u * block);
  BOOST_TEST(lines.peer(strangers[4]).bytes == 0u);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(a_peer_that_turns_out_to_be_triads_is_unchoked_then) {
  UploadLines lines({}, 1e6);
  for (int i = 0; i < 4; ++i)
    lines.add(stranger(4));
  const int id = lines.add(stranger());
  BOOST_TEST(!lines.peer(id).unchoked);
  lines.uploads.add(UploadPeer(id), UploadLink(id), true, lines.clock.now());
  lines.drain();
  BOOST_TEST(lines.peer(id).unchoked);
}

BOOST_AUTO_TEST_CASE(who_is_not_interested_or_leaves_frees_a_slot) {
  UploadLines lines({}, 1e6);
  std::vector<int> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(lines.add(stranger(4)));
  BOOST_TEST(!lines.peer(ids[4]).unchoked);
  lines.uploads.interested(UploadPeer(ids[0]), false, lines.clock.now());
  lines.drain();
  BOOST_TEST(lines.peer(ids[4]).unchoked);
  lines.remove(ids[1]);
  BOOST_TEST(lines.peer(ids[5]).unchoked);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(one_of_the_slots_rotates_every_ten_seconds) {
  UploadLines lines({}, 1e6);
  std::vector<int> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(lines.add(stranger(8)));
  lines.run(9900ms);
  BOOST_TEST(lines.peer(ids[4]).unchokes == 0);
  lines.run(200ms);
  BOOST_TEST(lines.peer(ids[4]).unchokes == 1);
  BOOST_TEST(lines.peer(ids[5]).unchokes == 0);
  BOOST_TEST(unchoked(lines) == 4);
  lines.run(10s);
  BOOST_TEST(lines.peer(ids[5]).unchokes == 1);
  BOOST_TEST(unchoked(lines) == 4);
  expect_clean(lines);
}

BOOST_DATA_TEST_CASE(nobody_starves_and_equals_get_the_same, data::make({false, true}), triad) {
  UploadLines lines({}, 1e6);
  std::vector<int> ids;
  for (int i = 0; i < 12; ++i)
    ids.push_back(lines.add(triad ? friendly(32) : stranger(8)));
  lines.run(600s);
  const double mean = static_cast<double>(lines.taken()) / 12;
  for (const int id : ids) {
    BOOST_TEST(static_cast<double>(lines.peer(id).bytes) > 0.6 * mean);
    BOOST_TEST(static_cast<double>(lines.peer(id).bytes) < 1.6 * mean);
  }
  BOOST_TEST(mean * 12 > 0.8 * 1e6 * 600);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(a_slow_peer_makes_way_before_a_fast_one) {
  UploadLines lines({-1}, 2e6);
  UploadLines::Spec slow = stranger(8);
  slow.takes = 8e3;
  std::vector<int> fast;
  for (int i = 0; i < 2; ++i)
    fast.push_back(lines.add(stranger(32)));
  const int slow_one = lines.add(slow);
  fast.push_back(lines.add(stranger(32)));
  const int newcomer = lines.add(stranger(32));
  lines.run(10100ms);
  BOOST_TEST(lines.peer(newcomer).unchoked);
  BOOST_TEST(!lines.peer(slow_one).unchoked);
  for (const int id : fast)
    BOOST_TEST(lines.peer(id).unchoked);
}

BOOST_AUTO_TEST_CASE(the_urgent_go_first_whoever_asked_before) {
  UploadLines lines({}, 1e6);
  const int a = lines.add(friendly()), b = lines.add(friendly());
  for (int i = 0; i < 8; ++i) // what may go at once, and more
    lines.ask(a, wire::Urgency::background);
  const std::size_t before = lines.sent.size();
  const auto background = lines.ask(a, wire::Urgency::background);
  const auto prefetch = lines.ask(b, wire::Urgency::prefetch);
  const auto playing = lines.ask(b, wire::Urgency::playing);
  const auto urgent = lines.ask(a, wire::Urgency::playing);
  BOOST_TEST(lines.sent.size() == before);
  lines.run(5s);
  const auto place = [&](int id, const wire::BlockRequest& request) {
    return std::find(lines.sent.begin(), lines.sent.end(), std::pair(id, request)) -
           lines.sent.begin();
  };
  BOOST_TEST(place(b, playing) < place(b, prefetch));
  BOOST_TEST(place(a, urgent) < place(b, prefetch));
  BOOST_TEST(place(b, prefetch) < place(a, background));
  BOOST_TEST(static_cast<std::size_t>(std::min(place(b, playing), place(a, urgent))) == before);
}

BOOST_AUTO_TEST_CASE(a_playing_listener_takes_a_slot_from_a_copy_at_once) {
  UploadLines lines({}, 1e6);
  for (int i = 0; i < 4; ++i)
    lines.add(friendly(32, wire::Urgency::background));
  lines.run(3s);
  const int player = lines.add(friendly(4));
  lines.run(1s);
  BOOST_TEST(lines.peer(player).bytes > 4u * block);
  for (const auto& [id, peer] : lines.peers())
    BOOST_TEST(peer.chokes == 0);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(what_is_cancelled_is_answered_and_not_sent) {
  UploadLines lines({}, 1e6);
  const int id = lines.add(friendly());
  std::vector<wire::BlockRequest> asked;
  for (int i = 0; i < 12; ++i)
    asked.push_back(lines.ask(id));
  lines.cancel(id, asked.back());
  lines.cancel(id, asked.front()); // on its way already: nothing to be said
  BOOST_TEST(lines.peer(id).rejects == 1);
  lines.run(5s);
  BOOST_TEST(lines.sent.size() == 11u);
  BOOST_TEST(lines.peer(id).asked.empty());
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(what_was_asked_twice_is_sent_once) {
  UploadLines lines({}, 1e6);
  const int id = lines.add(friendly());
  for (int i = 0; i < 8; ++i)
    lines.ask(id);
  const auto last = lines.ask(id);
  lines.uploads.requested(UploadPeer(id), last, wire::Urgency::playing, lines.clock.now());
  lines.run(5s);
  BOOST_TEST(lines.sent.size() == 9u);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(no_request_waits_longer_than_twenty_seconds) {
  UploadLines lines({20'000}, 1e6); // 20 kB/s: about one block a second
  for (int i = 0; i < 8; ++i)
    lines.add(friendly(30));
  lines.run(120s);
  int rejects = 0;
  for (const auto& [id, peer] : lines.peers()) {
    BOOST_TEST((peer.longest_wait <= 20s));
    rejects += peer.rejects;
  }
  BOOST_TEST(rejects > 0);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(who_asks_and_never_reads_costs_little_and_loses_its_slot) {
  UploadLines lines({}, 1e6);
  UploadLines::Spec deaf = friendly(200);
  deaf.reads = false;
  std::vector<int> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(lines.add(deaf));
  lines.run(3s);
  const int honest = lines.add(friendly(8));
  lines.run(5s);
  BOOST_TEST(lines.peer(honest).bytes > 1'000'000u);
  for (const int id : ids) {
    BOOST_TEST(lines.peer(id).most_queued <= 200'000u + block); // 200 ms at 1 MB/s
    // More than it may have waiting is refused.
    const int rejects = lines.peer(id).rejects;
    for (int i = 0; i < 100; ++i)
      lines.ask(id);
    BOOST_TEST(lines.peer(id).rejects - rejects >= 50);
  }
  BOOST_TEST(lines.uploads.waiting() <= 4u * wire::max_requests + 8);
  lines.run(600s);
  BOOST_TEST(static_cast<double>(lines.peer(honest).bytes) > 0.9 * 1e6 * 600);
  // Looking whether it reads again is not a busy loop.
  lines.remove(honest);
  const std::uint64_t ticks = lines.ticks;
  for (const int id : ids)
    lines.peer(id).spec.depth = 0;
  lines.run(60s);
  BOOST_TEST(lines.ticks - ticks <= 60u * 10);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_not_used_goes_to_who_waits) {
  UploadLines lines({}, 1e6);
  std::vector<int> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(lines.add(stranger()));
  const int newcomer = lines.add(stranger(4));
  BOOST_TEST(!lines.peer(newcomer).unchoked);
  lines.run(2100ms);
  BOOST_TEST(lines.peer(newcomer).unchoked);
  lines.run(7s);
  // And stays: those who do nothing don't take it from each other either.
  int unchokes = 0;
  for (const int id : ids)
    unchokes += lines.peer(id).unchokes;
  BOOST_TEST(unchokes == 4);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(nothing_is_given_while_our_own_lead_is_short) {
  UploadLines lines({}, 1e6);
  const int triad = lines.add(friendly()), other = lines.add(stranger());
  for (int i = 0; i < 8; ++i) {
    lines.ask(triad);
    lines.ask(other);
  }
  lines.lead(3s);
  BOOST_TEST(lines.peer(triad).unchoked);
  lines.lead(2999ms);
  BOOST_TEST(!lines.peer(triad).unchoked);
  BOOST_TEST(!lines.peer(other).unchoked);
  BOOST_TEST(lines.peer(triad).asked.empty()); // all rejected: they ask elsewhere at once
  BOOST_TEST(lines.peer(other).asked.empty());
  BOOST_TEST(lines.uploads.rate() == 0);
  const std::size_t sent = lines.sent.size();
  lines.lead(4999ms);
  BOOST_TEST(!lines.peer(triad).unchoked);
  lines.ask(triad); // against the rules
  BOOST_TEST(lines.peer(triad).asked.empty());
  lines.lead(5s);
  BOOST_TEST(lines.peer(triad).unchoked);
  BOOST_TEST(lines.peer(other).unchoked);
  BOOST_TEST(lines.sent.size() == sent);
  lines.lead(1s);
  BOOST_TEST(!lines.peer(triad).unchoked);
  lines.lead(std::nullopt);
  BOOST_TEST(lines.peer(triad).unchoked);
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(a_rate_of_nothing_gives_nothing) {
  UploadLines lines({0}, 1e6);
  const int id = lines.add(friendly());
  BOOST_TEST(!lines.peer(id).unchoked);
  lines.ask(id);
  BOOST_TEST(lines.peer(id).rejects == 1);
  lines.uploads.set({}, lines.clock.now());
  lines.drain();
  BOOST_TEST(lines.peer(id).unchoked);
  lines.ask(id);
  BOOST_TEST(lines.sent.size() == 1u);
  lines.uploads.allow(false, lines.clock.now()); // the quota is used up
  lines.drain();
  BOOST_TEST(!lines.peer(id).unchoked);
  BOOST_TEST(!lines.uploads.wake_at().has_value());
  expect_clean(lines);
}

BOOST_AUTO_TEST_CASE(fewer_slots_hold_at_once) {
  UploadLines lines({}, 1e6);
  for (int i = 0; i < 6; ++i)
    lines.add(stranger(4));
  lines.uploads.set({1'000'000, 2}, lines.clock.now());
  lines.drain();
  BOOST_TEST(unchoked(lines) == 2);
  expect_clean(lines);
}

// --- whatever happens

BOOST_DATA_TEST_CASE(every_request_is_answered_once, data::xrange(60), seed) {
  UploadLines lines({seed % 3 == 0 ? -1 : 300'000}, 500e3, static_cast<std::uint64_t>(seed) + 1);
  Random& random = lines.random;
  std::vector<int> ids;
  std::map<int, std::vector<wire::BlockRequest>> asked;
  for (int i = 0; i < 300; ++i) {
    const auto any = [&] { return ids[random.below(ids.size())]; };
    const std::uint64_t what = ids.empty() ? 0 : random.below(12);
    if (what == 0) {
      UploadLines::Spec spec;
      spec.triad = random.chance(0.5);
      spec.jitter = Uploads::Time(random.below(300'000'000));
      spec.depth = random.below(20);
      spec.reads = !random.chance(0.2);
      spec.urgency = static_cast<wire::Urgency>(random.below(3));
      ids.push_back(lines.add(spec));
    } else if (what == 1) {
      const std::size_t which = random.below(ids.size());
      lines.remove(ids[which]);
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (what == 2) {
      lines.lead(random.chance(0.3) ? std::nullopt
                                    : std::optional(Uploads::Time(random.below(8'000'000'000))));
    } else if (what == 3) {
      lines.uploads.interested(UploadPeer(any()), random.chance(0.7), lines.clock.now());
      lines.drain();
    } else if (what <= 5 && !asked.empty()) {
      const int id = any();
      if (!asked[id].empty())
        lines.cancel(id, asked[id][random.below(asked[id].size())]);
    } else {
      const int id = any();
      asked[id].push_back(lines.ask(id, static_cast<wire::Urgency>(random.below(3)),
                                    static_cast<std::uint32_t>(random.between(1, 128 * 1024))));
    }
    lines.run(Uploads::Time(random.below(2'000'000'000)));
  }
  for (const int id : ids)
    lines.peer(id).spec.depth = 0;
  lines.run(25s);
  for (const int id : ids) {
    BOOST_TEST(lines.peer(id).asked.empty());
    BOOST_TEST((lines.peer(id).longest_wait <= 20s));
  }
  BOOST_TEST(lines.uploads.waiting() == 0u);
  expect_clean(lines);
}

BOOST_AUTO_TEST_SUITE_END()
