// SPDX-License-Identifier: LGPL-2.1-or-later
// The release's servers as one supplier: choice, bursts, retries and the errors that are left.
#include "http_fetch.h"
#include "kit/http_server.h"
#include "kit/releases.h"
#include "server/server.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;
using namespace triad::test;

namespace {

constexpr std::size_t length = 3'000'000;
const std::string path = "/Album/01.ogg";

std::string content() {
  static const std::string text = kit::to_text(kit::random_content(7, length));
  return text;
}

ReleasePtr release_at(const std::vector<std::string>& seeds) {
  kit::ReleaseSpec spec;
  spec.files["01.ogg"] = kit::to_content(content());
  spec.web_seeds = seeds;
  return kit::make_release(spec);
}

struct Done {
  bool complete = false;
  std::optional<std::chrono::nanoseconds> retry_in;
  std::optional<Error> fatal;
};

// A Server whose events are written down.
class Tried {
public:
  explicit Tried(std::vector<std::string> seeds, ServerOptions options = {},
                 HttpClient::IsPrivate is_private = {})
      : client(loop.context(), std::move(is_private)),
        release(release_at(seeds)),
        file(*release->find("01.ogg")) {
    if (options.origin.url.empty())
      options.origin = {"http://127.0.0.1:9/Album.torrent", true};
    Server::Events events;
    events.bytes = [this](Server::RequestId, FileIndex, std::uint64_t offset, Bytes bytes) {
      const auto* data = reinterpret_cast<const char*>(bytes.data());
      wrong = wrong || content().compare(offset, bytes.size(), data, bytes.size()) != 0;
      came += bytes.size();
      offsets.push_back(offset);
      if (on_bytes)
        on_bytes();
    };
    events.done = [this](Server::RequestId id, bool complete, auto retry_in, auto fatal) {
      done[id].push_back({complete, retry_in, fatal});
    };
    server = std::make_unique<Server>(client, release, options, events);
  }

  Done run(ByteRange range, bool starved = false) {
    const auto id = server->request(file, range, starved);
    BOOST_TEST(loop.run_until([&] { return !done[id].empty(); }));
    return done[id].empty() ? Done{} : done[id].front();
  }

