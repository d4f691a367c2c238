// SPDX-License-Identifier: LGPL-2.1-or-later
// The store's pure parts: URLs, slots, replies, envelopes, commands.
#include "tracker/store/backoff.h"
#include "tracker/store/envelope.h"
#include "tracker/store/fake_redis.h"
#include "tracker/store/redis_url.h"
#include "tracker/store/resp.h"
#include "tracker/store/seat.h"
#include "tracker/store/slots.h"
#include "tracker/store/swarm_keys.h"
#include "tracker/store/tracker_bytes.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::tracker;
using namespace triad::tracker::redis;
using namespace triad::testing;
using namespace std::chrono_literals;

namespace {

Reply read(const std::string& bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  BOOST_REQUIRE(reply);
  return std::move(*reply);
}

bool is_garbled(const std::string& bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  while (reader.next()) {
  }
  return reader.garbled();
}

Words words_of(const std::string& command) {
  Words words;
  for (const Reply& each : read(command).elements)
    words.push_back(each.text);
  return words;
}

std::vector<Words> words_of(const std::vector<std::string>& commands) {
  std::vector<Words> all;
  for (const std::string& each : commands)
    all.push_back(words_of(each));
  return all;
}

std::string member(std::uint8_t peer, TrackerId tracker) {
  std::string text(20, static_cast<char>(peer));
  append_tracker(text, tracker);
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_url)

BOOST_AUTO_TEST_CASE(a_host_alone_has_redis_port_and_no_login) {
  const auto url = parse_url("redis://cache.example.org");
  BOOST_REQUIRE(url);
  BOOST_TEST((url->hosts == std::vector<Address>{{"cache.example.org", 6379}}));
  BOOST_TEST(url->user.empty());
  BOOST_TEST(url->password.empty());
  BOOST_TEST(url->database == 0u);
}

BOOST_AUTO_TEST_CASE(login_hosts_and_database_are_read) {
  const auto url = parse_url("redis://triad:p%40ss%2Fword@10.0.0.1:7000,[::1]:7001,b/3");
  BOOST_REQUIRE(url);
  BOOST_TEST((url->hosts == std::vector<Address>{{"10.0.0.1", 7000}, {"::1", 7001}, {"b", 6379}}));
  BOOST_TEST(url->user == "triad");
  BOOST_TEST(url->password == "p@ss/word");
  BOOST_TEST(url->database == 3u);
  BOOST_TEST(to_string(url->hosts[1]) == "[::1]:7001");
}

BOOST_AUTO_TEST_CASE(a_password_needs_no_user) {
  const auto url = parse_url("redis://:secret@a/");
  BOOST_REQUIRE(url);
  BOOST_TEST(url->user.empty());
  BOOST_TEST(url->password == "secret");
}

BOOST_AUTO_TEST_CASE(what_is_no_such_url_is_refused_and_passwords_are_not_told) {
  for (const char* text : {"",
                           "redis://",
                           "http://a",
                           "rediss://a:1",
                           "redis://a:0",
                           "redis://a:65536",
                           "redis://a:x",
                           "redis://a,,b",
                           "redis://a,",
                           "redis://user@a",
                           "redis://u:%zz@a",
                           "redis://a/x",
                           "redis://a/-1",
                           "redis://[::1",
                           "redis://[::1]x",
                           "redis://a b",
                           "redis://a:1:2",
                           "redis://u:hidden@",
                           "redis://u:hidden@a:b",
                           "redis://hidden:@a"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto url = parse_url(text);
      BOOST_REQUIRE(!url);
      BOOST_TEST((url.error().code == ErrorCode::settings));
      BOOST_TEST(url.error().message.find("hidden") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(store_slots)

BOOST_AUTO_TEST_CASE(keys_have_the_slots_that_redis_gives_them) {
  BOOST_TEST(key_slot("123456789") == 0x31c3 % 16384); // the specification's example of its CRC
  BOOST_TEST(key_slot("") == 0);
  BOOST_TEST(key_slot("foo") == 12182);
  BOOST_TEST(key_slot("somekey") == 11058);
  BOOST_TEST(key_slot("\xff\x80\x01") == key_slot("x{\xff\x80\x01}y"));
}

BOOST_AUTO_TEST_CASE(only_the_first_filled_braces_count) {
  BOOST_TEST(key_slot("{user1000}.following") == key_slot("{user1000}.followers"));
  BOOST_TEST(key_slot("{user1000}.following") == key_slot("user1000"));
  BOOST_TEST(key_slot("foo{{bar}}zap") == key_slot("{bar"));
  BOOST_TEST(key_slot("foo{bar}{zap}") == key_slot("bar"));
  BOOST_TEST(key_slot("foo{}{bar}") != key_slot("bar"));
  BOOST_TEST(key_slot("foo{}{bar}") != key_slot(""));
  BOOST_TEST(key_slot("foo{bar") != key_slot("bar"));
}

BOOST_AUTO_TEST_CASE(a_topology_is_read_with_its_replicas) {
  const std::string master = array({bulk("10.0.0.1"), ":7000\r\n", bulk("id"), "*0\r\n"});
  const std::string replica = array({bulk("10.0.0.2"), ":7001\r\n", bulk("id")});
  const std::string nameless = array({"$-1\r\n", ":7002\r\n", bulk("id")});
  const auto topology =
      read_topology(read(array({array({":0\r\n", ":100\r\n", master, replica}),
                                array({":101\r\n", ":16383\r\n", nameless, replica})})),
                    {"asked.example.org", 6379});
  BOOST_REQUIRE(topology);
  BOOST_TEST(topology->nodes.size() == 3u);
  BOOST_TEST(topology->slots.complete());
  BOOST_TEST((*topology->slots.master(100) == Address{"10.0.0.1", 7000}));
  BOOST_TEST((*topology->slots.master(101) == Address{"asked.example.org", 7002}));
}

BOOST_AUTO_TEST_CASE(slots_go_from_master_to_master) {
  SlotMap slots;
  BOOST_TEST(!slots.master(7));
  slots.assign(0, 16383, {"a", 1});
  slots.assign(7, 7, {"b", 1});
  BOOST_TEST((*slots.master(7) == Address{"b", 1}));
  BOOST_TEST(slots.masters().size() == 2u);
  slots.assign(0, 16383, {"b", 1});
  BOOST_TEST(slots.masters().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_no_topology_is_refused) {
  const std::string node = array({bulk("a"), ":1\r\n"});
  for (const std::string& bytes :
       {std::string(":1\r\n"), std::string("+OK\r\n"), array({":1\r\n"}),
        array({array({":0\r\n", ":1\r\n"})}), array({array({":5\r\n", ":1\r\n", node})}),
        array({array({":0\r\n", ":16384\r\n", node})}), array({array({":-1\r\n", ":1\r\n", node})}),
        array({array({bulk("0"), ":1\r\n", node})}),
        array({array({":0\r\n", ":1\r\n", array({bulk("a")})})}),
        array({array({":0\r\n", ":1\r\n", array({bulk("a"), ":65536\r\n"})})}),
        array({array({":0\r\n", ":1\r\n", array({bulk("a"), ":0\r\n"})})})})
    BOOST_TEST(!read_topology(read(bytes), {"a", 1}), bytes);
}

BOOST_AUTO_TEST_CASE(redirections_are_read) {
  const Address asked{"asked", 1};
  const auto moved = parse_redirection("MOVED 3999 127.0.0.1:6381", asked);
  BOOST_REQUIRE(moved);
  BOOST_TEST(!moved->ask);
  BOOST_TEST(moved->slot == 3999);
  BOOST_TEST((moved->to == Address{"127.0.0.1", 6381}));
  const auto ask = parse_redirection("ASK 16383 ::1:7000", asked);
  BOOST_REQUIRE(ask);
  BOOST_TEST(ask->ask);
  BOOST_TEST((ask->to == Address{"::1", 7000}));
  BOOST_TEST((parse_redirection("MOVED 1 :7000", asked)->to == Address{"asked", 7000}));
  for (const char* text : {"", "MOVED", "MOVED ", "MOVED 1", "MOVED 1 ", "MOVED x a:1", "ERR",
                           "MOVED 16384 a:1", "MOVED -1 a:1", "MOVED 1 a", "MOVED 1 a:0",
                           "MOVED 1 a:99999", "ASKING 1 a:1", "MOVED 99999999999999999999 a:1"})
    BOOST_TEST(!parse_redirection(text, asked), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(store_replies)

BOOST_AUTO_TEST_CASE(every_kind_is_read_and_nested) {
  const Reply reply =
      read("*5\r\n+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*2\r\n" + bulk({"a\0b", 3}) + "*0\r\n");
  BOOST_REQUIRE(reply.elements.size() == 5u);
  BOOST_TEST(reply.elements[0].is("OK"));
  BOOST_TEST((reply.elements[1].kind == Reply::Kind::error));
  BOOST_TEST(reply.elements[1].text == "ERR no");
  BOOST_TEST(reply.elements[2].integer == -7);
  BOOST_TEST((reply.elements[3].kind == Reply::Kind::nil));
  BOOST_TEST(reply.elements[4].elements[0].text == std::string("a\0b", 3));
}

BOOST_AUTO_TEST_CASE(a_reply_may_come_byte_by_byte) {
  const std::string bytes = array({bulk("message"), ":12\r\n", "+OK\r\n"});
  ReplyReader reader;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.feed({&bytes[i], 1});
    BOOST_REQUIRE(!reader.next());
    BOOST_REQUIRE(!reader.garbled());
  }
  reader.feed({&bytes.back(), 1});
  const auto reply = reader.next();
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->elements[1].integer == 12);
}

BOOST_AUTO_TEST_CASE(what_is_not_the_protocol_is_garbled) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n\r\n", "*x\r\n", "$y\r\n", ":z\r\n",
                            "*-2\r\n", "*2147483647\r\n", "*99999999999999999999\r\n", "*65537\r\n",
                            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"})
    BOOST_TEST(is_garbled(bytes), bytes);
}

BOOST_AUTO_TEST_CASE(what_one_reply_takes_is_bounded) {
  // As many elements as one may have, twice.
  std::string twice = "*2\r\n";
  for (int half = 0; half < 2; ++half) {
    twice += "*40000\r\n";
    for (int i = 0; i < 40000; ++i)
      twice += ":1\r\n";
  }
  BOOST_TEST(is_garbled(twice));
  const std::string megabyte(1024 * 1024, 'x');
  BOOST_TEST(!is_garbled(array({bulk(megabyte), bulk(megabyte), bulk(megabyte)})));
  BOOST_TEST(is_garbled(
      array({bulk(megabyte), bulk(megabyte), bulk(megabyte), bulk(megabyte), bulk("x")})));
  // One that claims to be long is given up when it has become so.
  ReplyReader reader;
  reader.feed("$1000000000\r\n");
  for (int i = 0; i < 6 && !reader.garbled(); ++i) {
    reader.feed(megabyte);
    static_cast<void>(reader.next());
  }
  BOOST_TEST(reader.garbled());
}

BOOST_AUTO_TEST_CASE(a_command_holds_any_bytes) {
  const std::string word("a\r\n\0$", 5);
  BOOST_TEST(command({"SET", word}) == array({bulk("SET"), bulk(word)}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(store_envelope)

BOOST_AUTO_TEST_CASE(an_envelope_arrives_as_it_was_sent) {
  const std::string bytes =
      write_envelope({0x0123456789abcdef, swarm_of(1), peer_of(2), peer_of(255), "{}"});
  BOOST_TEST(bytes.size() == 71u);
  const auto read = parse_envelope(bytes);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->home == 0x0123456789abcdefU);
  BOOST_TEST((read->swarm == swarm_of(1)));
  BOOST_TEST((read->to == peer_of(2)));
  BOOST_TEST((read->from == peer_of(255)));
  BOOST_TEST(read->frame == "{}");
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused) {
  std::string bytes = write_envelope({1, swarm_of(1), peer_of(2), peer_of(3), "x"});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    BOOST_TEST(!parse_envelope(std::string_view(bytes).substr(0, size)));
  bytes[0] = 2;
  BOOST_TEST(!parse_envelope(bytes));
  const std::string longest(max_envelope_frame, 'x');
  BOOST_TEST(parse_envelope(write_envelope({1, {}, {}, {}, longest})).has_value());
  BOOST_TEST(!parse_envelope(write_envelope({1, {}, {}, {}, longest + "x"})));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(store_commands)

BOOST_AUTO_TEST_CASE(all_keys_of_a_swarm_are_in_one_slot) {
  const SwarmKeys keys(swarm_of(0xab));
  BOOST_TEST(keys.seeders == "triad:{abababababababababababababababababababab}:seeders");
  BOOST_TEST(key_slot(keys.seeders) == keys.slot);
  BOOST_TEST(key_slot(keys.leechers) == keys.slot);
  BOOST_TEST(key_slot(keys.downloaded) == keys.slot);
}

BOOST_AUTO_TEST_CASE(of_several_changes_of_a_peer_the_last_holds) {
  const SwarmKeys keys(swarm_of(1));
  const auto commands = words_of(change_commands(keys,
                                                 {{peer_of(1), Side::leecher, 300s},
                                                  {peer_of(2), Side::seeder, 300s},
                                                  {peer_of(1), Side::seeder, 200s},
                                                  {peer_of(3), Side::leecher, 300s},
                                                  {peer_of(3), Side::gone}},
                                                 9, 1000ms));
  const std::vector<Words> expected = {
      {"ZREM", keys.seeders, member(3, 9)},
      {"ZADD", keys.seeders, "201000", member(1, 9), "301000", member(2, 9)},
      {"PEXPIRE", keys.seeders, "360000"},
      {"ZREM", keys.leechers, member(1, 9), member(2, 9), member(3, 9)}};
  BOOST_TEST((commands == expected));
}

BOOST_AUTO_TEST_CASE(a_view_leaves_our_own_out) {
  const auto sample = [](std::vector<std::string> members) {
    for (std::string& each : members)
      each = bulk(each);
    return read(array(members));
  };
  std::vector<Reply> replies = {read(":0\r\n"),
                                read(":4\r\n"),
                                read(":3\r\n"),
                                read(":1\r\n"),
                                sample({member(1, 9), member(2, 8)}),
                                sample({member(3, 7)}),
                                read(bulk("12"))};
  const auto view = read_view(replies, 9, 1, 2);
  BOOST_REQUIRE(view);
  BOOST_TEST(view->seeders == 2u);
  BOOST_TEST(view->leechers == 0u); // not yet told of both of ours
  BOOST_TEST(view->downloaded == 12u);
  BOOST_REQUIRE(view->sample.size() == 2u);
  BOOST_TEST((view->sample[0].peer == peer_of(2)));
  BOOST_TEST(view->sample[0].tracker == 8u);
  BOOST_TEST(view->sample[0].seeder);
  BOOST_TEST(!view->sample[1].seeder);

  for (const auto& [place, bytes] :
       std::vector<std::pair<std::size_t, std::string>>{{2, "-WRONGTYPE\r\n"},
                                                        {3, "$-1\r\n"},
                                                        {4, ":1\r\n"},
                                                        {4, array({bulk("short")})},
                                                        {5, array({":1\r\n"})},
                                                        {6, bulk("x")},
                                                        {6, ":1\r\n"},
                                                        {6, "-ERR\r\n"}}) {
    auto wrong = replies;
    wrong[place] = read(bytes);
    BOOST_TEST(!read_view(wrong, 9, 0, 0), bytes);
  }
  replies[6] = read("$-1\r\n");
  BOOST_TEST(read_view(replies, 9, 0, 0)->downloaded == 0u);
  replies[6] = read(bulk("99999999999"));
  BOOST_TEST(read_view(replies, 9, 0, 0)->downloaded == 0xffffffffU);
}

BOOST_AUTO_TEST_CASE(back_off_doubles_and_is_never_the_same_for_all) {
  Backoff one(100ms, 1000ms, 1), other(100ms, 1000ms, 2);
  bool differ = false;
  for (const auto whole : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto a = one.next(), b = other.next();
    BOOST_TEST((a >= whole / 2 && a <= whole));
    BOOST_TEST((b >= whole / 2 && b <= whole));
    differ = differ || a != b;
  }
  BOOST_TEST(differ);
  one.reset();
  BOOST_TEST((one.next() <= 100ms));
}

BOOST_AUTO_TEST_SUITE_END()
