// SPDX-License-Identifier: LGPL-2.1-or-later
// STUN Binding requests: RFC 5769's vectors, RFC 3489's clients, and what gets no answer.
#include "tracker/server/stun.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace triad::tracker;

namespace {

using Bytes = std::vector<std::uint8_t>;

// "00 01 ..." without regard to blanks.
Bytes bytes(std::string_view hex) {
  Bytes out;
  std::string pair;
  for (const char c : hex) {
    if (c != ' ') {
      pair += c;
    }
    if (pair.size() == 2) {
      out.push_back(static_cast<std::uint8_t>(std::stoi(pair, nullptr, 16)));
      pair.clear();
    }
  }
  return out;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Address ipv4{false, {192, 0, 2, 1}};
const Address ipv6{true,
                   {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x00, 0x11, 0x22, 0x33, 0x44,
                    0x55, 0x66, 0x77}};
constexpr std::uint16_t port = 32853;

Bytes answer(const Bytes& request, const Address& source = ipv4) {
  std::array<std::uint8_t, max_stun_response> response{};
  const std::size_t size = answer_stun(request, source, port, response);
  return {response.begin(), response.begin() + static_cast<std::ptrdiff_t>(size)};
}

const Bytes transaction = bytes("b7e7a701bc34d686fa87dfae");
const Bytes cookie = bytes("2112a442");

// A Binding request of these attributes.
Bytes request(const Bytes& attributes = {}) {
  const auto length = static_cast<std::uint8_t>(attributes.size());
  return Bytes{0, 1, 0, length} + cookie + transaction + attributes;
}

// RFC 5769, section 2.1.
const Bytes sample_request = bytes("00010058 2112a442 b7e7a701bc34d686fa87dfae"
                                   "80220010 5354554e207465737420636c69656e74" // SOFTWARE
                                   "00240004 6e0001ff"                         // PRIORITY
                                   "80290008 932ff9b151263b36"                 // ICE-CONTROLLED
                                   "00060009 6576746a3a68367659202020"         // USERNAME
                                   "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
                                   "80280004 e57a3bcf"); // FINGERPRINT
// The XOR-MAPPED-ADDRESS of sections 2.2 and 2.3.
const Bytes sample_ipv4 = bytes("00200008 0001a147 e112a643");
const Bytes sample_ipv6 = bytes("00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9");

void check_bytes(const Bytes& found, const Bytes& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

} // namespace

BOOST_AUTO_TEST_SUITE(stun)

BOOST_AUTO_TEST_CASE(the_address_that_a_request_came_from) {
  check_bytes(answer(request()), bytes("0101000c") + cookie + transaction + sample_ipv4);
  check_bytes(answer(request(), ipv6), bytes("01010018") + cookie + transaction + sample_ipv6);
}

BOOST_AUTO_TEST_CASE(a_mapped_address_is_told_as_ipv4) {
  const Address mapped{true, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
  check_bytes(answer(request(), mapped), answer(request()));
}

// An ICE agent's own check is not for us: PRIORITY is its word.
BOOST_AUTO_TEST_CASE(rfc_5769_request) {
  const Bytes refused = answer(sample_request);
  check_bytes({refused.begin(), refused.begin() + 36}, bytes("01110018") + cookie + transaction +
                                                           bytes("00090004 00000414") +
                                                           bytes("000a0002 00240000"));
  check_bytes({refused.begin() + 36, refused.begin() + 40}, bytes("80280004"));
  BOOST_TEST(refused.size() == 44u);
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_answered_with_one) {
  // Both made apart from this program, with Python's zlib.crc32.
  const Bytes asked = request(bytes("80280004 fdf6ae02"));
  check_bytes(answer(asked),
              bytes("01010014") + cookie + transaction + sample_ipv4 + bytes("80280004 7d281f59"));
}

BOOST_AUTO_TEST_CASE(a_wrong_fingerprint_is_another_protocol) {
  Bytes changed = sample_request;
  changed.back() ^= 1;
  BOOST_TEST(answer(changed).empty());
  changed = sample_request;
  changed[30] ^= 1;
  BOOST_TEST(answer(changed).empty());
  BOOST_TEST(answer(request(bytes("80280004 fdf6ae02 80220000"))).empty()); // not the last
}

BOOST_AUTO_TEST_CASE(what_may_be_ignored_is) {
  const Bytes plain = answer(request());
  check_bytes(answer(request(bytes("80220003 61626300"))), plain); // SOFTWARE
  check_bytes(answer(request(bytes("ffff0000"))), plain);
  check_bytes(answer(request(bytes("00060001 61000000"))), plain); // USERNAME
  // What follows MESSAGE-INTEGRITY was not signed.
  check_bytes(answer(request(bytes("00080014") + Bytes(20) + bytes("00240004 00000000"))), plain);
}

BOOST_AUTO_TEST_CASE(what_must_be_understood_is_named) {
  const Bytes odd = answer(request(bytes("00240000 7ff00000 00010000")));
  check_bytes(odd, bytes("01110014") + cookie + transaction + bytes("00090004 00000414") +
                       bytes("000a0006 0024 7ff0 0001 0000"));
  Bytes many;
  for (std::uint8_t i = 0; i < 50; ++i) {
    many = many + Bytes{0x70, i, 0, 0};
  }
  const Bytes some = answer(request(many));
  BOOST_TEST(some.size() == 20u + 8 + 4 + 16);
  BOOST_TEST(some.size() <= max_stun_response);
}

// RFC 3489: no magic cookie, 16 bytes of transaction id, the address as it is.
BOOST_AUTO_TEST_CASE(classic_clients) {
  const Bytes id = bytes("000102030405060708090a0b0c0d0e0f");
  check_bytes(answer(bytes("00010000") + id),
              bytes("0101000c") + id + bytes("00010008 00018055 c0000201"));
  // CHANGE-REQUEST: there is no second address to answer from.
  const Bytes refused = answer(bytes("00010008") + id + bytes("00030004 00000006"));
  check_bytes(refused, bytes("01110010") + id + bytes("00090004 00000414 000a0002 00030000"));
}

BOOST_AUTO_TEST_CASE(what_gets_no_answer) {
  const Bytes good = request(bytes("80220004 61626364"));
  BOOST_TEST(!answer(good).empty());
  for (std::size_t size = 0; size < good.size(); ++size) {
    BOOST_TEST(answer({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}).empty());
  }
  BOOST_TEST(answer(good + Bytes(4)).empty());
  for (const std::string_view type :
       {"0011", "0101", "0111", "0002", "0003", "4001", "8001", "c001", "0000"}) {
    Bytes other = good;
    other[0] = bytes(type)[0];
    other[1] = bytes(type)[1];
    BOOST_TEST(answer(other).empty(), type);
  }
  BOOST_TEST(answer(request(bytes("80220005 61626364"))).empty()); // longer than the message
  BOOST_TEST(answer(request(bytes("8022ffff 61626364"))).empty());
  BOOST_TEST(answer(answer(good)).empty());
}

BOOST_AUTO_TEST_CASE(an_answer_is_hardly_longer_than_its_request) {
  for (const Bytes& asked : {request(), request(bytes("80280004 fdf6ae02")),
                             request(bytes("7ff00000")), sample_request}) {
    BOOST_TEST(answer(asked, ipv6).size() <= asked.size() + 24);
  }
}

BOOST_AUTO_TEST_SUITE_END()
