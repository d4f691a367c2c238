// SPDX-License-Identifier: LGPL-2.1-or-later
// Trackers that break the rules, hang or flood: the connection goes with a reason, and the node
// comes back later.
#include "fake_tracker.h"
#include "trackers_fixture.h"

#include "peers/signal/requests.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <set>

using namespace std::chrono_literals;
using namespace triad;
using namespace triad::test;

namespace {

struct HostileFixture {
  void run(const std::function<bool()>& done) { BOOST_REQUIRE(loop.run_until(done)); }

  // What becomes of a connection to a tracker that behaves so.
  std::string reason_for(std::function<void(FakeSession&)> script, TrackerTimes times = {}) {
    FakeTracker tracker(std::move(script));
    TrackersOptions options;
    options.times = times;
    Node node(loop.context(), 'n', std::move(options));
    node.trackers->join(h, {tracker.url()}, {});
    run([&] { return !node.reasons.empty(); });
    return node.reasons[0];
  }
  std::string reason_for_frames(std::function<void(FakeSession&)> script, TrackerTimes times = {}) {
    return reason_for(
        [&](FakeSession& session) {
          session.accept();
          script(session);
          session.read_to_end();
        },
        times);
  }

  Loop loop;
  const signal::InfoHash h = info_hash('h'), i = info_hash('i');
};

std::string reply_for(const signal::InfoHash& hash, std::uint32_t interval = 120) {
  std::string text;
  signal::append(text, signal::AnnounceReply{hash, interval, 1, 1, {}});
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_tracker, HostileFixture)

BOOST_AUTO_TEST_CASE(a_bad_handshake_is_refused) {
  BOOST_TEST(reason_for([](FakeSession& session) {
               std::string answer = switching_protocols(session.read_request());
               answer[answer.find("Accept: ") + 8] ^= 1;
               session.send(answer);
               session.read_to_end();
             }) == "its Sec-WebSocket-Accept is wrong");
  BOOST_TEST(reason_for([](FakeSession& session) {
               session.read_request();
               session.send("HTTP/1.1 307 x\r\nLocation: ws://127.0.0.1:1/\r\n\r\n");
               session.read_to_end();
             }) == "it answers with HTTP status 307");
  BOOST_TEST(reason_for([](FakeSession& session) {
               session.read_request();
               session.send("HTTP/1.1 101 x\r\n");
               for (int line = 0; line < 2000; ++line)
                 session.send("X-Endless: header\r\n");
               session.read_to_end();
             }) == "its HTTP header is too long");
  BOOST_TEST(reason_for([](FakeSession& session) { session.read_request(); }) == "it hung up");
}

BOOST_AUTO_TEST_CASE(who_never_answers_the_handshake_is_left) {
  TrackerTimes times;
  times.handshake = 50ms;
  BOOST_TEST(reason_for([](FakeSession& session) { session.read_to_end(); }, times) ==
             "it does not answer");
}

BOOST_AUTO_TEST_CASE(frames_that_break_the_protocol_end_it) {
  const std::string broke = "it broke the WebSocket protocol";
  const auto check = [&](unsigned char first, std::string_view payload, const std::string& why) {
    BOOST_TEST(reason_for_frames(
                   [&](FakeSession& session) { session.send_frame(first, payload); }) == why);
  };
  check(0xc1, "{}", broke + " (code 1002)");       // RSV1: compressed, which was not offered
  check(0x83, "x", broke + " (code 1002)");        // a reserved opcode
  check(0x80, "x", broke + " (code 1002)");        // continues nothing
  check(0x09, "x", broke);                         // a ping in parts
  check(0x81, "\xff\xfe", broke + " (code 1007)"); // no UTF-8
  check(0x81, std::string(65537, ' '), broke + " (code 1009)");
  check(0x82, "x", "it sends binary messages");
  check(0x88, "\x03\xe8", "it closed the connection (code 1000)");
  check(0x88, "\x0f\xa0 and some words", "it closed the connection (code 4000)");
}

BOOST_AUTO_TEST_CASE(a_frame_that_claims_to_be_huge_is_not_waited_for) {
  BOOST_TEST(reason_for_frames([](FakeSession& session) {
               session.send(std::string("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff{", 11));
             }) == "it broke the WebSocket protocol (code 1009)");
  // Nor one whose parts never end.
  BOOST_TEST(reason_for_frames([](FakeSession& session) {
               session.send_frame(0x01, std::string(1024, ' '));
               for (int part = 0; part < 64; ++part)
                 session.send_frame(0x00, std::string(1024, ' '));
             }) == "it broke the WebSocket protocol (code 1009)");
}

BOOST_AUTO_TEST_CASE(a_message_in_parts_and_the_largest_one_are_read) {
  FakeTracker tracker([&](FakeSession& session) {
    session.accept();
    session.read_frame();
    const std::string text = reply_for(h);
    session.send_frame(0x01, text.substr(0, 10));
    session.send_frame(0x89, "a ping between");
    session.send_frame(0x00, text.substr(10, 10));
    session.send_frame(0x80, text.substr(20));
    session.send_text(text + std::string(65536 - text.size(), ' '));
    session.read_to_end();
  });
  Node node(loop.context(), 'n');
  node.trackers->join(h, {tracker.url()}, {});
  run([&] { return node.replies.size() == 2; });
  BOOST_TEST(node.reasons.empty());
}

BOOST_AUTO_TEST_CASE(frames_right_behind_the_header_are_read) {
  FakeTracker tracker([&](FakeSession& session) {
    const std::string text = reply_for(h);
    std::string all = switching_protocols(session.read_request()) + '\x81';
    all += static_cast<char>(text.size());
    session.send(all + text);
    session.read_to_end();
  });
  Node node(loop.context(), 'n');
  node.trackers->join(h, {tracker.url()}, {});
  run([&] { return !node.replies.empty(); });
}

BOOST_AUTO_TEST_CASE(junk_is_passed_over) {
  FakeTracker tracker([&](FakeSession& session) {
    session.accept();
    for (const char* junk : {"", "{", "null", "[]", "{}", R"({"action":"announce"})",
                             R"({"action":"frob"})", R"({"action":"announce","info_hash":"short"})",
                             R"({"action":"scrape","files":{"x":1}})", R"({"failure reason":7})"})
      session.send_text(junk);
    session.send_text(reply_for(i)); // never announced
    session.send_text(reply_for(h));
    session.read_to_end();
  });
  Node node(loop.context(), 'n');
  node.trackers->join(h, {tracker.url()}, {});
  run([&] { return !node.replies.empty(); });
  BOOST_TEST((node.replies[0].info_hash == h));
  BOOST_TEST(node.reasons.empty());
}

BOOST_AUTO_TEST_CASE(of_a_thousand_offers_fifty_are_passed_on) {
  FakeTracker tracker([&](FakeSession& session) {
    session.accept();
    session.read_frame();
    signal::PeerId peer;
    for (const signal::InfoHash& hash : {h, i}) {
      for (std::uint16_t number = 0; number < 1000; ++number) {
        signal::OfferId id;
        id.bytes[0] = static_cast<std::uint8_t>(number >> 8);
        id.bytes[1] = static_cast<std::uint8_t>(number);
        std::string text;
        signal::append(text, signal::RelayedOffer{hash, peer, id, "v=0"});
        session.send_text(text);
      }
    }
    session.send_text(reply_for(i));
    session.read_to_end();
  });
  Node node(loop.context(), 'n');
  node.trackers->join(h, {tracker.url()}, {});
  node.trackers->join(i, {tracker.url()}, {});
  run([&] { return !node.replies.empty(); });
  // Some more if this takes more than a fifth of a second.
  BOOST_TEST(node.offers.size() >= 100u);
  BOOST_TEST(node.offers.size() < 1000u);
}

BOOST_AUTO_TEST_CASE(what_the_node_says_is_masked_text) {
  std::string frame;
  unsigned char opcode = 0;
  bool masked = false;
  std::string request;
  FakeTracker tracker([&](FakeSession& session) {
    request = session.accept();
    frame = session.read_frame();
    opcode = session.last_opcode();
    masked = session.last_was_masked();
    session.send_text(reply_for(h));
    session.read_to_end();
  });
  TrackersOptions options;
  options.user_agent = "an agent";
  Node node(loop.context(), 'n', std::move(options));
  node.trackers->join(h, {tracker.url() + "/announce?token=x"}, {5, 6, 7, true});
  run([&] { return !node.replies.empty(); });
  BOOST_TEST(request.starts_with("GET /announce?token=x HTTP/1.1\r\nHost: 127.0.0.1:"));
  BOOST_TEST(request.find("\r\nUser-Agent: an agent\r\n") != request.npos);
  BOOST_TEST(request.find("Extensions") == request.npos);
  BOOST_TEST(opcode == 1);
  BOOST_TEST(masked);
  signal::RequestParser parser;
  const auto parsed = parser.parse(frame);
  BOOST_REQUIRE(parsed);
  const auto& announce = std::get<signal::AnnounceRequest>(*parsed);
  BOOST_TEST((announce.info_hash == h));
  BOOST_TEST((announce.peer_id == node.id));
  BOOST_TEST((announce.event == signal::Event::started));
  BOOST_TEST((announce.left == 5u && announce.uploaded == 6u && announce.downloaded == 7u));
  BOOST_TEST(announce.numwant == 50u);
  BOOST_TEST(announce.offers.empty());
}

BOOST_AUTO_TEST_CASE(the_last_words_are_stopped_and_goodbye) {
  std::vector<signal::Event> events;
  int goodbyes = 0;
  std::atomic<int> ended{0};
  FakeTracker tracker([&](FakeSession& session) {
    session.accept();
    signal::RequestParser parser;
    for (std::string frame = session.read_frame(); session.last_opcode() == 1;
         frame = session.read_frame()) {
      const auto parsed = parser.parse(frame);
      if (parsed)
        events.push_back(std::get<signal::AnnounceRequest>(*parsed).event);
      session.send_text(reply_for(h));
    }
    goodbyes += session.last_opcode() == 8 ? 1 : 0;
    ++ended;
    g_main_context_wakeup(loop.context());
  });
  for (const bool destroyed : {false, true}) {
    Node node(loop.context(), 'n');
    node.trackers->join(h, {tracker.url()}, {});
    run([&] { return !node.replies.empty(); });
    if (destroyed) {
      node.trackers.reset();
      continue;
    }
    node.trackers->leave(h);
    run([&] { return ended == 1; });
  }
  run([&] { return ended == 2; });
  using signal::Event;
  BOOST_TEST(
      (events == std::vector{Event::started, Event::stopped, Event::started, Event::stopped}));
  BOOST_TEST(goodbyes == 2);
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_announces_is_left) {
  TrackerTimes times;
  times.reply = 50ms;
  BOOST_TEST(reason_for_frames(
                 [](FakeSession& session) {
                   while (!session.read_frame().empty())
                     session.send_frame(0x89, "alive");
                 },
                 times) == "it does not answer an announce");
}

BOOST_AUTO_TEST_CASE(a_half_open_connection_is_noticed) {
  TrackerTimes times;
  times.quiet = 30ms;
  times.pong = 30ms;
  std::atomic<int> pings{0};
  BOOST_TEST(reason_for_frames(
                 [&](FakeSession& session) {
                   session.read_frame();
                   session.send_text(reply_for(h));
                   session.read_frame();
                   pings += session.last_opcode() == 9 ? 1 : 0;
                 },
                 times) == "it has gone silent");
  BOOST_TEST(pings == 1);
}

BOOST_AUTO_TEST_CASE(who_answers_pings_stays) {
  std::atomic<int> pings{0};
  FakeTracker tracker([&](FakeSession& session) {
    session.accept();
    session.read_frame();
    session.send_text(reply_for(h));
    for (; pings < 3; ++pings) {
      const std::string ping = session.read_frame();
      session.send_frame(0x8a, ping);
    }
    session.send_text(reply_for(h));
    session.read_to_end();
  });
  TrackersOptions options;
  options.times.quiet = 5ms;
  Node node(loop.context(), 'n', std::move(options));
  node.trackers->join(h, {tracker.url()}, {});
  run([&] { return node.replies.size() == 2; });
  BOOST_TEST(node.reasons.empty());
}

BOOST_AUTO_TEST_CASE(who_pings_and_never_reads_is_left) {
  TrackerTimes times;
  times.reply = 500ms;
  BOOST_TEST(reason_for(
                 [](FakeSession& session) {
                   session.accept();
                   std::string pings;
                   for (int n = 0; n < 1000; ++n)
                     pings += std::string("\x89\x7d") + std::string(125, 'p');
                   for (int n = 0; n < 400; ++n) // 50 MB: more than sockets hold
                     session.send(pings);
                 },
                 times) == "it does not answer an announce");
}

BOOST_AUTO_TEST_CASE(a_refused_release_leaves_the_others_alone) {
  FakeTracker tracker([&](FakeSession& session) {
    session.accept();
    session.read_frame();
    session.read_frame();
    std::string text;
    signal::append(text, signal::Failure{"not here", h});
    session.send_text(text);
    session.send_text(reply_for(i));
    session.send_text(R"({"failure reason":"and something else"})");
    session.send_text(reply_for(i));
    session.read_to_end();
  });
  Node node(loop.context(), 'n');
  node.trackers->join(h, {tracker.url()}, {});
  node.trackers->join(i, {tracker.url()}, {});
  run([&] { return node.replies.size() == 2; });
  BOOST_TEST(node.reasons.empty());
  BOOST_TEST(node.announcing == 2);
}

BOOST_AUTO_TEST_CASE(it_comes_back_after_each_kind_of_end) {
  FakeTracker tracker([n = 0, this](FakeSession& session) mutable {
    switch (n++) {
    case 0: // hangs up at once
      return;
    case 1: // in the middle of a frame
      session.accept();
      session.send("\x81\x20{");
      return;
    default:
      session.accept();
      session.read_frame();
      session.send_text(reply_for(h));
      session.read_to_end();
    }
  });
  Node node(loop.context(), 'n');
  node.trackers->join(h, {tracker.url()}, {});
  run([&] { return !node.replies.empty(); });
  BOOST_TEST(node.reasons.size() == 2u);
  BOOST_TEST(tracker.connections() == 3);
}

BOOST_AUTO_TEST_CASE(a_long_list_of_trackers_is_cut) {
  std::set<std::string> tried;
  TrackersOptions options;
  options.may_connect = [&](const std::string& url, const sockaddr&) {
    tried.insert(url);
    return false;
  };
  std::vector<std::string> urls;
  for (int n = 0; n < 1000; ++n)
    urls.push_back("ws://127.0.0.1:1/" + std::to_string(n));
  Node node(loop.context(), 'n', std::move(options));
  node.trackers->join(h, urls, {});
  node.trackers->join(h, urls, {}); // the same ones count once
  run([&] { return node.reasons.size() >= Trackers::max_per_release; });
  BOOST_TEST(tried.size() == Trackers::max_per_release);
  for (char name = 'A'; name < 'A' + 20; ++name) {
    std::rotate(urls.begin(), urls.begin() + Trackers::max_per_release, urls.end());
    node.trackers->join(info_hash(name), urls, {});
  }
  run([&] { return tried.size() >= Trackers::max_trackers; });
  run([&] { return node.reasons.size() >= 2 * Trackers::max_trackers; }); // each once more
  BOOST_TEST(tried.size() == Trackers::max_trackers);
}

BOOST_AUTO_TEST_SUITE_END()
