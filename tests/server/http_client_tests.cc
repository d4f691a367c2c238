// SPDX-License-Identifier: LGPL-2.1-or-later
// Ranges, failures, stalls and redirects against a server that misbehaves as told.
#include "http_fetch.h"
#include "kit/http_server.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;
using std::chrono::milliseconds;

namespace triad {
std::ostream& operator<<(std::ostream& out, HttpFailure failure) {
  return out << static_cast<int>(failure);
}
} // namespace triad

namespace {

const std::string text = "The quick brown fox jumps over the lazy dog";

struct Fixture {
  explicit Fixture(bool keep_alive = true) : server(options(keep_alive)) { server.put("/f", text); }

  static HttpServer::Options options(bool keep_alive) {
    HttpServer::Options options;
    options.keep_alive = keep_alive;
    return options;
  }

  Fetched get(HttpRequest request) { return fetch(loop, client, std::move(request)); }
  Fetched get(const std::string& path) { return get(request_of(server.url(path))); }
  Fetched range(std::uint64_t begin, std::uint64_t end) {
    HttpRequest request = request_of(server.url("/f"));
    request.range = ByteRange{begin, end};
    return get(request);
  }
  Fetched suffix(std::uint64_t size) {
    HttpRequest request = request_of(server.url("/f"));
    request.suffix = size;
    return get(request);
  }
  // The path misbehaves, once or from now on.
  Fetched misbehaving(const Behaviour& behaviour, bool ranged = true) {
    server.behave("/f", behaviour);
    return ranged ? range(4, 20) : get("/f");
  }

