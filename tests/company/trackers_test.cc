// SPDX-License-Identifier: LGPL-2.1-or-later
// Nodes at a real tracker: they are counted, meet, leave, and come back when it does.
#include "trackers_fixture.h"

#include "peers/company/connector.h"
#include "tracker/server/tracker.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;

namespace {

signal::OfferId offer_id(char filled_with) {
  signal::OfferId id;
  id.bytes.fill(static_cast<std::uint8_t>(filled_with));
  return id;
}

struct TrackersFixture {
  TrackersFixture() { start("127.0.0.1:0"); }
  void start(const std::string& listen) {
    settings.listen = listen;
    auto started = tracker::Tracker::start(settings);
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    server = std::move(*started);
    url = server->url();
  }
  void run(const std::function<bool()>& done) { BOOST_REQUIRE(loop.run_until(done)); }

  tracker::Settings settings;
  std::unique_ptr<tracker::Tracker> server;
  std::string url;
  Loop loop;
  const signal::InfoHash h = info_hash('h'), i = info_hash('i');
};

const AnnounceFacts seeder{}, leecher{1000, 0, 0, true};

} // namespace

BOOST_FIXTURE_TEST_SUITE(trackers_at_a_tracker, TrackersFixture)

BOOST_AUTO_TEST_CASE(listeners_are_counted_for_what_they_are) {
  Node a(loop.context(), 'a'), b(loop.context(), 'b'), c(loop.context(), 'c');
  a.trackers->join(h, {url}, seeder);
  run([&] { return !a.replies.empty(); });
  b.trackers->join(h, {url}, leecher);
  run([&] { return !b.replies.empty(); });
  BOOST_TEST(b.replies[0].complete == 1u);
  BOOST_TEST(b.replies[0].incomplete == 1u);
  BOOST_TEST((b.trackers->connected(h) == std::vector{url}));
  BOOST_TEST(b.trackers->connected(i).empty());

  AnnounceFacts unknown = seeder;
  unknown.left_known = false; // a magnet link's: nothing is known to be left, but it has nothing
  c.trackers->join(h, {url}, unknown);
  run([&] { return !c.replies.empty(); });
  BOOST_TEST(c.replies[0].complete == 1u);
  BOOST_TEST(c.replies[0].incomplete == 2u);

  b.trackers->update(h, seeder); // completes
  run([&] { return b.replies.size() == 2; });
  BOOST_TEST(b.replies[1].complete == 2u);
  c.trackers->scrape(h);
  c.trackers->scrape(i); // not announced: not asked for
  run([&] { return !c.scrapes.empty(); });
  BOOST_TEST((c.scrapes[0].info_hash == h));
  BOOST_TEST(c.scrapes[0].complete == 2u);
  BOOST_TEST(c.scrapes[0].incomplete == 1u);
  BOOST_TEST(c.scrapes[0].downloaded == 1u);
}

BOOST_AUTO_TEST_CASE(an_offer_is_answered) {
  Node a(loop.context(), 'a'), b(loop.context(), 'b');
  a.trackers->join(h, {url}, seeder);
  run([&] { return !a.replies.empty(); });
  b.when_announcing = [&](const std::string& tracker, const signal::InfoHash& hash) {
    BOOST_TEST(b.trackers->offer(tracker, hash, {{offer_id('1'), "an offer\r\n"}}));
  };
  b.trackers->join(h, {url}, leecher);
  run([&] { return !a.offers.empty(); });
  BOOST_TEST((a.offers[0].info_hash == h));
  BOOST_TEST((a.offers[0].peer == b.id));
  BOOST_TEST((a.offers[0].id == offer_id('1')));
  BOOST_TEST(a.offers[0].sdp == "an offer\r\n");
  a.trackers->answer(url, h, b.id, offer_id('1'), "an answer");
  run([&] { return !b.answers.empty(); });
  BOOST_TEST((b.answers[0].peer == a.id));
  BOOST_TEST((b.answers[0].id == offer_id('1')));
  BOOST_TEST(b.answers[0].sdp == "an answer");

  // And when the node itself wants more peers.
  b.when_announcing = nullptr;
  BOOST_TEST(b.trackers->offer(url, h, {{offer_id('2'), "another"}}));
  run([&] { return a.offers.size() == 2; });
  BOOST_TEST(a.offers[1].sdp == "another");
}

