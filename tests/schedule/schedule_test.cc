// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules, one by one, as pictures of what is asked of whom.
#include "schedule/picture.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(schedule)

namespace {

constexpr std::uint64_t piece = block_size; // in the pictures, also a second

std::string times(std::size_t count, char what) {
  return std::string(count, what);
}

// Whether the first block is asked of this peer within ten seconds.
bool asked_in_time(Picture& picture, char peer) {
  for (int i = 0; i < 100 && !picture.asked[0].contains(Picture::peer(peer)); ++i) {
    picture.now += 100ms;
    picture.tell(Tick{});
  }
  return picture.asked[0].contains(Picture::peer(peer));
}

// What came bad from 'a' is asked of 'b', who has sent a block of it when `event` takes him away.
void check_retry_starts_again_after(const ScheduleEvent& event) {
  Picture picture(shape_release({4 * block_size}, 4 * block_size));
  picture.add_peer('a', 1e6);
  picture.add_reader();
  for (std::uint32_t i = 0; i < 4; ++i)
    picture.arrive(Picture::peer('a'), i);
  picture.add_peer('b', 1e6);
  picture.tell(PieceBad{PieceIndex(0)});
  picture.arrive(Picture::peer('b'), 0);
  picture.tell(event);
  for (std::uint32_t i = 0; i < 4; ++i)
    BOOST_TEST(picture.asked[i].contains(Picture::peer('a')));
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_asked_before_a_reader_is_placed) {
  Picture picture(10);
  picture.add_server();
  picture.tell(ReaderAdded{Picture::reader, FileIndex(0)});
  BOOST_TEST(picture.drawn() == "..........");
  picture.tell(ReaderSought{Picture::reader, 0, std::nullopt});
  BOOST_TEST(picture.drawn().starts_with("SSSS"));
}

// 5 s, or 64 KiB where that is more; its first 64 KiB in small parts.
BOOST_AUTO_TEST_CASE(the_head_comes_first_and_alone) {
  Picture picture(20);
  picture.add_server();
  picture.add_reader();
  BOOST_TEST(picture.drawn() == "SSSSs" + times(15, '.'));
}

BOOST_AUTO_TEST_CASE(the_tail_comes_with_the_head_where_the_format_wants_it) {
  Picture picture(20);
  picture.add_server();
  picture.add_reader(/*wants_tail=*/true);
  BOOST_TEST(picture.drawn() == "SSSSs" + times(7, '.') + "SSSSSSSS");
}

BOOST_AUTO_TEST_CASE(a_visit_to_the_tail_gives_nothing_up) {
  Picture picture(40);
  picture.add_server();
  picture.add_reader(/*wants_tail=*/true);
  const std::string before = picture.drawn();
  picture.tell(ReaderSought{Picture::reader, 35 * piece, std::nullopt});
  picture.tell(ReaderSought{Picture::reader, 0, std::nullopt});
  BOOST_TEST(picture.drawn() == before);
  BOOST_TEST(picture.cancels.empty());
}

// 60 s without peers, topped up in steps of a quarter.
BOOST_AUTO_TEST_CASE(the_server_stays_a_minute_ahead_where_there_are_no_peers) {
  Picture picture(200);
  picture.add_server();
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  const std::size_t ahead = picture.drawn().find('.');
  BOOST_TEST(ahead >= 61u); // 1 s is played
  BOOST_TEST(ahead <= 62u);
  picture.play(13s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') == ahead);
  const std::size_t requests = picture.requests.size();
  picture.play(4s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') > 75u);
  BOOST_TEST(picture.requests.size() == requests + 1);
}

BOOST_AUTO_TEST_CASE(the_server_stays_5_s_ahead_while_peers_are_looked_for_and_10_s_long) {
  Picture picture(200);
  picture.add_server();
  picture.tell(LookingForPeers{true});
  picture.add_reader();
  picture.play(4s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') <= 10u);
  picture.play(7s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') > 60u);
}

BOOST_AUTO_TEST_CASE(the_server_goes_on_to_a_minute_as_soon_as_nobody_is_looked_for) {
  Picture picture(200);
  picture.add_server();
  picture.tell(LookingForPeers{true});
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') <= 7u);
  picture.tell(LookingForPeers{false});
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') >= 60u);
}

// It is told when the download begins and again when its swarm is joined.
BOOST_AUTO_TEST_CASE(who_says_again_that_peers_are_looked_for_gets_no_more_time) {
  Picture picture(200);
  picture.add_server();
  picture.tell(LookingForPeers{true});
  picture.add_reader();
  picture.play(4s);
  picture.deliver(Picture::server);
  picture.tell(LookingForPeers{true});
  picture.play(7s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn().find('.') > 60u);
}

// 3 s before a deadline and 15 s ahead are bytes only once the rate is known.
BOOST_AUTO_TEST_CASE(a_start_costs_64_kib_until_the_rate_is_known_where_peers_may_come) {
  for (const bool looking : {true, false}) {
    Picture picture(200);
    picture.add_server();
    picture.tell(LookingForPeers{looking});
    ReaderAdded added{Picture::reader, FileIndex(0)};
    added.byte_rate = 10 * piece; // a second
    added.rate_to_come = true;
    picture.tell(added);
    picture.tell(ReaderSought{Picture::reader, 0, std::nullopt});
    picture.deliver(Picture::server);
    BOOST_TEST((picture.drawn() == times(4, '#') + times(196, '.')) == looking);
    picture.tell(ReaderChanged{Picture::reader, 2 * piece});
    picture.deliver(Picture::server);
    BOOST_TEST((picture.drawn() == times(10, '#') + times(190, '.')) == looking);
  }
}

// The metainfo's rest may never come.
BOOST_AUTO_TEST_CASE(a_start_goes_on_where_the_rate_stays_unknown) {
  for (const bool playing : {true, false}) {
    Picture picture(200);
    picture.add_server();
    picture.tell(LookingForPeers{true});
    ReaderAdded added{Picture::reader, FileIndex(0)};
    added.byte_rate = piece;
    added.rate_to_come = true;
    picture.tell(added);
    picture.tell(ReaderSought{Picture::reader, 0, std::nullopt});
    picture.deliver(Picture::server);
    if (playing) {
      picture.play(1s);
    } else {
      picture.now += 500ms;
      picture.tell(ReaderWaits{Picture::reader, 4 * piece});
    }
    BOOST_TEST(picture.drawn().substr(0, 5) != "####.");
  }
}

BOOST_AUTO_TEST_CASE(nothing_at_or_after_the_stop_is_asked_for) {
  Picture picture(100);
  picture.add_server();
  picture.tell(ReaderAdded{Picture::reader, FileIndex(0), Purpose::play, block_size});
  picture.tell(ReaderSought{Picture::reader, 10 * piece, 12 * piece + 1});
  picture.play(2s);
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn() == times(10, '.') + "###" + times(87, '.'));
}

BOOST_AUTO_TEST_CASE(ranges_are_rounded_out_to_whole_pieces) {
  Picture picture(shape_release({100 * block_size}, 4 * block_size));
  picture.add_server();
  picture.add_reader();
  // 5 s are 5 blocks; two pieces hold them.
  BOOST_TEST(picture.asked.size() == 8u);
}

BOOST_AUTO_TEST_CASE(a_starved_read_is_served_beyond_the_windows) {
  Picture picture(200);
  picture.add_server();
  picture.tell(LookingForPeers{true});
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  const std::size_t ahead = picture.drawn().find('.');
  // It pauses, to fill its buffer: twice the byte rate, but on and on.
  for (int i = 0; i < 20; ++i) {
    picture.now += 250ms;
    picture.tell(RunningTime{Picture::reader, picture.running_time});
    picture.tell(ReaderWaits{Picture::reader, picture.drawn().find('.') * piece});
    const Duration held = picture.running_time;
    picture.deliver(Picture::server);
    picture.running_time = held;
  }
  const std::size_t gained = picture.drawn().find('.') - ahead;
  BOOST_TEST(gained >= 9u);
  BOOST_TEST(gained <= 12u);
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_at_the_window_s_end_while_it_plays_is_not_urgent) {
  Picture picture(200);
  picture.add_server();
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  const std::size_t requests = picture.requests.size();
  picture.tell(ReaderWaits{Picture::reader, picture.drawn().find('.') * piece});
  BOOST_TEST(picture.requests.size() == requests);
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_while_it_plays_is_starved_if_it_is_soon_heard) {
  const auto asked = [](std::size_t waits) {
    Picture picture(200);
    picture.add_reader();
    picture.play(2s);
    picture.tell(ReaderWaits{Picture::reader, waits * piece});
    picture.add_server();
    return picture.drawn()[waits];
  };
  BOOST_TEST(asked(4) == 'S');
  BOOST_TEST(asked(10) != 'S');
}

BOOST_AUTO_TEST_CASE(a_seek_withdraws_what_nobody_wants) {
  Picture picture(400);
  picture.add_server();
  picture.add_reader();
  picture.play(1s);
  for (std::uint32_t i = 0; i < 5; ++i) {
    picture.pass(10ms);
    picture.arrive(Picture::server, i);
    picture.verify(i);
  }
  BOOST_TEST(picture.drawn().find('s') != std::string::npos);
  picture.tell(ReaderSought{Picture::reader, 300 * piece, std::nullopt});
  BOOST_TEST(picture.cancels.size() == 2u); // the head's rest, and what follows it
  BOOST_TEST(picture.drawn().substr(0, 300) == "#####" + times(295, '.'));
  BOOST_TEST(picture.drawn().substr(300, 4) == "SSSS");
}

BOOST_AUTO_TEST_CASE(a_failed_request_waits_for_its_time) {
  Picture picture(8);
  picture.add_server();
  picture.add_reader();
  picture.fail(Picture::server, 0, 4, picture.now + 3s);
  BOOST_TEST(picture.drawn().starts_with("...."));
  BOOST_REQUIRE(picture.wake_at.has_value());
  while (picture.now < 3s) {
    BOOST_TEST(picture.drawn().starts_with("...."));
    picture.now = std::max(*picture.wake_at, picture.now);
    picture.tell(Tick{});
  }
  BOOST_TEST(picture.now == 3s);
  BOOST_TEST(picture.drawn().starts_with("SSSS"));
}

BOOST_AUTO_TEST_CASE(a_lost_piece_is_fetched_again) {
  Picture picture(6);
  picture.add_server();
  picture.add_reader();
  picture.deliver(Picture::server);
  BOOST_TEST(picture.drawn() == "######");
  picture.verified.erase(2);
  picture.tell(PieceLost{PieceIndex(2)});
  BOOST_TEST(picture.asked.contains(2));
}

BOOST_AUTO_TEST_CASE(what_the_opening_asked_for_is_not_asked_for_again) {
  Picture picture(6);
  picture.add_server();
  picture.tell(Underway{Picture::server, BlockIndex(0), 4});
  picture.add_reader();
  BOOST_TEST(picture.drawn() == "....s.");
  picture.tell(BlockArrived{Picture::server, BlockIndex(0)});
  picture.fail(Picture::server, 0, 4, std::nullopt);
  BOOST_TEST(picture.drawn() == ".SSSs.");
}

BOOST_AUTO_TEST_CASE(a_piece_that_came_unasked_is_not_asked_for) {
  Picture picture(6);
  picture.add_server();
  picture.tell(BlockArrived{Picture::server, BlockIndex(1)});
  picture.verify(0);
  picture.add_reader();
  BOOST_TEST(picture.drawn() == "#.SSss");
}

BOOST_AUTO_TEST_CASE(several_readers_want_each_byte_once) {
  Picture picture(20);
  picture.add_server();
  picture.add_reader();
  for (std::uint32_t i = 2; i < 9; ++i) {
    picture.tell(ReaderAdded{ReaderId{i}, FileIndex(0), Purpose::play, block_size});
    picture.tell(ReaderSought{ReaderId{i}, 0, std::nullopt});
    picture.tell(ReaderWaits{ReaderId{i}, 0});
  }
  std::uint32_t blocks = 0;
  for (const Request& request : picture.requests)
    blocks += request.count;
  BOOST_TEST(blocks == picture.asked.size());
}

BOOST_AUTO_TEST_CASE(a_reader_that_leaves_leaves_nothing_behind) {
  Picture picture(400);
  picture.add_server();
  picture.add_reader();
  picture.play(1s);
  for (std::uint32_t i = 0; i < 5; ++i) {
    picture.pass(10ms);
    picture.arrive(Picture::server, i);
    picture.verify(i);
  }
  picture.tell(ReaderRemoved{Picture::reader});
  BOOST_TEST(picture.drawn() == "#####" + times(395, '.'));
}

BOOST_AUTO_TEST_CASE(a_copy_takes_all_from_peers_and_the_rest_from_the_server) {
  Picture picture(12);
  picture.add_server();
  picture.add_peer('a', 1e6, "##....####..");
  picture.add_reader(/*wants_tail=*/false, /*copy=*/true);
  BOOST_TEST(picture.drawn() == "aassssaaaass");
}

// --- the next track (rule 7)

BOOST_AUTO_TEST_CASE(the_next_track_waits_for_its_time) {
  Picture picture(shape_release({20 * block_size, 20 * block_size}, block_size));
  picture.add_server();
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  ReaderAdded next{ReaderId{2}, FileIndex(1), Purpose::prefetch, block_size};
  picture.tell(next);
  const auto tell_outlook = [&] {
    picture.tell(
        OutlookChanged{ReaderId{2}, picture.schedule.outlook(Picture::reader, picture.now)});
  };
  tell_outlook();
  BOOST_TEST(picture.drawn() == times(20, '#') + times(20, '.'));
  picture.play(7s);
  tell_outlook();
  BOOST_TEST(picture.drawn() == times(20, '#') + times(20, '.'));
  picture.play(3s); // less than 10 s are left
  tell_outlook();
  BOOST_TEST(picture.drawn() == times(20, '#') + "sssss" + times(15, '.'));
  BOOST_TEST((picture.requests.back().urgency == Urgency::prefetch));
}

BOOST_AUTO_TEST_CASE(peers_give_the_next_track_s_head_as_soon_as_this_one_is_safe) {
  Picture picture(shape_release({20 * block_size, 20 * block_size}, block_size));
  picture.add_server();
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  picture.add_peer('a', 1e6);
  picture.tell(ReaderAdded{ReaderId{2}, FileIndex(1), Purpose::prefetch, block_size});
  picture.tell(OutlookChanged{ReaderId{2}, picture.schedule.outlook(Picture::reader, picture.now)});
  BOOST_TEST(picture.drawn() == times(20, '#') + "aaaaa" + times(15, '.'));
}

// A peer serves what plays before what comes next. So what was fetched ahead and plays now is asked
// for again, of peers that know urgency: else the next track's head waits behind its middle.
BOOST_AUTO_TEST_CASE(what_was_asked_for_as_the_next_track_s_is_asked_for_again_when_it_plays) {
  for (const bool triad : {true, false}) {
    Picture picture(shape_release({20 * block_size, 200 * block_size}, block_size));
    SupplierAdded added{Picture::peer('a'), SupplierKind::peer};
    added.rate = 20 * piece;
    if (triad)
      added.identity = 7;
    picture.tell(added);
    picture.add_reader();
    picture.play(1s);
    picture.deliver(Picture::peer('a'));
    picture.tell(ReaderAdded{ReaderId{2}, FileIndex(1), Purpose::prefetch, block_size});
    picture.tell(
        OutlookChanged{ReaderId{2}, picture.schedule.outlook(Picture::reader, picture.now)});
    BOOST_TEST(picture.drawn() == times(20, '#') + "aaaaa" + times(195, '.'));
    BOOST_TEST((picture.requests.back().urgency == Urgency::prefetch));
    const std::size_t before = picture.requests.size();
    picture.tell(ReaderAdded{ReaderId{3}, FileIndex(1), Purpose::play, block_size});
    picture.tell(ReaderSought{ReaderId{3}, 0, std::nullopt});
    BOOST_TEST(picture.drawn().starts_with(times(20, '#') + "aaaaaaaa"));
    BOOST_TEST(picture.cancels.size() == (triad ? 5u : 0u));
    const Request& next = picture.requests[before];
    BOOST_TEST(next.first.value() == (triad ? 20u : 25u));
    BOOST_TEST((next.urgency == Urgency::playing));
    // Once.
    picture.tell(Tick{});
    BOOST_TEST(picture.cancels.size() == (triad ? 5u : 0u));
  }
}

// --- peers

BOOST_AUTO_TEST_CASE(peers_that_make_the_deadlines_spare_the_server) {
  Picture picture(200);
  picture.add_server();
  picture.add_peer('a', 10 * block_size);
  picture.add_reader();
  for (int i = 0; i < 20; ++i) {
    picture.deliver(Picture::server);
    picture.deliver(Picture::peer('a'), 50ms);
    picture.play(250ms);
  }
  BOOST_TEST(picture.drawn().starts_with(times(60, '#')));
  std::uint32_t from_server = 0;
  for (const Request& request : picture.requests)
    from_server += request.supplier == Picture::server ? request.count : 0;
  BOOST_TEST(from_server <= 5u); // the head, and not even all of it
}

// What it has is still counted on: the server stays 15 s ahead, not 60, and leaves the rest to it.
BOOST_AUTO_TEST_CASE(a_peer_that_chokes_is_not_asked_and_spares_the_server_still) {
  Picture picture(200);
  picture.add_server();
  picture.add_peer('a', 4 * piece);
  picture.tell(SupplierChoked{Picture::peer('a'), true});
  picture.add_reader();
  for (int i = 0; i < 4; ++i) {
    picture.deliver(Picture::server);
    picture.play(250ms);
  }
  BOOST_TEST(picture.drawn().find('a') == std::string::npos);
  BOOST_TEST(picture.drawn().substr(0, 12) == times(12, '#'));
  BOOST_TEST(picture.drawn().substr(20) == times(180, '.'));
  picture.tell(SupplierChoked{Picture::peer('a'), false});
  BOOST_TEST(picture.drawn().find('a') != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_peer_holds_more_than_2_s_or_its_limit) {
  Picture picture(200);
  picture.add_peer('a', 4 * block_size);
  picture.add_peer('b', 100); // 32 KiB at least
  SupplierAdded limited{Picture::peer('c'), SupplierKind::peer};
  limited.rate = 100 * block_size;
  limited.max_requests = 5;
  picture.tell(limited);
  picture.add_reader();
  std::map<char, int> held;
  for (const char each : picture.drawn())
    ++held[each];
  BOOST_TEST(held['a'] == 8);
  BOOST_TEST(held['b'] == 2);
  BOOST_TEST(held['c'] == 5);
}

BOOST_AUTO_TEST_CASE(the_rarest_come_first_beyond_30_s) {
  Picture picture(100);
  // a has all; b has all but 60-64, which only a has.
  picture.add_peer('b', 1, times(60, '#') + "....." + times(35, '#'));
  for (std::uint32_t i = 0; i < 40; ++i)
    picture.verify(i);
  picture.add_reader();
  picture.add_peer('a', 4 * block_size);
  BOOST_TEST(picture.drawn().substr(60, 5) == "aaaaa");
}

BOOST_AUTO_TEST_CASE(what_no_peer_has_comes_from_the_server_in_time) {
  Picture picture(40);
  picture.add_server();
  picture.add_peer('a', 1e6, times(40, '.'));
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  // 5 s ahead all of it: one linked peer misses it too, so a whole first of the pieces beyond.
  BOOST_TEST(picture.drawn().find('.') > 6u);
}

// --- rule 8

BOOST_AUTO_TEST_CASE(listeners_in_step_share_the_server) {
  Picture picture(100);
  picture.add_server();
  for (const char each : {'a', 'b', 'c', 'd'})
    picture.add_peer(each, 1e6, times(100, '.'));
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  const std::string drawn = picture.drawn();
  BOOST_TEST(drawn.substr(0, 6) == "######");
  const auto shared = std::count(drawn.begin() + 7, drawn.begin() + 60, '#');
  BOOST_TEST(shared >= 4);
  BOOST_TEST(shared <= 25);
  // What a peer announces is taken from it.
  const auto gap = static_cast<std::uint32_t>(drawn.find('.', 7));
  picture.tell(SupplierHas{Picture::peer('b'), PieceIndex(gap)});
  BOOST_TEST(picture.drawn()[gap] == 'b');
}

// Who knows the others' numbers leaves each piece to one of all.
BOOST_AUTO_TEST_CASE(listeners_in_step_who_know_each_other_ask_for_each_piece_once) {
  std::vector<int> asked_by(200);
  for (std::uint64_t own = 1; own <= 4; ++own) {
    const ReleasePtr release = shape_release({200 * block_size}, block_size);
    Picture picture(release);
    picture.schedule = Schedule(release, own);
    picture.tell(KnownAs{own});
    picture.add_server();
    for (std::uint64_t other = 1; other <= 4; ++other) {
      if (other == own)
        continue;
      SupplierAdded added{Picture::peer(static_cast<char>('A' + other)), SupplierKind::peer};
      added.has = std::vector<bool>(200);
      added.identity = other;
      picture.tell(added);
    }
    picture.add_reader();
    for (int i = 0; i < 4; ++i) {
      picture.deliver(Picture::server);
      picture.play(250ms);
    }
    const std::string drawn = picture.drawn();
    for (std::size_t i = 8; i < 58; ++i)
      asked_by[i] += drawn[i] != '.' ? 1 : 0;
  }
  for (std::size_t i = 8; i < 58; ++i)
    BOOST_TEST(asked_by[i] == 1);
}

// --- rule 5

BOOST_AUTO_TEST_CASE(a_late_block_is_asked_for_once_more_and_the_loser_cancelled) {
  Picture picture(10);
  picture.add_peer('a', 100e3);
  picture.add_reader();
  picture.tell(ReaderWaits{Picture::reader, 0});
  BOOST_TEST(picture.drawn()[0] == 'a');
  picture.add_peer('b', 100e3);
  for (int i = 0; i < 40 && picture.drawn()[0] != '2'; ++i) {
    picture.now += 100ms;
    picture.tell(Tick{});
  }
  BOOST_TEST(picture.drawn()[0] == '2');
  picture.arrive(Picture::peer('b'), 0);
  BOOST_TEST(picture.cancels.size() >= 1u);
  BOOST_TEST((picture.cancels.front().supplier == Picture::peer('a')));
}

// Else it would count as silent from then on, and be asked for nothing but what is waited for.
BOOST_AUTO_TEST_CASE(a_server_owes_nothing_once_its_request_is_over) {
  Picture picture(5);
  picture.add_server();
  picture.add_reader();
  BOOST_TEST(picture.drawn() == "SSSSs");
  const double rate = picture.schedule.rate(Picture::server);
  for (std::uint32_t i = 0; i < 5; ++i)
    picture.tell(PieceVerified{PieceIndex(i)}); // others brought it
  picture.tell(RequestOver{Picture::server, BlockIndex(0), 5});
  picture.now += 60s;
  picture.tell(Tick{});
  BOOST_TEST(picture.schedule.rate(Picture::server) == rate);
}

// Each in turn takes the request and sends nothing; nobody is left to wait for for ever.
// At the last moment the line may be full of what others send.
BOOST_AUTO_TEST_CASE(what_a_silent_peer_owes_is_taken_over_by_another_long_before_it_is_due) {
  Picture picture(200);
  picture.add_server();
  picture.tell(LookingForPeers{true});
  picture.add_reader();
  picture.play(1s);
  picture.deliver(Picture::server);
  picture.add_peer('a', 4 * piece);
  picture.tell(Tick{});
  const auto owed = static_cast<std::uint32_t>(picture.drawn().find('a'));
  picture.add_peer('b', 20 * piece);
  BOOST_REQUIRE(owed < 200u);
  const auto due = std::chrono::seconds(owed);
  while (picture.running_time < due - 2s) {
    picture.play(250ms);
    picture.deliver(Picture::peer('b'));
    picture.deliver(Picture::server);
  }
  BOOST_TEST(picture.verified.contains(owed));
}

// Else who never sends anything is asked first, whenever what was asked of it was taken back.
BOOST_AUTO_TEST_CASE(a_long_silence_is_not_forgotten_with_what_was_asked) {
  Picture picture(40);
  picture.add_peer('a', 20 * piece);
  picture.add_reader();
  BOOST_TEST(picture.drawn().starts_with("aaaa"));
  picture.play(3s);
  picture.tell(ReaderRemoved{Picture::reader});
  BOOST_TEST(picture.drawn() == times(40, '.'));
  picture.add_peer('b', 2 * piece);
  picture.tell(ReaderAdded{ReaderId{2}, FileIndex(0), Purpose::play, block_size});
  picture.tell(ReaderSought{ReaderId{2}, 0, std::nullopt});
  BOOST_TEST(picture.drawn().starts_with("bbbb"));
}

BOOST_AUTO_TEST_CASE(where_the_second_keeps_silent_too_another_is_asked_in_its_place) {
  Picture picture(1);
  picture.add_peer('a', 100e3);
  picture.add_reader();
  picture.tell(ReaderWaits{Picture::reader, 0});
  picture.add_peer('b', 100e3);
  BOOST_TEST(asked_in_time(picture, 'b'));
  picture.add_peer('c', 100e3);
  BOOST_TEST(asked_in_time(picture, 'c'));
  BOOST_TEST(!picture.asked[0].contains(Picture::peer('b')));
  BOOST_TEST(picture.asked[0].size() == 2u);
}

BOOST_AUTO_TEST_CASE(where_the_first_leaves_and_the_second_keeps_silent_another_is_asked) {
  Picture picture(1);
  picture.add_peer('a', 100e3);
  picture.add_reader();
  picture.tell(ReaderWaits{Picture::reader, 0});
  picture.add_peer('b', 100e3);
  BOOST_TEST(asked_in_time(picture, 'b'));
  picture.tell(SupplierRemoved{Picture::peer('a')});
  picture.add_peer('c', 100e3);
  BOOST_TEST(asked_in_time(picture, 'c'));
}

BOOST_AUTO_TEST_CASE(silence_is_odd_soon_though_blocks_came_at_odd_times_before) {
  Picture picture(40);
  picture.add_peer('a', 100e3);
  picture.add_reader();
  for (std::uint32_t i = 0; i < 20; ++i) {
    picture.tell(ReaderWaits{Picture::reader, std::uint64_t{i} * block_size});
    picture.pass(i % 2 == 0 ? 100ms : 3s);
    picture.arrive(Picture::peer('a'), i);
    picture.verify(i);
  }
  picture.tell(ReaderWaits{Picture::reader, 20 * block_size});
  picture.add_peer('b', 100e3);
  const Time silent_since = picture.now;
  while (!picture.verified.contains(20) && picture.now < silent_since + 10s) {
    picture.pass(50ms);
    picture.tell(Tick{});
    picture.deliver(Picture::peer('b'));
  }
  BOOST_TEST((picture.now - silent_since >= 1s));
  BOOST_TEST((picture.now - silent_since <= 1200ms));
}

BOOST_AUTO_TEST_CASE(the_lead_is_nothing_while_a_read_waits_that_the_clock_has_passed) {
  Picture picture(40);
  picture.add_reader();
  for (std::uint32_t i = 0; i < 40; ++i)
    if (i != 4)
      picture.verify(i);
  picture.play(2s);
  picture.tell(ReaderWaits{Picture::reader, 4 * block_size});
  picture.play(8s);
  BOOST_TEST((picture.schedule.lead(Picture::reader, picture.now) == 0ns));
}

// --- rule 6

BOOST_AUTO_TEST_CASE(a_bad_piece_from_one_names_the_liar) {
  Picture picture(shape_release({8 * block_size}, 4 * block_size));
  picture.add_peer('a', 1e6);
  picture.add_reader();
  for (std::uint32_t i = 0; i < 4; ++i)
    picture.arrive(Picture::peer('a'), i);
  picture.add_peer('b', 1e3);
  picture.tell(PieceBad{PieceIndex(0)});
  BOOST_TEST(picture.liars.size() == 1u);
  BOOST_TEST((picture.liars.front() == Picture::peer('a')));
  // Again from one who had no part in it, however slow.
  for (std::uint32_t i = 0; i < 2; ++i)
    BOOST_TEST(picture.asked[i].contains(Picture::peer('b')));
  for (std::uint32_t i = 0; i < 4; ++i)
    BOOST_TEST(!picture.asked[i].contains(Picture::peer('a')));
}

BOOST_AUTO_TEST_CASE(a_bad_piece_from_several_names_nobody_until_one_sent_all) {
  Picture picture(shape_release({8 * block_size}, 4 * block_size));
  picture.add_peer('a', 1e6);
  picture.add_reader();
  for (std::uint32_t i = 0; i < 3; ++i)
    picture.arrive(Picture::peer('a'), i);
  picture.add_peer('b', 1e6);
  picture.arrive(Picture::peer('b'), 3);
  picture.tell(PieceBad{PieceIndex(0)});
  BOOST_TEST(picture.liars.empty());
}

BOOST_AUTO_TEST_CASE(a_retry_starts_again_when_its_supplier_leaves) {
  check_retry_starts_again_after(SupplierRemoved{Picture::peer('b')});
}

BOOST_AUTO_TEST_CASE(a_retry_starts_again_when_its_supplier_chokes) {
  check_retry_starts_again_after(SupplierChoked{Picture::peer('b'), true});
}

// --- what it tells

// At the start a read may wait 5 s ahead, before running time is seen to move: no reason to ask
// two.
BOOST_AUTO_TEST_CASE(what_is_granted_ahead_of_a_read_is_not_asked_of_two) {
  Picture picture(200);
  for (std::uint32_t i = 0; i < 20; ++i)
    picture.verify(i);
  picture.add_server();
  picture.add_peer('a', 8 * piece);
  picture.add_reader();
  picture.tell(RunningTime{Picture::reader, 0ns});
  picture.tell(ReaderWaits{Picture::reader, 20 * piece});
  picture.pass(150ms);
  picture.tell(Tick{});
  const std::string drawn = picture.drawn();
  BOOST_TEST(drawn.find('a') != std::string::npos);
  BOOST_TEST(drawn.find('2') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_lead_ends_at_the_first_gap) {
  Picture picture(10);
  picture.add_reader();
  for (const std::uint32_t i : {0u, 1u, 2u, 5u})
    picture.verify(i);
  BOOST_TEST((picture.schedule.lead(Picture::reader, picture.now) == 3s));
  picture.play(1s);
  BOOST_TEST((picture.schedule.lead(Picture::reader, picture.now) == 2s));
  BOOST_TEST(!picture.schedule.outlook(Picture::reader, picture.now).ahead);
  BOOST_TEST((picture.schedule.outlook(Picture::reader, picture.now).remaining == 9s));
}

BOOST_AUTO_TEST_SUITE_END()
