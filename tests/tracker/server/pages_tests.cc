// SPDX-License-Identifier: LGPL-2.1-or-later
// The pages without a server: who is told what, and who turns the dial.
#include "tracker/server/pages.h"

#include <boost/test/unit_test.hpp>

using namespace triad::tracker;

namespace {

class Operation : public Operated {
public:
  virtual ~Operation() = default;
  Stats stats(bool operator_asks) override {
    Stats stats;
    if (operator_asks) {
      stats.largest.emplace_back();
    }
    return stats;
  }
  std::uint64_t turn_dial(const std::optional<triad::signal::InfoHash>& release,
                          std::optional<unsigned> percent) override {
    ++turns;
    last_release = release;
    last_percent = percent;
    return 3;
  }
  unsigned turns = 0;
  std::optional<triad::signal::InfoHash> last_release;
  std::optional<unsigned> last_percent;
};

HttpRequest request(const std::string& method, const std::string& target,
                    const std::string& authorization) {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.authorization = authorization;
  return request;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(pages, Operation)

BOOST_AUTO_TEST_CASE(an_empty_token_opens_nothing) {
  for (const char* shown : {"", "Bearer", "Bearer "}) {
    BOOST_TEST(answer_page(request("POST", "/dial?peer_share=0", shown), "", *this).status == 403u);
    BOOST_TEST(answer_page(request("POST", "/dial?peer_share=0", shown), "t", *this).status ==
               401u);
  }
  BOOST_TEST(turns == 0u);
}

BOOST_AUTO_TEST_CASE(the_dial_is_turned_for_all_or_for_one) {
  const auto turn = [&](const std::string& target) {
    return answer_page(request("POST", target, "Bearer t"), "t", *this);
  };
  BOOST_TEST(turn("/dial?peer_share=40").body == "{\"told\":3}\n");
  BOOST_TEST(!last_release);
  BOOST_TEST(last_percent.value_or(0) == 40u);
  const std::string release = "&info_hash=" + std::string(40, 'a');
  BOOST_TEST(turn("/dial?peer_share=default" + release).status == 200u);
  BOOST_TEST(last_release.has_value());
  BOOST_TEST(!last_percent);
  for (const char* wrong : {"/dial?peer_share=default", "/dial?peer_share=", "/dial?peer_share=4x",
                            "/dial?peer_share=-1", "/dial?peer_share=1&info_hash=aa"}) {
    BOOST_TEST(turn(wrong).status == 400u);
  }
  BOOST_TEST(turns == 2u);
}

BOOST_AUTO_TEST_CASE(the_operator_is_known_on_the_statistics_too) {
  const auto stranger = answer_page(request("GET", "/stats.json", "Bearer x"), "t", *this);
  const auto shown = answer_page(request("GET", "/stats.json", "Bearer t"), "t", *this);
  BOOST_TEST(stranger.body.size() < shown.body.size());
}

BOOST_AUTO_TEST_SUITE_END()
