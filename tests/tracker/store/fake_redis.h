// SPDX-License-Identifier: LGPL-2.1-or-later
// A Redis that says what a test wants, on loopback and on the test's own loop.
#pragma once

#include "tracker/store/redis_url.h"
#include "tracker/store/resp.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::testing {

using Words = std::vector<std::string>;

class FakeRedis {
public:
  explicit FakeRedis(boost::asio::io_context& loop);
  ~FakeRedis();

  [[nodiscard]] tracker::redis::Address address() const;
  [[nodiscard]] std::string url() const;

  // Raw bytes to answer with; nullopt: as a single, empty Redis would, more or less.
  std::function<std::optional<std::string>(const Words& words)> answer;
  // All that was asked, but for PING and TIME.
  std::vector<Words> asked;
  unsigned connections = 0; // so far

  [[nodiscard]] std::size_t count(std::string_view command) const; // in `asked`
  void say(const std::string& bytes);                              // unasked, to all
  void tell(const std::string& bytes);                             // to those who subscribed
  void hang_up();                                                  // on all
  void go_away();                                                  // for good

private:
  struct Session;
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

// CLUSTER SLOTS: the first slot of each node but the first is given, in order.
[[nodiscard]] std::string
slots_answer(const std::vector<std::pair<unsigned, tracker::redis::Address>>& nodes);
[[nodiscard]] std::string bulk(std::string_view text);
[[nodiscard]] std::string array(const std::vector<std::string>& encoded);

} // namespace triad::testing
