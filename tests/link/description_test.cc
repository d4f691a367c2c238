// SPDX-License-Identifier: LGPL-2.1-or-later
// Session descriptions as browsers and libraries write them, and as strangers may.
#include "peers/link/description.h"

#include "kit/random.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>

using namespace triad;

namespace {

// Chromium 156's offer, as simple-peer sends it (without ice-options).
constexpr std::string_view chromium =
    "v=0\r\no=- 2189977511407293070 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
    "m=application 40256 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 10.79.0.1\r\n"
    "a=candidate:2322708604 1 udp 2113937151 10.79.0.1 40256 typ host generation 0 network-cost "
    "999\r\na=ice-ufrag:JLY+\r\na=ice-pwd:6H56aBcDeFgHiJkLmNoPqRsT\r\n"
    "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:"
    "18:19:1A:1B:1C:1D:1E:1F\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    "a=max-message-size:262144\r\n";

Sha256 rising() {
  Sha256 hash;
  for (std::size_t i = 0; i < hash.size(); ++i)
    hash[i] = static_cast<std::byte>(i);
  return hash;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result(text);
  const std::size_t at = result.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return result.replace(at, what.size(), by);
}

std::string without(std::string_view text, std::string_view line) {
  const std::size_t at = text.find(line);
  BOOST_REQUIRE(at != std::string_view::npos);
  std::string result(text);
  return result.erase(at, text.find('\n', at) + 1 - at);
}

SessionDescription read(std::string_view sdp) {
  const auto description = parse_description(sdp);
  BOOST_REQUIRE_MESSAGE(description, (description ? "" : description.error().message));
  return *description;
}

// The reason for a refusal; empty if there was none.
std::string refusal(std::string_view sdp) {
  const auto description = parse_description(sdp);
  if (description)
    return {};
  BOOST_TEST((description.error().code == ErrorCode::bad_message));
  return description.error().message;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(descriptions)

BOOST_AUTO_TEST_CASE(chromium_is_read) {
  const SessionDescription description = read(chromium);
  BOOST_TEST(description.ice_ufrag == "JLY+");
  BOOST_TEST(description.ice_pwd == "6H56aBcDeFgHiJkLmNoPqRsT");
  BOOST_TEST((description.fingerprint == rising()));
  BOOST_TEST((description.setup == DtlsSetup::actpass));
  BOOST_TEST(description.mid == "0");
  BOOST_TEST(description.sctp_port == 5000);
  BOOST_TEST(description.max_message_size == 262144U);
  BOOST_REQUIRE_EQUAL(description.candidates.size(), 1U);
  BOOST_TEST(description.candidates[0] ==
             "candidate:2322708604 1 udp 2113937151 10.79.0.1 40256 typ host");
  BOOST_TEST(description.end_of_candidates); // no ice-options:trickle: there are no others
}

BOOST_AUTO_TEST_CASE(libdatachannel_is_read) {
  const SessionDescription description =
      read("v=0\r\no=rtc 1234 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE data\r\n"
           "a=group:LS data\r\na=msid-semantic:WMS *\r\na=ice-options:ice2,trickle\r\n"
           "a=fingerprint:SHA-256 00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:"
           "15:16:17:18:19:1a:1b:1c:1d:1e:1f\r\n"
           "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:data\r\n"
           "a=sendrecv\r\na=sctp-port:5001\r\na=max-message-size:262144\r\na=setup:active\r\n"
           "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
           "a=candidate:1 1 UDP 2122317823 192.168.1.2 48033 typ host\r\n");
  BOOST_TEST((description.fingerprint == rising()));
  BOOST_TEST((description.setup == DtlsSetup::active));
  BOOST_TEST(description.mid == "data");
  BOOST_TEST(description.sctp_port == 5001);
  BOOST_TEST(!description.end_of_candidates); // it trickles
}

BOOST_AUTO_TEST_CASE(line_ends_and_order_do_not_matter) {
  std::string lf(chromium);
  lf.erase(std::remove(lf.begin(), lf.end(), '\r'), lf.end());
  BOOST_TEST((read(lf) == read(chromium)));
  lf.pop_back(); // the last line's end
  BOOST_TEST((read(lf) == read(chromium)));
}

BOOST_AUTO_TEST_CASE(the_session_speaks_for_its_sections) {
  std::string sdp(chromium);
  const std::size_t media = sdp.find("m=application");
  for (const std::string_view name : {"a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup"}) {
    const std::size_t at = sdp.find(name);
    const std::string line = sdp.substr(at, sdp.find('\n', at) + 1 - at);
    sdp = without(sdp, name).insert(media, line);
  }
  BOOST_TEST((read(sdp) == read(chromium)));
  // A section's own word counts more.
  sdp.insert(sdp.find("a=mid"), "a=setup:passive\r\na=ice-ufrag:other\r\n");
  BOOST_TEST((read(sdp).setup == DtlsSetup::passive));
  BOOST_TEST(read(sdp).ice_ufrag == "other");
}

BOOST_AUTO_TEST_CASE(the_first_of_several_counts) {
  const std::string again =
      std::string(chromium) + "a=ice-ufrag:other\r\na=mid:1\r\na=setup:active\r\n";
  BOOST_TEST((read(again) == read(chromium)));
}

BOOST_AUTO_TEST_CASE(several_fingerprints) {
  const std::string others = "a=fingerprint:sha-1 00:01:02\r\na=fingerprint:sha-512 zz\r\n";
  std::string sdp = replaced(chromium, "a=fingerprint", others + "a=fingerprint");
  BOOST_TEST((read(sdp) == read(chromium)));
  BOOST_TEST(has(refusal(without(sdp, "a=fingerprint:sha-256")), "no SHA-256 fingerprint"));
  BOOST_TEST(has(refusal(replaced(chromium, ":1E:1F", ":1E")), "fingerprint"));
  BOOST_TEST(has(refusal(replaced(chromium, ":1E:1F", ":1E:1G")), "fingerprint"));
  BOOST_TEST(has(refusal(replaced(chromium, ":1E:1F", ":1E-1F")), "fingerprint"));
  BOOST_TEST(has(refusal(replaced(chromium, ":1E:1F", ":1E:1F:20")), "fingerprint"));
}

BOOST_AUTO_TEST_CASE(other_sections_are_passed_over) {
  const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=ice-ufrag:wrong\r\n"
                            "a=setup:passive\r\na=fingerprint:sha-256 rubbish\r\n";
  BOOST_TEST((read(std::string(chromium) + audio) == read(chromium)));
  BOOST_TEST(
      (read(replaced(chromium, "m=application", audio + "m=application")) == read(chromium)));
  BOOST_TEST(has(refusal(replaced(chromium, "m=application", "m=audio")), "no section"));
  BOOST_TEST(has(refusal(replaced(chromium, "webrtc-datachannel", "wb")), "no section"));
}

BOOST_AUTO_TEST_CASE(a_rejected_section) {
  const std::string rejected = replaced(chromium, "m=application 40256", "m=application 0");
  BOOST_TEST(has(refusal(rejected), "rejects"));
  BOOST_TEST((read(rejected + "a=bundle-only\r\n") == read(chromium)));
  // The first that is not rejected counts.
  BOOST_TEST((read(replaced(chromium, "m=application",
                            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:old\r\n"
                            "m=application")) == read(chromium)));
}

BOOST_AUTO_TEST_CASE(the_old_sctpmap) { // draft-ietf-mmusic-sctp-sdp-05 and before
  std::string sdp = without(chromium, "a=sctp-port");
  sdp = replaced(sdp, "UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5002");
  sdp += "a=sctpmap:5002 webrtc-datachannel 1024\r\n";
  BOOST_TEST(read(sdp).sctp_port == 5002);
}

BOOST_AUTO_TEST_CASE(defaults) {
  const SessionDescription description =
      read(without(without(without(chromium, "a=sctp-port"), "a=max-message-size"), "a=mid"));
  BOOST_TEST(description.sctp_port == 5000);
  BOOST_TEST(description.max_message_size == 65536U); // RFC 8841, section 6.1
  BOOST_TEST(description.mid.empty());
  BOOST_TEST(!has(write_description(description, true), "mid"));
  BOOST_TEST(!has(write_description(description, true), "BUNDLE"));
}

BOOST_AUTO_TEST_CASE(largest_message) {
  const auto size = [](std::string_view text) {
    return read(replaced(chromium, "size:262144", "size:" + std::string(text))).max_message_size;
  };
  BOOST_TEST(size("1") == 1U);
  BOOST_TEST(size("0") == 0xffffffffU);
  BOOST_TEST(size("9223372036854775807") == 0xffffffffU);
  BOOST_TEST(has(refusal(replaced(chromium, "size:262144", "size:-1")), "largest message"));
}

BOOST_AUTO_TEST_CASE(malformed) {
  BOOST_TEST(has(refusal(""), "no section"));
  BOOST_TEST(has(refusal("v=0\r\n"), "no section"));
  BOOST_TEST(has(refusal(replaced(chromium, "v=0", "v=1")), "v=0"));
  BOOST_TEST(has(refusal(replaced(chromium, "s=-", "session")), "malformed line"));
  BOOST_TEST(has(refusal(without(chromium, "a=ice-pwd")), "credentials"));
  BOOST_TEST(has(refusal(without(chromium, "a=ice-ufrag")), "credentials"));
  BOOST_TEST(has(refusal(replaced(chromium, "JLY+", "JLY")), "credentials"));
  BOOST_TEST(has(refusal(replaced(chromium, "JLY+", "JL Y+")), "credentials"));
  BOOST_TEST(has(refusal(replaced(chromium, "JLY+", std::string(257, 'x'))), "credentials"));
  BOOST_TEST(has(refusal(replaced(chromium, "6H56aB", "")), "credentials"));
  BOOST_TEST(has(refusal(without(chromium, "a=setup")), "DTLS"));
  BOOST_TEST(has(refusal(replaced(chromium, "actpass", "holdconn")), "DTLS"));
  BOOST_TEST(has(refusal(replaced(chromium, "a=mid:0", "a=mid:a b")), "mid"));
  BOOST_TEST(has(refusal(replaced(chromium, "a=mid:0", "a=mid:" + std::string(65, 'm'))), "mid"));
  for (const char* port : {"0", "65536", "x", ""})
    BOOST_TEST(has(refusal(replaced(chromium, "port:5000", "port:" + std::string(port))), "port"));
}

BOOST_AUTO_TEST_CASE(bounded) {
  std::string sdp(chromium);
  while (sdp.size() + 60 < max_description)
    sdp += "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n";
  BOOST_TEST(read(sdp).candidates.size() == max_candidates);
  sdp.resize(max_description + 1, ' ');
  BOOST_TEST(has(refusal(sdp), "too long"));
}

BOOST_AUTO_TEST_CASE(candidates_that_are_not_for_us) {
  const std::string sdp = std::string(chromium) +
                          "a=candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active\r\n"
                          "a=candidate:rubbish\r\na=candidate:2 1 udp 1 x.local 9 typ host\r\n";
  const auto candidates = read(sdp).candidates;
  BOOST_REQUIRE_EQUAL(candidates.size(), 2U);
  BOOST_TEST(candidates[1] == "candidate:2 1 udp 1 x.local 9 typ host");
}

BOOST_AUTO_TEST_CASE(to_the_byte) {
  SessionDescription description = read(chromium);
  description.end_of_candidates = true;
  const std::string offer = write_description(description, false);
  const std::size_t id = offer.find("o=- ") + 4;
  BOOST_TEST(
      std::string(offer).erase(id, offer.find(' ', id) - id) ==
      "v=0\r\no=-  2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
      "a=candidate:2322708604 1 udp 2113937151 10.79.0.1 40256 typ host\r\n"
      "a=end-of-candidates\r\na=ice-ufrag:JLY+\r\na=ice-pwd:6H56aBcDeFgHiJkLmNoPqRsT\r\n"
      "a=ice-options:trickle\r\na=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:"
      "0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\na=setup:actpass\r\na=mid:0\r\n"
      "a=sctp-port:5000\r\na=max-message-size:262144\r\n");
  BOOST_TEST((read(write_description(description, true)).setup == DtlsSetup::active));
  description.setup = DtlsSetup::passive;
  BOOST_TEST((read(write_description(description, true)).setup == DtlsSetup::passive));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  kit::Random random(4);
  const auto ice_chars = [&](std::uint64_t shortest) {
    std::string text;
    for (auto left = random.between(shortest, 256); left > 0; --left)
      text += "abcXYZ019+/"[random.below(11)];
    return text;
  };
  for (int i = 0; i < 500; ++i) {
    SessionDescription description;
    description.ice_ufrag = ice_chars(4);
    description.ice_pwd = ice_chars(22);
    for (std::byte& byte : description.fingerprint)
      byte = static_cast<std::byte>(random.next());
    description.setup = static_cast<DtlsSetup>(random.below(3));
    description.sctp_port = static_cast<std::uint16_t>(random.between(1, 65535));
    description.max_message_size = static_cast<std::uint32_t>(random.between(1, 0xffffffff));
    description.mid = std::string(random.below(65), 'm');
    for (auto left = random.below(max_candidates + 1); left > 0; --left)
      description.candidates.push_back("candidate:" + std::to_string(left) +
                                       " 1 udp 7 192.0.2.1 5000 typ host");
    description.end_of_candidates = random.chance(0.5);
    BOOST_TEST((read(write_description(description, false)) == description));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
