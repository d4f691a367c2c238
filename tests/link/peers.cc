// SPDX-License-Identifier: LGPL-2.1-or-later
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

namespace triad::test {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Pair::introduce(const Change& offer, const Change& answer) {
  offerer.link->offer();
  BOOST_REQUIRE(loop.run_until([this] { return !offerer.descriptions.empty(); }));
  const std::string offered = offerer.descriptions.front();
  const Status taken = answerer.link->answer(offer ? offer(offered) : offered);
  BOOST_REQUIRE_MESSAGE(taken, (taken ? "" : taken.error().message));
  BOOST_REQUIRE(loop.run_until([this] { return !answerer.descriptions.empty(); }));
  const std::string answered = answerer.descriptions.front();
  const Status set = offerer.link->set_answer(answer ? answer(answered) : answered);
  BOOST_REQUIRE_MESSAGE(set, (set ? "" : set.error().message));
}

void Pair::connect() {
  introduce();
  BOOST_REQUIRE_MESSAGE(loop.run_until([this] {
    return (offerer.connected > 0 && answerer.connected > 0) || !offerer.ends.empty() ||
           !answerer.ends.empty();
  }),
                        "not connected");
  BOOST_REQUIRE_MESSAGE(offerer.ends.empty() && answerer.ends.empty(),
                        offerer.reason + answerer.reason);
}

void wait_until_gone(Loop& loop) {
  BOOST_REQUIRE(loop.run_until([] { return !LinkStack::alive(); }));
}

} // namespace triad::test