BOOST_AUTO_TEST_CASE(offers_need_a_connection_and_a_release) {
  Node a(loop.context(), 'a');
  BOOST_TEST(!a.trackers->offer(url, h, {}));
  a.trackers->join(h, {url}, seeder);
  BOOST_TEST(!a.trackers->offer(url, h, {})); // not connected yet
  run([&] { return !a.replies.empty(); });
  BOOST_TEST(!a.trackers->offer(url, i, {}));
  BOOST_TEST(!a.trackers->offer("ws://other.example", h, {}));
  BOOST_TEST(a.trackers->offer(url, h, {}));
}

BOOST_AUTO_TEST_CASE(all_releases_share_one_connection) {
  Node a(loop.context(), 'a');
  for (char name = 'A'; name < 'A' + 50; ++name)
    a.trackers->join(info_hash(name), {url}, seeder);
  run([&] { return a.replies.size() == 50; });
  BOOST_TEST(a.opened == 1);
}

BOOST_AUTO_TEST_CASE(who_leaves_is_counted_no_more) {
  Node a(loop.context(), 'a'), b(loop.context(), 'b');
  a.trackers->join(h, {url}, seeder);
  a.trackers->join(i, {url}, seeder);
  run([&] { return a.replies.size() == 2; });
  const auto seeders_seen = [&](const signal::InfoHash& hash) {
    b.scrapes.clear();
    b.trackers->scrape(hash);
    run([&] { return !b.scrapes.empty(); });
    return b.scrapes[0].complete;
  };
  b.trackers->join(h, {url}, leecher);
  b.trackers->join(i, {url}, leecher);
  run([&] { return b.replies.size() == 2; });
  BOOST_TEST(seeders_seen(h) == 1u);
  a.trackers->leave(h); // still connected for the other
  run([&] { return seeders_seen(h) == 0; });
  BOOST_TEST(seeders_seen(i) == 1u);
  a.trackers.reset(); // says so, too
  run([&] { return seeders_seen(i) == 0; });
}

BOOST_AUTO_TEST_CASE(left_and_joined_again_it_is_announced_again) {
  Node a(loop.context(), 'a');
  for (std::size_t round = 1; round <= 3; ++round) {
    a.trackers->join(h, {url}, seeder);
    run([&] { return a.replies.size() == round; });
    a.trackers->leave(h);
    BOOST_TEST(a.trackers->connected(h).empty());
  }
  BOOST_TEST(a.opened == 3);
  BOOST_TEST(a.reasons.empty()); // its own goodbyes are no news
}

BOOST_AUTO_TEST_CASE(a_tracker_that_comes_back_is_told_again) {
  Node a(loop.context(), 'a');
  a.trackers->join(h, {url}, seeder);
  a.trackers->join(i, {url}, leecher);
  run([&] { return a.replies.size() == 2; });
  const std::string listen = url.substr(5);
  server.reset();
  run([&] { return !a.reasons.empty(); });
  BOOST_TEST(a.reasons[0] == "it closed the connection (code 1001)");
  BOOST_TEST(a.trackers->connected(h).empty());
  run([&] { return a.reasons.size() >= 2; }); // tried in vain
  start(listen);
  run([&] { return a.replies.size() == 4; });
  BOOST_TEST(a.opened == 2);
  BOOST_TEST(a.replies[2].complete + a.replies[3].complete == 1u); // "started" for both
}

BOOST_AUTO_TEST_CASE(a_tracker_that_was_killed_is_told_again) {
  const auto launch = [](const std::string& listen) {
    GSubprocess* program = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, nullptr, TRIAD_TRACKER,
                                            "--listen", listen.c_str(), nullptr);
    BOOST_REQUIRE(program);
    return std::unique_ptr<GSubprocess, trackers::UnrefObject>(program);
  };
  const auto kill = [](GSubprocess* program) {
    g_subprocess_force_exit(program);
    g_subprocess_wait(program, nullptr, nullptr);
  };
  auto program = launch("127.0.0.1:0");
  const std::unique_ptr<GDataInputStream, trackers::UnrefObject> out(
      g_data_input_stream_new(g_subprocess_get_stdout_pipe(program.get())));
  gchar* line = g_data_input_stream_read_line(out.get(), nullptr, nullptr, nullptr);
  const std::string ready = line ? line : "";
  g_free(line);
  BOOST_REQUIRE(ready.starts_with("ready ws://"));
  Node a(loop.context(), 'a');
  a.trackers->join(h, {ready.substr(6)}, seeder);
  run([&] { return !a.replies.empty(); });
  kill(program.get());
  run([&] { return !a.reasons.empty(); });
  program = launch(ready.substr(11));
  run([&] { return a.replies.size() == 2; });
  BOOST_TEST(a.replies[1].complete == 1u);
  kill(program.get());
}

