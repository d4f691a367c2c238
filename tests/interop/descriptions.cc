// SPDX-License-Identifier: LGPL-2.1-or-later
// Triad's session descriptions, for a test with a browser: writes an offer, or reads an offer and
// writes its answer, or reads either and says what it understood.
#include "peers/link/candidate.h"
#include "peers/link/description.h"

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

using namespace triad;

namespace {

constexpr const char* usage = "usage: descriptions offer | answer <OFFER | read <DESCRIPTION\n";

SessionDescription own_description() {
  SessionDescription own;
  own.ice_ufrag = "tR1+";
  own.ice_pwd = "0123456789/abcdefghijk";
  own.fingerprint.fill(std::byte{0xa5});
  own.mid = "data";
  own.max_message_size = 100000; // not the default, which browsers leave out
  own.candidates = {
      "candidate:1 1 udp 2122317823 10.79.0.2 50000 typ host",
      "candidate:2 1 udp 1686109439 203.0.113.11 50000 typ srflx raddr 10.79.0.2 rport 50000",
      "candidate:3 1 udp 2122317822 2001:db8::2 50000 typ host",
      "candidate:4 1 udp 41885951 203.0.113.1 50001 typ relay raddr 203.0.113.11 rport 50000",
  };
  own.end_of_candidates = true;
  return own;
}

void print(const SessionDescription& description) {
  constexpr const char* setups[] = {"actpass", "active", "passive"};
  std::cout << "ice-ufrag " << description.ice_ufrag << "\nice-pwd " << description.ice_pwd
            << "\nfingerprint " << hex(description.fingerprint) << "\nsetup "
            << setups[static_cast<int>(description.setup)] << "\nmid " << description.mid
            << "\nsctp-port " << description.sctp_port << "\nmax-message-size "
            << description.max_message_size << '\n';
  for (const std::string& line : description.candidates)
    std::cout << "address " << (*parse_candidate(line))->address << '\n';
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  if (what == "offer") {
    std::cout << write_description(own_description(), false);
    return 0;
  }
  if (what != "answer" && what != "read") {
    std::fputs(usage, stderr);
    return 2;
  }
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const auto description = parse_description(text);
  if (!description) {
    std::fprintf(stderr, "%s\n%s", description.error().message.c_str(), text.c_str());
    return 1;
  }
  if (what == "read") {
    print(*description);
    return 0;
  }
  SessionDescription answer = own_description();
  answer.setup = DtlsSetup::active;
  answer.mid = description->mid;
  std::cout << write_description(answer, true);
}