  HttpServer server;
  Loop loop{std::chrono::seconds(20)};
  HttpClient client{loop.context()};
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_client_tests)

BOOST_DATA_TEST_CASE(ranges, boost::unit_test::data::make({true, false}), keep_alive) {
  Fixture f(keep_alive);
  const Fetched whole = f.get("/f");
  BOOST_TEST(whole.body == text);
  BOOST_TEST(whole.headers.at(0).status == 200);
  BOOST_TEST(whole.headers[0].total_size.value() == text.size());
  BOOST_TEST(!whole.headers[0].etag.empty());
  BOOST_TEST(whole.headers[0].private_address);
  BOOST_TEST(whole.headers[0].final_url == f.server.url("/f"));

  const Fetched closed = f.range(4, 9);
  BOOST_TEST(closed.body == "quick");
  BOOST_TEST(closed.headers.at(0).first_byte == 4u);
  BOOST_TEST(closed.headers[0].total_size.value() == text.size());
  BOOST_TEST(f.range(40, UINT64_MAX).body == "dog");
  BOOST_TEST(f.range(40, 1000).body == "dog"); // clipped by the file's end
  const Fetched last = f.suffix(8);
  BOOST_TEST(last.body == "lazy dog");
  BOOST_TEST(last.headers.at(0).first_byte == 35u);
  BOOST_TEST(f.suffix(1000).body == text);

  BOOST_TEST(f.client.bytes_received() == text.size() * 2 + 5 + 3 + 3 + 8);
  BOOST_TEST(f.server.body_bytes() == f.client.bytes_received());
  BOOST_TEST(f.server.connections() == (keep_alive ? 1u : 6u));
  for (const HttpOutcome& outcome : {whole.outcomes.at(0), closed.outcomes.at(0)})
    BOOST_TEST(outcome.failure == HttpFailure::none);
}

BOOST_AUTO_TEST_CASE(revalidation) {
  Fixture f;
  HttpRequest request = request_of(f.server.url("/f"));
  request.if_none_match = f.get("/f").headers.at(0).etag;
  const Fetched same = f.get(request);
  BOOST_TEST(same.headers.at(0).status == 304);
  BOOST_TEST(same.body.empty());
  BOOST_TEST(same.failure() == HttpFailure::none);
  f.server.put("/f", "changed");
  BOOST_TEST(f.get(request).body == "changed");
}

BOOST_AUTO_TEST_CASE(a_server_without_ranges) {
  Fixture f;
  Behaviour no_ranges;
  no_ranges.ranges = false;
  f.server.behave("/f", no_ranges);
  const Fetched closed = f.range(4, 9); // read through
  BOOST_TEST(closed.failure() == HttpFailure::none);
  BOOST_TEST(closed.body == "quick");
  BOOST_TEST(closed.headers.at(0).first_byte == 4u);
  BOOST_TEST(f.suffix(8).failure() == HttpFailure::no_ranges);
  BOOST_TEST(f.suffix(1000).body == text);
  BOOST_TEST(f.range(100, 120).failure() == HttpFailure::range);

  const Fetched chunked = [&] {
    no_ranges.chunked = true;
    f.server.behave("/f", no_ranges);
    return f.range(4, 9);
  }();
  BOOST_TEST(chunked.body == "quick");
  BOOST_TEST(chunked.failure() == HttpFailure::none);

  no_ranges.chunked = false;
  f.server.behave_all(no_ranges);
  f.server.put("/large", std::string(max_skipped + 100'000, 'x'));
  HttpRequest far = request_of(f.server.url("/large"));
  far.range = ByteRange{max_skipped + 1, max_skipped + 10};
  BOOST_TEST(f.get(far).failure() == HttpFailure::no_ranges);
  far.range = ByteRange{0, 10}; // most of the body is left: the connection is given up
  const auto before = f.client.bytes_received();
  BOOST_TEST(f.get(far).body == "xxxxxxxxxx");
  BOOST_TEST(f.client.bytes_received() - before < 1'000'000u);
}

BOOST_AUTO_TEST_CASE(wrong_ranges_and_lengths) {
  Fixture f;
  Behaviour shifted;
  shifted.content_range_lie = 1;
  BOOST_TEST(f.misbehaving(shifted).failure() == HttpFailure::no_ranges);
  BOOST_TEST(f.misbehaving(shifted).body.empty());

  Behaviour shorter;
  shorter.content_length_lie = 10;
  const Fetched cut = f.misbehaving(shorter, false);
  BOOST_TEST(cut.failure() == HttpFailure::cut);
  BOOST_TEST(cut.body == text);

  // All that was asked for came; what the header said besides does not matter.
  BOOST_TEST(f.misbehaving(shorter).failure() == HttpFailure::none);
  BOOST_TEST(f.misbehaving(shorter).body == text.substr(4, 16));

  Behaviour longer;
  longer.content_length_lie = -10;
  const Fetched early = f.misbehaving(longer);
  BOOST_TEST(early.failure() == HttpFailure::cut);
  BOOST_TEST(early.body == text.substr(4, 6));

  Behaviour other_part; // a range that begins elsewhere, honestly labelled
  other_part.headers = {{"Content-Range", "bytes 0-15/43"}};
  BOOST_TEST(f.misbehaving(other_part).failure() == HttpFailure::no_ranges);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_too_large) {
  Fixture f;
  HttpRequest request = request_of(f.server.url("/f"));
  request.max_bytes = 10;
  BOOST_TEST(f.get(request).failure() == HttpFailure::too_large);
  Behaviour chunked;
  chunked.chunked = true;
  f.server.behave("/f", chunked);
  BOOST_TEST(f.get(request).failure() == HttpFailure::too_large);
}

BOOST_DATA_TEST_CASE(cut_at_every_stage, boost::unit_test::data::make({false, true}), reset) {
  Fixture f;
  BOOST_TEST(f.get("/f").body == text); // a kept connection is cut as well
  Behaviour before;
  before.cut_before_headers = true;
  before.reset = reset;
  BOOST_TEST(f.misbehaving(before).failure() == HttpFailure::connect);
  Behaviour in_headers;
  in_headers.cut_in_headers = true;
  in_headers.reset = reset;
  BOOST_TEST(f.misbehaving(in_headers).failure() == HttpFailure::connect);
  for (const std::uint64_t at : {0u, 1u, 15u}) {
    Behaviour in_body;
    in_body.cut_at = at;
    in_body.reset = reset;
    const Fetched cut = f.misbehaving(in_body);
    BOOST_TEST(cut.failure() == HttpFailure::cut);
    if (!reset) // a reset may overtake what was sent
      BOOST_TEST(cut.body == text.substr(4, at));
  }
  f.server.stop();
  BOOST_TEST(f.get("/f").failure() == HttpFailure::connect);
  f.server.start();
  f.server.behave_well();
  BOOST_TEST(f.get("/f").body == text);
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_closed_meanwhile) {
  Fixture f;
  BOOST_TEST(f.get("/f").body == text);
  f.server.drop_connections();
  BOOST_TEST(f.client.idle_connections(f.server.url(), {}) == 0u);
  BOOST_TEST(f.get("/f").body == text);
  BOOST_TEST(f.server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(stalls) {
  Fixture f;
  HttpRequest request = request_of(f.server.url("/f"));
  request.stall_timeout = milliseconds(80);
  Behaviour silent;
  silent.stall_before_headers = true;
  f.server.behave("/f", silent);
  BOOST_TEST(f.get(request).failure() == HttpFailure::timeout);
  Behaviour in_body;
  in_body.stall_at = 10;
  f.server.behave("/f", in_body);
  const Fetched stalled = f.get(request);
  BOOST_TEST(stalled.failure() == HttpFailure::timeout);
  BOOST_TEST(stalled.body == text.substr(0, 10));
  BOOST_TEST(f.server.wait_until_quiet()); // its connection was closed
}

BOOST_AUTO_TEST_CASE(statuses) {
  const std::vector<std::pair<int, HttpFailure>> expected = {
      {401, HttpFailure::not_authorized}, {403, HttpFailure::not_authorized},
      {404, HttpFailure::not_found},      {410, HttpFailure::not_found},
      {416, HttpFailure::range},          {429, HttpFailure::busy},
      {500, HttpFailure::server_error},   {503, HttpFailure::busy},
      {418, HttpFailure::server_error},   {204, HttpFailure::server_error},
  };
  Fixture f;
  for (const auto& [status, failure] : expected) {
    Behaviour behaviour;
    behaviour.status = status;
    behaviour.headers = {{"Retry-After", "7"}};
    const Fetched got = f.misbehaving(behaviour);
    BOOST_TEST(got.failure() == failure);
    BOOST_TEST(got.outcomes[0].status == status);
    BOOST_TEST(got.outcomes[0].retry_after.value().count() == 7);
    BOOST_TEST(got.outcomes[0].message.find(std::to_string(status)) != std::string::npos);
    BOOST_TEST(got.headers.empty());
    BOOST_TEST(got.body.empty());
  }
  BOOST_TEST(f.server.connections() == 1u); // a failed answer does not cost the connection
}

BOOST_AUTO_TEST_CASE(urls_that_are_none) {
  Fixture f;
  for (const char* url : {"", "file:///etc/passwd", "ftp://127.0.0.1/", "http://", "nonsense"})
    BOOST_TEST(f.get(request_of(url)).failure() == HttpFailure::server_error);
}

BOOST_AUTO_TEST_CASE(redirects) {
  Fixture f;
  Behaviour to;
  to.status = 302;
  to.headers = {{"Location", "/f"}};
  f.server.behave("/a", to);
  const Fetched followed = f.get("/a?x=1");
  BOOST_TEST(followed.body == text);
  BOOST_TEST(followed.headers.at(0).final_url == f.server.url("/f"));

  HttpRequest refused = request_of(f.server.url("/a"));
  refused.settings.automatic_redirect = false;
  BOOST_TEST(f.get(refused).failure() == HttpFailure::redirect);

  to.headers = {{"Location", f.server.url("/loop")}};
  f.server.behave("/loop", to);
  f.server.clear_log();
  BOOST_TEST(f.get("/loop").failure() == HttpFailure::redirect);
  BOOST_TEST(f.server.log().size() == 9u);

  for (const char* nowhere : {"file:///etc/passwd", "gopher://127.0.0.1/", "http://[bad/"}) {
    to.headers = {{"Location", nowhere}};
    f.server.behave("/a", to);
    BOOST_TEST(f.get("/a").failure() == HttpFailure::redirect);
  }
  to.headers.clear();
  f.server.behave("/a", to);
  BOOST_TEST(f.get("/a").failure() == HttpFailure::redirect);
}

BOOST_AUTO_TEST_SUITE_END()
