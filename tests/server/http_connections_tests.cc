// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections: how many, whose, kept for whom; and requests that are cancelled from anywhere.
#include "http_fetch.h"
#include "kit/http_server.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;
using namespace triad::test;

namespace {

struct Fixture {
  Fixture() : client(std::make_unique<HttpClient>(loop.context())) {
    server.put("/f", std::string(200'000, 'x'));
    server.put("/held", std::string(100'000, 'y'));
    Behaviour stall;
    stall.stall_at = 1000;
    server.behave("/held", stall);
  }
  std::vector<std::shared_ptr<Fetched>> start_many(int count, const std::string& path) {
    std::vector<std::shared_ptr<Fetched>> all;
    for (int i = 0; i < count; ++i)
      all.push_back(start(*client, request_of(server.url(path))));
    return all;
  }
  bool all_done(const std::vector<std::shared_ptr<Fetched>>& all) {
    return loop.run_until([&] {
      return std::all_of(all.begin(), all.end(), [](const auto& one) { return one->done(); });
    });
  }

  HttpServer server;
  Loop loop{std::chrono::seconds(20)};
  std::unique_ptr<HttpClient> client;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_connections_tests, Fixture)

BOOST_AUTO_TEST_CASE(six_at_most_then_a_queue) {
  const auto all = start_many(20, "/f");
  BOOST_TEST(client->free_connections(server.url(), {}) == 0u);
  BOOST_TEST(all_done(all));
  for (const auto& one : all)
    BOOST_TEST(one->body.size() == 200'000u);
  BOOST_TEST(server.most_connections() == 6u);
  BOOST_TEST(server.connections() == 6u);
  BOOST_TEST(client->idle_connections(server.url("/any"), {}) == 6u);
  BOOST_TEST(client->free_connections(server.url(), {}) == 6u);

  const auto held = start_many(2, "/held");
  BOOST_TEST(loop.run_until([&] { return held[0]->body.size() + held[1]->body.size() == 2000; }));
  BOOST_TEST(client->idle_connections(server.url(), {}) == 4u);
  BOOST_TEST(client->free_connections(server.url(), {}) == 4u);
  server.release("/held");
  BOOST_TEST(all_done(held));
}

BOOST_AUTO_TEST_CASE(the_limit_is_per_host) {
  HttpServer other;
  other.put("/f", "other");
  const auto held = start_many(8, "/held");
  BOOST_TEST(fetch(loop, *client, request_of(other.url("/f"))).body == "other");
  client.reset();
}

BOOST_AUTO_TEST_CASE(settings_never_share_a_connection) {
  HttpSettings plain, with_cookie, lax;
  with_cookie.cookies = {"a=1"};
  lax.tls_strict = false;
  for (const HttpSettings& settings : {plain, with_cookie, lax, plain, with_cookie, lax}) {
    HttpRequest request = request_of(server.url("/f"));
    request.settings = settings;
    BOOST_TEST(fetch(loop, *client, request).body.size() == 200'000u);
  }
  BOOST_TEST(server.connections() == 3u);
  const auto log = server.log();
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(log.at(i).connection == log.at(i + 3).connection);
  BOOST_TEST(client->idle_connections(server.url(), with_cookie) == 1u);
  HttpSettings unknown;
  unknown.user_agent = "x";
  BOOST_TEST(client->idle_connections(server.url(), unknown) == 0u);
  BOOST_TEST(client->free_connections(server.url(), unknown) == 6u);
}

BOOST_AUTO_TEST_CASE(cancelled_requests_are_never_heard_of_again) {
  auto held = start_many(7, "/held"); // the seventh waits in the queue
  std::vector<HttpClient::RequestId> ids;
  auto unheard = std::make_shared<Fetched>();
  for (int i = 0; i < 3; ++i)
    ids.push_back(client->get(request_of(server.url("/held")), handler_of(unheard)));
  BOOST_TEST(server.wait_for_requests(0));
  BOOST_TEST(loop.run_until([&] { return held[0]->body.size() == 1000; }));
  for (const auto id : ids) {
    client->cancel(id);
    client->cancel(id); // twice does no harm
  }
  server.behave_well();
  server.release("/held");
  BOOST_TEST(loop.run_until([&] { return held[0]->done(); }));
  BOOST_TEST(!unheard->done());
  BOOST_TEST(unheard->body.empty());
}

BOOST_AUTO_TEST_CASE(cancelled_in_its_own_callbacks) {
  for (int stage = 0; stage < 2; ++stage) {
    HttpClient::RequestId id{};
    int calls = 0;
    HttpClient::Handler handler;
    handler.headers = [&](const HttpHeaders&) {
      if (stage == 0) {
        ++calls;
        client->cancel(id);
      }
    };
    handler.body = [&](Bytes) {
      ++calls;
      client->cancel(id);
    };
    handler.done = [&](const HttpOutcome&) { ++calls; };
    id = client->get(request_of(server.url("/f")), handler);
    BOOST_TEST(loop.run_until([&] { return calls > 0; }));
    BOOST_TEST(fetch(loop, *client, request_of(server.url("/f"))).body.size() == 200'000u);
    BOOST_TEST(calls == 1);
  }
}

BOOST_AUTO_TEST_CASE(callbacks_start_and_cancel_others) {
  const auto other = std::make_shared<Fetched>(), next = std::make_shared<Fetched>();
  const auto other_id = client->get(request_of(server.url("/held")), handler_of(other));
  BOOST_TEST(loop.run_until([&] { return other->body.size() == 1000; }));
  bool once = false, done = false;
  HttpClient::Handler handler;
  handler.body = [&](Bytes) {
    if (!std::exchange(once, true)) {
      client->cancel(other_id);
      client->get(request_of(server.url("/f")), handler_of(next));
    }
  };
  handler.done = [&](const HttpOutcome&) { done = true; };
  client->get(request_of(server.url("/f")), handler);
  BOOST_TEST(loop.run_until([&] { return done && next->done(); }));
  BOOST_TEST(next->body.size() == 200'000u);
  BOOST_TEST(!other->done());
}

BOOST_AUTO_TEST_CASE(destroyed_while_busy) {
  const auto all = start_many(9, "/held");
  BOOST_TEST(loop.run_until([&] { return all[0]->body.size() == 1000; }));
  client.reset();
  loop.run_ready();
  BOOST_TEST(server.wait_until_quiet());
  for (const auto& one : all)
    BOOST_TEST(!one->done());
}

BOOST_AUTO_TEST_CASE(destroyed_in_a_callback) {
  for (int stage = 0; stage < 3; ++stage) {
    client = std::make_unique<HttpClient>(loop.context());
    HttpClient::Handler handler;
    handler.headers = [&](const HttpHeaders&) {
      if (stage == 0)
        client.reset();
    };
    handler.body = [&](Bytes) {
      if (stage == 1)
        client.reset();
    };
    handler.done = [&](const HttpOutcome&) { client.reset(); };
    client->get(request_of(server.url("/f")), handler);
    start_many(7, "/held");
    BOOST_TEST(loop.run_until([&] { return !client; }));
    loop.run_ready();
  }
  BOOST_TEST(server.wait_until_quiet());
}

BOOST_AUTO_TEST_CASE(destroyed_when_a_request_is_late) {
  HttpRequest request = request_of(server.url("/held"));
  request.stall_timeout = std::chrono::milliseconds(50);
  HttpClient::Handler handler;
  handler.done = [&](const HttpOutcome&) { client.reset(); };
  client->get(request, handler);
  client->get(request, handler);
  BOOST_TEST(loop.run_until([&] { return !client; }));
  loop.run_ready();
}

BOOST_AUTO_TEST_CASE(nobody_has_to_listen) {
  client->get(request_of(server.url("/f")), {});
  client->get(request_of("nonsense"), {});
  BOOST_TEST(loop.run_until([&] { return client->bytes_received() == 200'000; }));
  BOOST_TEST(fetch(loop, *client, request_of(server.url("/f"))).body.size() == 200'000u);
}

BOOST_AUTO_TEST_CASE(waiting_in_the_queue_is_no_stall) {
  Behaviour slow;
  slow.rate = 400'000;
  server.behave("/f", slow);
  std::vector<std::shared_ptr<Fetched>> all;
  for (int i = 0; i < 8; ++i) {
    HttpRequest request = request_of(server.url("/f"));
    request.stall_timeout = std::chrono::milliseconds(300); // the first six take 500 ms
    all.push_back(start(*client, request));
  }
  BOOST_TEST(all_done(all));
  for (const auto& one : all)
    BOOST_TEST((one->failure() == HttpFailure::none));
}

BOOST_AUTO_TEST_SUITE_END()
