// SPDX-License-Identifier: LGPL-2.1-or-later
// The servers' standings, in simulated time.
#include "server/web_seeds.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const FileIndex file{1}, other_file{2};

HttpOutcome failing(HttpFailure failure) {
  HttpOutcome outcome;
  outcome.failure = failure;
  outcome.message = "because";
  return outcome;
}

struct Fixture {
  explicit Fixture(unsigned retries = 3) : seeds({retries, seconds(15)}, 1) {
    seeds.set_bases({"https://a/", "https://b/"});
    first = seeds.choose(file, history, now).seed;
  }
  void fail(const WebSeedPtr& seed, HttpFailure failure, bool moved = false) {
    seeds.failed(seed, file, history, failing(failure), now, moved, now);
  }

  SeedTime now{seconds(100)};
  WebSeeds seeds;
  RangeHistory history;
  WebSeedPtr first;
};

} // namespace

BOOST_AUTO_TEST_SUITE(web_seeds_tests)

BOOST_AUTO_TEST_CASE(failing_ones_come_last) {
  Fixture f;
  f.fail(f.first, HttpFailure::server_error);
  const auto second = f.seeds.choose(file, f.history, f.now);
  BOOST_TEST(second.seed != f.first);
  BOOST_TEST(second.wait.count() == 0);
  // The other one's bytes do not clear the first one's name, but its own do.
  f.seeds.bytes_came(*second.seed);
  f.now += seconds(10);
  BOOST_TEST(f.seeds.choose(file, {}, f.now).seed == second.seed);
  f.seeds.bytes_came(*f.first);
  BOOST_TEST(f.seeds.choose(file, {}, f.now).seed == f.first);
}

BOOST_AUTO_TEST_CASE(back_off_grows_and_is_bounded) {
  Fixture f(UINT_MAX);
  f.seeds.set_bases({f.first->base});
  SeedTime last{0};
  for (int i = 0; i < 12; ++i) {
    f.fail(f.first, HttpFailure::server_error);
    const SeedTime wait = f.seeds.choose(file, f.history, f.now).wait;
    if (i < 4)
      BOOST_TEST((wait > last));
    BOOST_TEST((wait <= seconds(5)));
    last = wait;
    f.now += wait;
  }
  BOOST_TEST((last >= seconds(3)));
}

BOOST_AUTO_TEST_CASE(requests_that_fail_together_are_one_miss) {
  Fixture f;
  const SeedTime begun = f.now;
  f.now += milliseconds(10);
  for (int i = 0; i < 6; ++i) {
    RangeHistory each;
    f.seeds.failed(f.first, file, each, failing(HttpFailure::connect), begun, false, f.now);
  }
  BOOST_TEST(f.first->misses == 1u);
}

BOOST_AUTO_TEST_CASE(retries_are_counted_per_range_and_anew_after_a_block) {
  Fixture f(2);
  f.seeds.set_bases({f.first->base});
  f.fail(f.first, HttpFailure::cut);
  f.fail(f.first, HttpFailure::timeout);
  f.fail(f.first, HttpFailure::cut, true);
  f.fail(f.first, HttpFailure::busy);
  BOOST_TEST((f.seeds.choose(file, f.history, f.now).seed == f.first));
  f.fail(f.first, HttpFailure::server_error);
  BOOST_TEST(!f.seeds.choose(file, f.history, f.now).seed);
  BOOST_TEST((f.seeds.choose(file, {}, f.now).seed == f.first)); // another range
}

BOOST_AUTO_TEST_CASE(connects_back_off_until_the_timeout) {
  Fixture f(0);
  f.seeds.set_bases({f.first->base});
  const SeedTime begun = f.now;
  while (f.seeds.choose(file, f.history, f.now).seed) {
    BOOST_TEST_REQUIRE((f.now - begun < seconds(30)));
    f.fail(f.first, HttpFailure::connect);
    const SeedTime wait = f.seeds.choose(file, f.history, f.now).wait;
    BOOST_TEST((wait <= milliseconds(1'250)));
    f.now += wait;
  }
  BOOST_TEST((f.now - begun >= seconds(15)));
}

BOOST_AUTO_TEST_CASE(retry_after_is_honoured) {
  Fixture f;
  f.seeds.set_bases({f.first->base});
  HttpOutcome busy = failing(HttpFailure::busy);
  busy.retry_after = seconds(8);
  f.seeds.failed(f.first, file, f.history, busy, f.now, false, f.now);
  BOOST_TEST((f.seeds.choose(file, f.history, f.now).wait == seconds(8)));
}

BOOST_AUTO_TEST_CASE(what_can_not_come_right_retires_for_the_file) {
  for (const HttpFailure failure : {HttpFailure::not_found, HttpFailure::not_authorized,
                                    HttpFailure::no_ranges, HttpFailure::range, HttpFailure::tls,
                                    HttpFailure::redirect, HttpFailure::private_address}) {
    Fixture f;
    f.seeds.set_bases({f.first->base});
    f.fail(f.first, failure);
    BOOST_TEST(!f.seeds.usable(file));
    BOOST_TEST(f.seeds.usable(other_file));
    BOOST_TEST((f.seeds.choose(other_file, {}, f.now).wait.count() == 0));
  }
}

BOOST_AUTO_TEST_CASE(bad_pieces) {
  Fixture f;
  const auto second = *f.seeds.choose(file, f.history, f.now).seed;
  f.seeds.delivered(f.first, file, {0, 100});
  f.seeds.delivered(f.first, file, {100, 200});
  BOOST_TEST(!f.seeds.bad(file, {50, 60}));
  BOOST_TEST(!f.seeds.bad(file, {50, 60})); // already laid at its door
  BOOST_TEST(!f.seeds.bad(other_file, {0, 100}));
  BOOST_TEST(f.seeds.bad(file, {190, 300}));
  BOOST_TEST(WebSeeds::retired(*f.first, file));
  BOOST_TEST(f.seeds.usable(file)); // there is the other
}

BOOST_AUTO_TEST_CASE(verdicts) {
  const auto code = [](std::initializer_list<HttpFailure> failures, bool had_bytes = false) {
    Fixture f(0);
    std::vector<std::string> bases;
    for (std::size_t i = 0; i < failures.size(); ++i)
      bases.push_back("https://" + std::to_string(i) + "/");
    f.seeds.set_bases(bases);
    for (const HttpFailure failure : failures)
      f.fail(f.seeds.choose(file, f.history, f.now).seed, failure);
    return f.seeds.verdict(file, "a.ogg", f.history, had_bytes).code;
  };
  using F = HttpFailure;
  BOOST_TEST((code({}) == ErrorCode::not_found));
  BOOST_TEST((code({F::not_found}) == ErrorCode::not_found));
  BOOST_TEST((code({F::not_found, F::not_authorized}) == ErrorCode::not_authorized));
  BOOST_TEST((code({F::not_found, F::connect}) == ErrorCode::unreachable));
  BOOST_TEST((code({F::connect}, true) == ErrorCode::read));
  BOOST_TEST((code({F::server_error}) == ErrorCode::read));
  BOOST_TEST((code({F::tls}) == ErrorCode::unreachable));
  BOOST_TEST((code({F::private_address}) == ErrorCode::not_authorized));
}

BOOST_AUTO_TEST_SUITE_END()
