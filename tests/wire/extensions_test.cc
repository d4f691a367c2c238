// SPDX-License-Identifier: LGPL-2.1-or-later
// Extended messages byte for byte.
#include "kit/releases.h"
#include "peers/wire/extensions.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::wire;

namespace {

Result<ExtensionHandshake> parsed(std::string_view text) {
  return parse_extension_handshake(std::as_bytes(std::span(text)));
}

std::string client(std::string_view raw) {
  const auto read = parsed("d1:v" + std::to_string(raw.size()) + ":" + std::string(raw) + "e");
  BOOST_REQUIRE(read);
  return read->client;
}

} // namespace

BOOST_AUTO_TEST_SUITE(extensions)

BOOST_AUTO_TEST_CASE(our_handshake_is_as_documented) {
  BOOST_TEST(kit::to_text(extension_handshake(18'339, true)) ==
             "d1:md11:lt_donthavei3e13:triad_urgencyi2e11:ut_metadatai1ee13:metadata_sizei18339e"
             "4:reqqi250e11:upload_onlyi1e1:v5:Triade");
  BOOST_TEST(kit::to_text(extension_handshake(0, false)) ==
             "d1:md11:lt_donthavei3e13:triad_urgencyi2e11:ut_metadatai1ee"
             "4:reqqi250e11:upload_onlyi0e1:v5:Triade");
}

BOOST_AUTO_TEST_CASE(our_handshake_is_understood) {
  const auto read = parse_extension_handshake(extension_handshake(18'339, true));
  BOOST_REQUIRE(read);
  BOOST_TEST(int(read->metadata.value()) == 1);
  BOOST_TEST(int(read->urgency.value()) == 2);
  BOOST_TEST(int(read->dont_have.value()) == 3);
  BOOST_TEST(read->metadata_size.value() == 18'339u);
  BOOST_TEST(read->max_requests.value() == 250u);
  BOOST_TEST(read->upload_only.value());
  BOOST_TEST(read->client == "Triad");
}

BOOST_AUTO_TEST_CASE(chromiums_handshake_is_understood) {
  const auto read = parsed("d1:md11:lt_donthavei2e11:ut_metadatai1ee13:metadata_sizei18339ee");
  BOOST_REQUIRE(read);
  BOOST_TEST(int(read->metadata.value()) == 1);
  BOOST_TEST(int(read->dont_have.value()) == 2);
  BOOST_TEST(!read->urgency);
  BOOST_TEST(read->metadata_size.value() == 18'339u);
  BOOST_TEST(!read->max_requests);
  BOOST_TEST(!read->upload_only);
}

BOOST_AUTO_TEST_CASE(values_out_of_range_count_as_not_said) {
  for (const char* text :
       {"d13:metadata_sizei0ee", "d13:metadata_sizei-1ee", "d13:metadata_sizei16777217ee",
        "d13:metadata_size2:10e", "d13:metadata_sizei99999999999999999999ee", "de",
        "d1:mi3e13:metadata_sizei0ee"})
    BOOST_TEST(!parsed(text)->metadata_size, text);
  BOOST_TEST(parsed("d13:metadata_sizei16777216ee")->metadata_size.value() == max_metadata);
  const auto ids = parsed("d1:md11:lt_donthavei256e13:triad_urgency1:x11:ut_metadatai-1eee");
  BOOST_TEST((!ids->metadata && !ids->urgency && !ids->dont_have));
}

BOOST_AUTO_TEST_CASE(a_clients_name_is_safe_to_show) {
  BOOST_TEST(client("WebTorrent 3.0") == "WebTorrent 3.0");
  BOOST_TEST(client("a\nb\x7f") == "a?b?");
  BOOST_TEST(client("\xc2\x85x\xe2\x80\xaey\xc3\xa9") == "?x?y\u00e9");
  BOOST_TEST(client("\xff\xfe") == "");
  BOOST_TEST(client(std::string(100, 'x')) == std::string(64, 'x'));
  const std::string cut = client(std::string(63, 'x') + "\u00e9 and more");
  BOOST_TEST(cut == std::string(63, 'x'));
}

BOOST_AUTO_TEST_CASE(metadata_messages_return) {
  const auto bytes = kit::random_content(1, 500);
  using Kind = MetadataMessage::Kind;
  for (const MetadataMessage& message :
       {MetadataMessage{Kind::request, 3, 0, {}}, MetadataMessage{Kind::reject, 1023, 0, {}},
        MetadataMessage{Kind::data, 1, 16'884, bytes}}) {
    const auto written = metadata_message(message);
    const auto read = parse_metadata_message(written);
    BOOST_REQUIRE((read && *read));
    BOOST_TEST(((*read)->kind == message.kind));
    BOOST_TEST((*read)->part == message.part);
    BOOST_TEST((*read)->total == message.total);
    BOOST_TEST((hex((*read)->bytes) == hex(message.bytes)));
    // WebTorrent takes the first "ee" for the end of the dictionary.
    const std::string text = kit::to_text(written);
    BOOST_TEST(text.find("ee") + 2 + message.bytes.size() == text.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
