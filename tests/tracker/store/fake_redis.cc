// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/fake_redis.h"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace triad::testing {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct FakeRedis::Session : std::enable_shared_from_this<Session> {
  Session(FakeRedis& whose, tcp::socket with) : fake(&whose), socket(std::move(with)) {}

  void read() {
    socket.async_read_some(
        boost::asio::buffer(input),
        [this, self = shared_from_this()](const error_code& error, std::size_t size) {
          if (error || !fake)
            return;
          reader.feed({input.data(), size});
          while (auto command = reader.next()) {
            Words words;
            for (auto& each : command->elements)
              words.push_back(each.text);
            take(words);
          }
          if (fake)
            read();
        });
  }

  void take(const Words& words) {
    if (!fake)
      return;
    if (words[0] != "PING" && words[0] != "TIME")
      fake->asked.push_back(words);
    listening = listening || words[0] == "SSUBSCRIBE";
    const auto scripted = fake->answer ? fake->answer(words) : std::nullopt;
    say(scripted ? *scripted : usual(words));
  }

  std::string usual(const Words& words) {
    if (words[0] == "TIME") {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
      return array({bulk(std::to_string(seconds)), bulk("0")});
    }
    if (words[0] == "PING")
      return listening ? array({bulk("pong"), bulk("")}) : "+PONG\r\n";
    if (words[0] == "SSUBSCRIBE")
      return array({bulk("ssubscribe"), bulk(words[1]), ":1\r\n"});
    if (words[0] == "CLUSTER")
      return "-ERR This instance has cluster support disabled\r\n";
    if (words[0] == "AUTH" || words[0] == "SELECT" || words[0] == "ASKING")
      return "+OK\r\n";
    if (words[0] == "ZRANDMEMBER")
      return "*0\r\n";
    return words[0] == "GET" ? "$-1\r\n" : ":1\r\n";
  }

  void say(const std::string& bytes) {
    error_code ignored; // small, and the other end reads
    boost::asio::write(socket, boost::asio::buffer(bytes), ignored);
  }

  void close() {
    fake = nullptr;
    error_code ignored;
    socket.close(ignored);
  }

  FakeRedis* fake;
  tcp::socket socket;
  std::array<char, 4096> input{};
  tracker::redis::ReplyReader reader; // a command is an array of texts, as replies may be
  bool listening = false;
};

FakeRedis::FakeRedis(boost::asio::io_context& loop)
    : acceptor_(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      endpoint_(acceptor_.local_endpoint()) {
  accept();
}

FakeRedis::~FakeRedis() {
  hang_up();
}

tracker::redis::Address FakeRedis::address() const {
  return {"127.0.0.1", endpoint_.port()};
}

std::string FakeRedis::url() const {
  return "redis://" + to_string(address());
}

void FakeRedis::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (error)
      return;
    ++connections;
    socket.set_option(tcp::no_delay(true));
    const auto session = std::make_shared<Session>(*this, std::move(socket));
    sessions_.push_back(session);
    session->read();
    accept();
  });
}

std::size_t FakeRedis::count(std::string_view command) const {
  return static_cast<std::size_t>(std::count_if(
      asked.begin(), asked.end(), [&](const Words& words) { return words[0] == command; }));
}

void FakeRedis::say(const std::string& bytes) {
  for (const auto& each : sessions_)
    if (const auto session = each.lock())
      session->say(bytes);
}

void FakeRedis::tell(const std::string& bytes) {
  for (const auto& each : sessions_)
    if (const auto session = each.lock(); session && session->listening)
      session->say(bytes);
}

void FakeRedis::hang_up() {
  for (const auto& each : sessions_)
    if (const auto session = each.lock())
      session->close();
  sessions_.clear();
}

void FakeRedis::go_away() {
  acceptor_.close();
  hang_up();
}

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string array(const std::vector<std::string>& encoded) {
  std::string all = "*" + std::to_string(encoded.size()) + "\r\n";
  for (const std::string& each : encoded)
    all += each;
  return all;
}

std::string slots_answer(const std::vector<std::pair<unsigned, tracker::redis::Address>>& nodes) {
  const auto number = [](unsigned value) { return ":" + std::to_string(value) + "\r\n"; };
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const unsigned end = i + 1 < nodes.size() ? nodes[i + 1].first : 16384;
    ranges.push_back(array({number(nodes[i].first), number(end - 1),
                            array({bulk(nodes[i].second.host), number(nodes[i].second.port),
                                   bulk("0123456789012345678901234567890123456789")})}));
  }
  return array(ranges);
}

} // namespace triad::testing
