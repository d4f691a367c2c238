// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether peers may be used, who is told, what is given, and whose settings count.
#include "node/download.h"
#include "node/peers_fixture.h"
#include "node/seeder.h"
#include "release/hashes.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

using namespace triad;
using namespace triad::test;
using namespace std::chrono_literals;

namespace {

Sources operator|(Sources a, Sources b) {
  return static_cast<Sources>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

class Told : public Listener {
public:
  void on_peers_used(const std::vector<std::string>& trackers) override {
    const std::lock_guard lock(mutex_);
    used_.push_back(trackers);
  }
  void on_node_options(const NodeOptions& options) override {
    const std::lock_guard lock(mutex_);
    options_.push_back(options);
  }
  [[nodiscard]] std::vector<std::vector<std::string>> used() const {
    const std::lock_guard lock(mutex_);
    return used_;
  }
  [[nodiscard]] std::vector<NodeOptions> options() const {
    const std::lock_guard lock(mutex_);
    return options_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::vector<std::string>> used_;
  std::vector<NodeOptions> options_;
};

struct RulesFixture : PeersFixture {
  std::shared_ptr<Told> told = std::make_shared<Told>();

  std::shared_ptr<Reader> open_told(OpenOptions options) {
    return Reader::open(std::move(options), told);
  }
  // A release that only peers have, and a link that names its hashes and a tracker.
  struct Magnet {
    OpenOptions options; // of its one track
    ReleasePtr release;
    std::vector<std::byte> info; // dictionary
  };
  Magnet publish_as_magnet(std::size_t size, kit::Format format) {
    publish_to_peers(album(1, size, format));
    world.add({.id = "a"});
    const auto metainfo = kit::make_metainfo(spec);
    const Bytes info = info_dictionary(metainfo);
    Magnet magnet{peers_only("1.mp3"), *parse_metainfo(metainfo), {info.begin(), info.end()}};
    std::string& uri = magnet.options.uri;
    uri = "magnet:?tr=ws%3A%2F%2F127.0.0.1%3A9%2F";
    if (magnet.release->info_hash_v1())
      uri += "&xt=urn:btih:" + hex(*magnet.release->info_hash_v1());
    if (magnet.release->info_hash_v2())
      uri += "&xt=urn:btmh:1220" + hex(*magnet.release->info_hash_v2());
    return magnet;
  }
  // Opening it again, another day, asks nobody: its metainfo was kept.
  void check_kept(const Magnet& magnet) {
    // It is kept after readers were woken: by a task that the one which wakes them posts.
    on_engine([] {});
    on_engine([] {});
    auto again = magnet.options;
    again.sources = Sources::cache;
    BOOST_TEST((read_all(*open(again)) == content("1.mp3")));
  }
  // Whether the Company may connect to an address for a tracker.
  bool may_connect(const std::string& url, const char* address) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    inet_pton(AF_INET, address, &where.sin_addr);
    bool may = false;
    const auto host = world.record().host;
    on_engine([&] { may = host.may_connect(url, reinterpret_cast<const sockaddr&>(where)); });
    return may;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(peer_rules, RulesFixture)

BOOST_AUTO_TEST_CASE(peers_off_means_off) {
  publish_everywhere(1, 300'000);
  world.add({.id = "a"});
  auto without = options("1.mp3");
  without.sources = Sources::cache | Sources::server;
  without.node.trackers = {"ws://127.0.0.1:9/own"};
  const auto reader = open_told(without);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  on_engine([] {});
  BOOST_TEST(world.record().companies == 0u);
  BOOST_TEST(told->used().empty());
}

BOOST_AUTO_TEST_CASE(a_release_without_trackers_has_no_peers_unless_settings_name_some) {
  publish_album(1, 300'000);
  world.set_content(spec.files);
  {
    const auto reader = open("1.mp3");
    BOOST_TEST((read_all(*reader) == content("1.mp3")));
    on_engine([] {});
    BOOST_TEST(world.record().companies == 0u);
  }
  auto with = options("1.mp3");
  with.node.trackers = {"wss://tracker.example/"};
  with.http.user_agent = "another"; // another download
  const auto reader = open_told(with);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  on_engine([] {}); // the listener is told after the swarm was joined
  BOOST_TEST(world.record().joined.front().trackers.empty());
  BOOST_TEST(world.record().settings.front().trackers.front() == "wss://tracker.example/");
  BOOST_TEST((told->used() == std::vector<std::vector<std::string>>{{"wss://tracker.example/"}}));
}

BOOST_AUTO_TEST_CASE(the_first_use_is_told_once_in_a_process) {
  publish_to_peers(2, 100'000);
  world.add({.id = "a"});
  const auto first = open_told(peers_only("1.mp3"));
  BOOST_TEST((read_all(*first) == content("1.mp3")));
  const auto second = open_told(peers_only("2.mp3"));
  BOOST_TEST((read_all(*second) == content("2.mp3")));
  BOOST_TEST((told->used() == std::vector<std::vector<std::string>>{{tracker}}));
}

BOOST_AUTO_TEST_CASE(without_server_and_trackers_the_error_says_so) {
  auto deaf = album(1, 100'000, kit::Format::hybrid);
  deaf.trackers = {{"udp://127.0.0.1:9"}}; // no WebSocket
  publish_to_peers(std::move(deaf));
  const Error error = read_error(*open(peers_only("1.mp3")));
  BOOST_TEST((error.code == ErrorCode::unreachable));
  BOOST_TEST(error.message.find("names no tracker") != std::string::npos, error.message);
}

BOOST_AUTO_TEST_CASE(only_what_the_user_named_may_lead_to_private_addresses) {
  publish_to_peers(1, 100'000);
  world.add({.id = "a"});
  auto options = peers_only("1.mp3");
  options.node.trackers = {"ws://10.1.1.1/own"};
  const auto reader = open(options);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(may_connect(tracker, "10.0.0.1")); // the metainfo is a file of the user's
  BOOST_TEST(may_connect("ws://10.1.1.1/own", "10.1.1.1"));
  BOOST_TEST(may_connect("wss://other.example/", "93.184.216.34"));
  BOOST_TEST(!may_connect("wss://other.example/", "10.0.0.1"));
}

BOOST_AUTO_TEST_CASE(a_magnet_link_leads_to_no_private_address) {
  const auto magnet = publish_as_magnet(100'000, kit::Format::v1);
  const auto reader = open(magnet.options);
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  BOOST_TEST(!may_connect(tracker, "127.0.0.1"));
  world.give_metadata(magnet.info);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(reader->stats().bytes_peers == 100'000u);
  BOOST_TEST(world.record().joined.size() == 1u);
  check_kept(magnet);
}

BOOST_AUTO_TEST_CASE(a_hybrid_magnet_plays_on_its_v1_hashes_and_gives_when_v2_was_checked) {
  const auto magnet = publish_as_magnet(200'000, kit::Format::hybrid);
  world.give_metadata(magnet.info);
  const auto reader = open(magnet.options);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(world.record().had.empty()); // v2 was not checked
  world.give_layers(magnet.release);
  BOOST_TEST(world.wait(
      [&](const auto& record) { return record.had.size() == magnet.release->piece_count(); }));
  check_kept(magnet);
}

BOOST_AUTO_TEST_CASE(a_hybrid_magnet_whose_layers_never_come_is_kept_and_given_by_its_v1_hashes) {
  auto large = album(1, most_waiting_for_layers + 300'000, kit::Format::hybrid);
  large.piece_length = 1 << 20;
  publish_to_peers(large);
  world.add({.id = "a"});
  auto options = peers_only("1.mp3");
  const auto metainfo = kit::make_metainfo(spec);
  const auto release = *parse_metainfo(metainfo);
  options.uri =
      "magnet:?xt=urn:btih:" + hex(*release->info_hash_v1()) + "&tr=ws%3A%2F%2F127.0.0.1%3A9%2F";
  const Bytes info = info_dictionary(metainfo);
  world.give_metadata({info.begin(), info.end()});
  const auto reader = open(options);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(
      world.wait([&](const auto& record) { return record.had.size() == release->piece_count(); }));
}

BOOST_AUTO_TEST_CASE(a_v2_magnet_plays_when_its_layers_have_come) {
  const auto magnet = publish_as_magnet(200'000, kit::Format::v2);
  world.give_metadata(magnet.info);
  const auto reader = open(magnet.options);
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.requests.count("a") > 0; }));
  world.give_layers(magnet.release);
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  check_kept(magnet);
}

BOOST_AUTO_TEST_CASE(a_v2_magnet_without_layers_says_why_it_can_not_play) {
  auto magnet = publish_as_magnet(200'000, kit::Format::v2);
  magnet.options.timeout = 500ms;
  world.give_metadata(magnet.info);
  const Error error = read_error(*open(magnet.options));
  BOOST_TEST((error.code == ErrorCode::bad_metainfo));
  BOOST_TEST(error.message.find("v2") != std::string::npos, error.message);
}

BOOST_AUTO_TEST_CASE(a_magnet_whose_peers_have_no_metainfo_ends_with_the_timeout) {
  auto options = peers_only("");
  options.uri = "magnet:?xt=urn:btih:" + std::string(40, 'a') + "&tr=ws%3A%2F%2F127.0.0.1%3A9%2F";
  options.timeout = 300ms;
  BOOST_TEST((read_error(*open(options)).code == ErrorCode::unreachable));
}

// Of a release that names no tracker, though the settings do.
struct OwnServer : PeersFixture {
  const std::vector<std::string> trackers = {"ws://127.0.0.1:9/"};

  OwnServer() { publish_album(2, 200'000); }
  [[nodiscard]] OpenOptions options(const std::string& track = "1.mp3") const {
    OpenOptions options = PeersFixture::options(track);
    options.node.trackers = trackers;
    return options;
  }
  [[nodiscard]] OpenOptions with_cookie(const std::string& track = "1.mp3") const {
    OpenOptions with = options(track);
    with.http.cookies = {"session=1"};
    return with;
  }
  void play(const OpenOptions& options) {
    BOOST_TEST((read_all(*open(options)) == content("1.mp3")));
    on_engine([] {}); // what waits to be stored
  }
  // Swarms that were joined for it, by its readers and by a seeder of the cache.
  [[nodiscard]] std::size_t joined() const {
    SeederOptions seeding;
    seeding.settings.cache_dir = cache_dir;
    seeding.settings.named.trackers = trackers;
    seeding.warn = [](const std::string&) {};
    BOOST_REQUIRE(Seeder::start(std::move(seeding)));
    return world.record().joined.size();
  }
};

BOOST_FIXTURE_TEST_CASE(what_anybody_may_have_is_given, OwnServer) {
  play(options());
  BOOST_TEST(joined() == 2u);
}

BOOST_FIXTURE_TEST_CASE(what_cookies_brought_is_not_given, OwnServer) {
  play(with_cookie());
  play(options()); // from the cache, where it is remembered
  BOOST_TEST(joined() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_a_query_brought_is_not_given, OwnServer) {
  auto with = options();
  with.uri += "?token=1";
  play(with);
  BOOST_TEST(joined() == 0u);
}

BOOST_FIXTURE_TEST_CASE(credentials_that_come_later_count_too, OwnServer) {
  BOOST_REQUIRE(load_release(options())); // its metainfo
  play(with_cookie());
  BOOST_TEST(joined() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_others_are_given_already_ends_with_credentials, OwnServer) {
  const auto reader = open(options("2.mp3"));
  BOOST_TEST((read_all(*reader) == content("2.mp3")));
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  play(with_cookie());
  on_engine([&] {
    const auto had = world.record().stock->pieces();
    BOOST_TEST(std::count(had.begin(), had.end(), true) == 0);
    std::vector<std::byte> bytes(10);
    BOOST_TEST(!world.record().stock->read(PieceIndex(0), 0, bytes));
  });
}

BOOST_AUTO_TEST_CASE(the_last_set_option_holds_for_the_node_and_is_told) {
  publish_to_peers(2, 100'000);
  world.add({.id = "a"});
  auto one = peers_only("1.mp3");
  one.node.upload_rate = 5000;
  const auto first = open_told(one);
  BOOST_TEST((read_all(*first) == content("1.mp3")));
  BOOST_TEST(world.record().settings.back().upload.rate == 5000);
  auto two = peers_only("2.mp3");
  two.node.max_peers = 7;
  const auto second = open(two); // says nothing about the rate
  BOOST_TEST((read_all(*second) == content("2.mp3")));
  BOOST_TEST(world.record().settings.back().upload.rate == 5000);
  BOOST_TEST(world.record().settings.back().max_peers == 7u);
  NodeOptions more;
  more.upload_rate = 0;
  second->set_node_options(more);
  on_engine([] {});
  BOOST_TEST(world.record().settings.back().upload.rate == 0);
  const auto seen = told->options();
  BOOST_REQUIRE(seen.size() == 3u);
  BOOST_TEST(*seen[0].upload_rate == 5000);
  BOOST_TEST(*seen[1].max_peers == 7u);
  BOOST_TEST(*seen[2].upload_rate == 0);
  // A bad one changes nothing, and is told.
  more.stun_server = "http://nobody";
  second->set_node_options(more);
  on_engine([] {});
  BOOST_TEST(listener->warnings().size() == 1u);
  BOOST_TEST(!told->options().back().stun_server);
}

BOOST_AUTO_TEST_CASE(the_lead_of_who_plays_is_told_until_he_has_all) {
  publish_to_peers(1, 2'000'000);
  world.add({.id = "half", .has = [](PieceIndex piece) { return piece.value() < 15; }});
  listener->play();
  const auto reader = open(peers_only("1.mp3"));
  BOOST_TEST(read_all(*reader, 0, 500'000).size() == 500'000u);
  BOOST_TEST(world.wait([](const auto& record) {
    return std::any_of(record.leads.begin(), record.leads.end(),
                       [](const auto& lead) { return lead.has_value(); });
  }));
  world.add({.id = "all"});
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(world.wait([](const auto& record) { return !record.leads.back(); }));
}

BOOST_AUTO_TEST_CASE(uploads_are_counted_for_the_month) {
  publish_to_peers(1, 100'000);
  world.add({.id = "a"});
  BOOST_TEST((read_all(*open(peers_only("1.mp3"))) == content("1.mp3")));
  const auto host = world.record().host;
  std::uint64_t total = 0;
  on_engine([&] { total = host.count_upload(1000); });
  on_engine([&] { total = host.count_upload(500); });
  BOOST_TEST(total == 1500u);
  on_engine([&] { BOOST_TEST(!host.metered()); });
}

BOOST_AUTO_TEST_SUITE_END()