  Loop loop{std::chrono::seconds(20)};
  HttpClient client;
  ReleasePtr release;
  FileIndex file;
  std::map<Server::RequestId, std::vector<Done>> done;
  std::uint64_t came = 0;
  bool wrong = false;
  std::vector<std::uint64_t> offsets;
  std::function<void()> on_bytes;
  std::unique_ptr<Server> server;
};

struct Fixture {
  Fixture() { server.put(path, content()); }
  HttpServer server;
};

ServerOptions impatient(unsigned retries = 1) {
  ServerOptions options;
  options.retries = retries;
  options.timeout = std::chrono::seconds(1);
  return options;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(server_tests, Fixture)

BOOST_AUTO_TEST_CASE(large_ranges_in_requests_of_a_mebibyte) {
  Tried tried({server.url("/")});
  const Done done = tried.run({100, 2'500'000});
  BOOST_TEST(done.complete);
  BOOST_TEST(!done.fatal.has_value());
  BOOST_TEST(tried.came == 2'499'900u);
  BOOST_TEST(!tried.wrong);
  BOOST_TEST(std::is_sorted(tried.offsets.begin(), tried.offsets.end()));
  const auto log = server.log();
  BOOST_TEST(log.size() == 3u);
  BOOST_TEST(log.at(0).range == "bytes=100-1048675");
  BOOST_TEST(log.at(2).range == "bytes=2097252-2499999");
  BOOST_TEST(server.connections() == 1u);
  BOOST_TEST(server.body_bytes() == tried.client.bytes_received());
}

BOOST_AUTO_TEST_CASE(a_burst_over_several_connections) {
  Tried tried({server.url("/")});
  BOOST_TEST(tried.run({0, 65'536}, true).complete);
  BOOST_TEST(tried.came == 65'536u);
  BOOST_TEST(!tried.wrong);
  auto ranges = [&] {
    std::vector<std::string> out;
    for (const auto& request : server.log())
      out.push_back(request.range);
    std::sort(out.begin(), out.end());
    return out;
  }();
  const std::vector<std::string> expected = {"bytes=0-12287",     "bytes=12288-24575",
                                             "bytes=24576-36863", "bytes=36864-49151",
                                             "bytes=49152-61439", "bytes=61440-65535"};
  BOOST_TEST(ranges == expected, boost::test_tools::per_element());
  BOOST_TEST(server.connections() == 6u);

  // With all but two connections taken, two parts: 12 KiB and the rest.
  Behaviour stall;
  stall.stall_before_headers = true;
  server.put("/other", "x");
  server.behave("/other", stall);
  std::vector<std::shared_ptr<Fetched>> others;
  for (int i = 0; i < 4; ++i)
    others.push_back(start(tried.client, request_of(server.url("/other"))));
  server.clear_log();
  BOOST_TEST(tried.run({100'000, 200'000}, true).complete);
  std::size_t parts = 0;
  for (const auto& request : server.log())
    parts += request.path == path ? 1 : 0;
  BOOST_TEST(parts == 2u);
  BOOST_TEST(tried.came == 165'536u);
}

BOOST_AUTO_TEST_CASE(beside_the_metainfo_where_no_server_is_named) {
  ServerOptions options;
  options.origin = {server.url("/x/Album.torrent?token=1"), true};
  options.fallback_base = server.url("/x/?token=1");
  server.put("/x" + path, content());
  Tried tried({}, options);
  BOOST_TEST(tried.server->usable(tried.file));
  BOOST_TEST(tried.run({0, 1000}).complete);
  BOOST_TEST(server.log().at(0).target == "/x/Album/01.ogg?token=1");
  // The whole metainfo may name servers after all.
  tried.server->set_release(release_at({server.url("/")}));
  BOOST_TEST(tried.run({0, 1000}).complete);
  BOOST_TEST(server.log().at(1).target == path + "?token=1"); // the same origin
}

BOOST_AUTO_TEST_CASE(no_server_at_all) {
  Tried tried({"ftp://127.0.0.1/"});
  BOOST_TEST(!tried.server->usable(tried.file));
  const auto id = tried.server->request(tried.file, {0, 10}, false);
  BOOST_TEST(tried.done[id].empty()); // never from within a call
  BOOST_TEST(tried.loop.run_until([&] { return !tried.done[id].empty(); }));
  BOOST_TEST((tried.done[id].at(0).fatal.value().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(retries_go_on_where_it_broke_off) {
  Behaviour cut;
  cut.cut_at = 50'000;
  cut.times = 2;
  server.behave(path, cut);
  Tried tried({server.url("/")});
  BOOST_TEST(tried.run({0, 120'000}).complete);
  BOOST_TEST(tried.came == 120'000u); // no byte twice
  BOOST_TEST(!tried.wrong);
  const auto log = server.log();
  BOOST_TEST(log.at(1).range == "bytes=50000-119999");
  BOOST_TEST(log.at(2).range == "bytes=100000-119999");
}

BOOST_AUTO_TEST_CASE(retries_are_counted_and_another_server_is_asked) {
  Behaviour broken;
  broken.status = 500;
  server.behave(path, broken);
  {
    Tried tried({server.url("/")}, impatient(2));
    const Done done = tried.run({0, 1000});
    BOOST_TEST(!done.complete);
    BOOST_TEST((done.fatal.value().code == ErrorCode::read));
    BOOST_TEST(done.fatal->detail.find("HTTP 500") != std::string::npos);
    BOOST_TEST(done.fatal->message.find("01.ogg") != std::string::npos);
    BOOST_TEST(server.log().size() == 3u);
    BOOST_TEST(tried.server->last_error().find("HTTP 500") != std::string::npos);
    BOOST_TEST(tried.server->usable(tried.file)); // it may come right
    server.behave_well();
    BOOST_TEST(tried.run({0, 1000}).complete);
  }
  server.behave(path, broken);
  HttpServer other;
  other.put(path, content());
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    ServerOptions options = impatient();
    options.seed = seed;
    Tried tried({server.url("/"), other.url("/")}, options);
    BOOST_TEST(tried.run({0, 1000}).complete);
  }
  BOOST_TEST(other.log().size() == 4u);
}

BOOST_AUTO_TEST_CASE(several_servers_in_random_but_stable_order) {
  HttpServer other;
  other.put(path, content());
  unsigned first = 0;
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    ServerOptions options;
    options.seed = seed;
    Tried tried({server.url("/"), other.url("/")}, options);
    server.clear_log();
    for (int i = 0; i < 3; ++i)
      BOOST_TEST(tried.run({0, 100}).complete);
    const std::size_t here = server.log().size();
    BOOST_TEST((here == 0 || here == 3));
    first += here == 3 ? 1 : 0;
  }
  BOOST_TEST(first > 2u);
  BOOST_TEST(first < 14u);
}

BOOST_AUTO_TEST_CASE(busy_with_retry_after) {
  Behaviour busy;
  busy.status = 503;
  busy.headers = {{"Retry-After", "1"}};
  busy.times = 1;
  server.behave(path, busy);
  ServerOptions options;
  Tried tried({server.url("/")}, options);
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(tried.run({0, 1000}).complete);
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= std::chrono::seconds(1)));

  // Longer than anybody waits: handed on, not fatal.
  busy.headers = {{"Retry-After", "100"}};
  server.behave(path, busy);
  const Done done = tried.run({0, 1000});
  BOOST_TEST(!done.complete);
  BOOST_TEST(!done.fatal.has_value());
  BOOST_TEST((done.retry_in.value() > std::chrono::seconds(90)));
}

BOOST_AUTO_TEST_CASE(what_can_not_come_right_is_told_at_once) {
  const std::vector<std::pair<int, ErrorCode>> expected = {
      {404, ErrorCode::not_found},      {410, ErrorCode::not_found},
      {401, ErrorCode::not_authorized}, {403, ErrorCode::not_authorized},
      {416, ErrorCode::read},
  };
  for (const auto& [status, code] : expected) {
    Behaviour behaviour;
    behaviour.status = status;
    server.behave(path, behaviour);
    server.clear_log();
    Tried tried({server.url("/")});
    const Done done = tried.run({0, 1000});
    BOOST_TEST((done.fatal.value().code == code));
    BOOST_TEST(server.log().size() == 1u);
    BOOST_TEST(!tried.server->usable(tried.file));
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_within_the_timeout) {
  server.stop();
  Tried tried({server.url("/")});
  const auto id = tried.server->request(tried.file, {0, 1000}, true);
  BOOST_TEST(tried.loop.run_until([&] { return !tried.server->last_error().empty(); }));
  BOOST_TEST(tried.done[id].empty());
  server.start();
  BOOST_TEST(tried.loop.run_until([&] { return !tried.done[id].empty(); }));
  BOOST_TEST(tried.done[id].at(0).complete);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not) {
  server.stop();
  Tried tried({server.url("/")}, impatient());
  BOOST_TEST((tried.run({0, 1000}).fatal.value().code == ErrorCode::unreachable));
  server.start();
  BOOST_TEST(tried.run({0, 1000}).complete); // a new request starts all over
  server.stop();
  BOOST_TEST((tried.run({0, 1000}).fatal.value().code == ErrorCode::read)); // in mid track
}

BOOST_AUTO_TEST_CASE(a_stall_is_tried_again) {
  Behaviour stall;
  stall.stall_at = 10'000;
  stall.times = 1;
  server.behave(path, stall);
  Tried tried({server.url("/")}, impatient());
  BOOST_TEST(tried.run({0, 50'000}).complete);
  BOOST_TEST(tried.came == 50'000u);
  BOOST_TEST(server.log().at(1).range == "bytes=10000-49999");
}

BOOST_AUTO_TEST_CASE(two_bad_pieces_retire_who_delivered_them) {
  HttpServer other;
  other.put(path, content());
  Tried tried({server.url("/")});
  BOOST_TEST(tried.run({0, 100'000}).complete);
  tried.server->report_bad(tried.file, {0, 16'384});
  BOOST_TEST(tried.server->usable(tried.file));
  tried.server->report_bad(tried.file, {0, 16'384}); // nobody delivered it again
  BOOST_TEST(tried.server->usable(tried.file));
  tried.server->report_bad(tried.file, {16'384, 32'768});
  BOOST_TEST(!tried.server->usable(tried.file));
  const Done done = tried.run({0, 10});
  BOOST_TEST((done.fatal.value().code == ErrorCode::read));
  BOOST_TEST(done.fatal->message.find("published") != std::string::npos);
  // A server that did not deliver them is asked on.
  tried.server->set_release(release_at({server.url("/"), other.url("/")}));
  BOOST_TEST(tried.run({0, 10}).complete);
  BOOST_TEST(other.log().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_size_is_not_the_release_s) {
  server.put(path, content() + "tag");
  Tried tried({server.url("/")});
  const Done done = tried.run({0, 100});
  BOOST_TEST((done.fatal.value().code == ErrorCode::read));
  BOOST_TEST(done.fatal->detail.find("3000003 bytes") != std::string::npos);
  BOOST_TEST(tried.came == 0u);
}

BOOST_AUTO_TEST_CASE(a_public_release_does_not_reach_a_private_server) {
  ServerOptions options;
  options.origin = {"https://music.example.org/Album.torrent", false};
  Tried tried({server.url("/")}, options);
  const Done done = tried.run({0, 100});
  BOOST_TEST((done.fatal.value().code == ErrorCode::not_authorized));
  BOOST_TEST(done.fatal->message.find("private") != std::string::npos);
  BOOST_TEST(server.connections() == 0u);
}

BOOST_AUTO_TEST_CASE(cancelled_within_its_own_bytes) {
  Tried tried({server.url("/")});
  const auto id = tried.server->request(tried.file, {0, 1'000'000}, true);
  tried.on_bytes = [&] {
    tried.server->cancel(id);
    tried.on_bytes = {};
  };
  BOOST_TEST(tried.loop.run_until([&] { return tried.came > 0; }));
  const auto came = tried.came;
  BOOST_TEST(tried.run({0, 100}).complete);
  BOOST_TEST(tried.came == came + 100);
  BOOST_TEST(tried.done[id].empty());
}

BOOST_AUTO_TEST_CASE(destroyed_within_its_own_bytes) {
  Tried tried({server.url("/")});
  tried.server->request(tried.file, {0, 1'000'000}, true);
  tried.server->request(tried.file, {1'000'000, 1'000'100}, false);
  tried.on_bytes = [&] { tried.server.reset(); };
  BOOST_TEST(tried.loop.run_until([&] { return tried.came > 0; }));
  tried.loop.run_ready();
  BOOST_TEST(server.wait_until_quiet());
  BOOST_TEST(tried.done.empty());
}

BOOST_AUTO_TEST_SUITE_END()
