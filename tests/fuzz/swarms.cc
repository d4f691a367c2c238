// SPDX-License-Identifier: LGPL-2.1-or-later
// A tracker's inputs, one a line: a digit and a frame of the connection with that number, 'c' and a
// digit to close it, 't' and a letter to turn the dial, 'e' to let time pass. Nobody who is gone is
// sent anything, all that is sent is well formed, and when all have left nothing is kept.
#include "tracker/swarms/swarms.h"
#include "fuzz/require.h"
#include "peers/signal/replies.h"

#include <array>
#include <string_view>

namespace {

using namespace triad;
using namespace triad::tracker;

class Connections final : public Outbox {
public:
  void send(ConnectionId to, std::string_view frame) override {
    FUZZ_REQUIRE(to < open.size() && open[to]);
    FUZZ_REQUIRE(parser_.parse(frame));
  }
  std::array<bool, 10> open{};

private:
  signal::ReplyParser parser_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Connections connections;
  SwarmsSettings settings;
  settings.swarms_per_connection = 4;
  settings.swarms = 8;
  settings.stun = {"stun:192.0.2.1:8000"};
  Swarms swarms(settings, 1, connections, nullptr);
  Time now{0};
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty())
      continue;
    const auto second = static_cast<unsigned char>(line.size() > 1 ? line[1] : 0);
    if (line[0] >= '0' && line[0] <= '9') {
      const auto from = static_cast<ConnectionId>(line[0] - '0');
      connections.open[from] = true;
      swarms.receive(from, line.substr(1), nullptr, now);
    } else if (line[0] == 'c') {
      swarms.closed(second % 10, now);
      connections.open[second % 10] = false;
    } else if (line[0] == 't') {
      settings.peer_share = second % 101;
      swarms.apply(settings, now);
    } else if (line[0] == 'e') {
      now += std::chrono::seconds(second);
      swarms.expire(now);
    }
    const SwarmsTotals& totals = swarms.totals();
    FUZZ_REQUIRE(totals.swarms <= 8 && totals.swarms <= totals.seeders + totals.leechers);
    FUZZ_REQUIRE(totals.seeders + totals.leechers <= 4 * totals.connections);
  }
  for (ConnectionId connection = 0; connection < 10; ++connection)
    swarms.closed(connection, now);
  const SwarmsTotals& totals = swarms.totals();
  FUZZ_REQUIRE(totals.swarms + totals.seeders + totals.leechers + totals.connections == 0);
  return 0;
}