BOOST_AUTO_TEST_CASE(the_trackers_stun_server_has_its_host_name) {
  Node a(loop.context(), 'a');
  const std::string by_name = "ws://localhost" + url.substr(url.rfind(':'));
  a.trackers->join(h, {by_name}, seeder);
  run([&] { return !a.replies.empty(); });
  BOOST_REQUIRE(a.replies[0].triad.has_value());
  BOOST_REQUIRE(a.replies[0].triad->stun.size() == 1u);
  BOOST_TEST(a.replies[0].triad->stun[0] == "stun:localhost" + url.substr(url.rfind(':')));
}

BOOST_AUTO_TEST_CASE(the_operators_dial_is_passed_on_at_once) {
  Node a(loop.context(), 'a');
  a.trackers->join(h, {url}, leecher);
  run([&] { return !a.replies.empty(); });
  BOOST_TEST((!a.replies[0].triad || a.replies[0].triad->peers));
  settings.swarms.peer_share = 0;
  BOOST_REQUIRE(server->reload(settings));
  run([&] { return a.replies.size() == 2; });
  BOOST_REQUIRE(a.replies[1].triad.has_value());
  BOOST_TEST(!a.replies[1].triad->peers);
}

BOOST_AUTO_TEST_CASE(it_may_be_an_ipv6_address) {
  start("[::1]:0");
  BOOST_REQUIRE(url.starts_with("ws://[::1]:"));
  Node a(loop.context(), 'a');
  a.trackers->join(h, {url}, seeder);
  run([&] { return !a.replies.empty(); });
  BOOST_REQUIRE(a.replies[0].triad.has_value());
  BOOST_TEST((a.replies[0].triad->stun == std::vector{"stun:" + url.substr(5)}));
}

BOOST_AUTO_TEST_CASE(one_tracker_down_does_not_hold_up_another) {
  Node a(loop.context(), 'a');
  a.trackers->join(h, {"ws://127.0.0.1:1", "udp://127.0.0.1:1", "nonsense", url}, seeder);
  run([&] { return !a.replies.empty() && !a.reasons.empty(); });
  BOOST_TEST((a.trackers->connected(h) == std::vector{url}));
}

BOOST_AUTO_TEST_CASE(a_private_address_is_refused_whatever_its_name) {
  int asked = 0;
  TrackersOptions options;
  options.may_connect = [&](const std::string&, const sockaddr&) {
    ++asked;
    return false;
  };
  Node a(loop.context(), 'a', std::move(options));
  const std::string port = url.substr(url.rfind(':'));
  a.trackers->join(h, {"ws://localhost" + port, "ws://127.0.0.1" + port, "ws://2130706433" + port},
                   seeder);
  run([&] { return a.reasons.size() >= 3; });
  BOOST_TEST(asked >= 2);
  for (const std::string& reason : a.reasons)
    BOOST_TEST(
        (reason == "its address is not allowed" || reason.find("2130706433") != reason.npos));
  BOOST_TEST(a.opened == 0);
}

BOOST_AUTO_TEST_CASE(a_release_may_leave_from_within_any_callback) {
  Node a(loop.context(), 'a'), b(loop.context(), 'b');
  b.trackers->join(h, {url}, seeder);
  run([&] { return !b.replies.empty(); });
  a.when_announcing = [&](const std::string&, const signal::InfoHash& hash) {
    a.trackers->leave(hash);
  };
  a.trackers->join(h, {url}, seeder);
  a.trackers->join(i, {url}, seeder);
  run([&] { return a.announcing == 2; });
  a.when_announcing = nullptr;
  a.when_told = [&] { a.trackers->leave(h); };
  for (int round = 1; round <= 3; ++round) {
    const int before = a.opened;
    a.trackers->join(h, {url}, seeder);
    run([&] { return a.opened > before; });
  }
  BOOST_TEST(a.replies.empty());
}

BOOST_AUTO_TEST_SUITE_END()
