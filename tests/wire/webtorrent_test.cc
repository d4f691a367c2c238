// SPDX-License-Identifier: LGPL-2.1-or-later
// What real WebTorrent peers said to each other, said to us.
#include "release/metainfo.h"
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

using namespace triad;
using namespace triad::wire;

namespace {

using Content = std::vector<std::byte>;

// What `who` sent, message by message; webtorrent.txt says how it was recorded.
std::vector<Content> recorded(std::string_view who) {
  std::ifstream file(std::string(WIRE_RECORDINGS) + "/webtorrent.txt");
  std::vector<Content> messages;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name, digits;
    words >> name >> digits;
    if (name != who)
      continue;
    Content& bytes = messages.emplace_back();
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
      bytes.push_back(static_cast<std::byte>(std::stoul(digits.substr(at, 2), nullptr, 16)));
  }
  BOOST_REQUIRE(messages.size() > 5u);
  return messages;
}

// All in one.
std::vector<Content> joined(const std::vector<Content>& messages) {
  Content all;
  for (const Content& each : messages)
    all.insert(all.end(), each.begin(), each.end());
  return {all};
}

std::vector<Content> in_single_bytes(const std::vector<Content>& messages) {
  std::vector<Content> bytes;
  for (const Content& message : messages)
    for (const std::byte byte : message)
      bytes.push_back({byte});
  return bytes;
}

ConversationSettings settings() {
  ConversationSettings made = test::settings_of(1);
  const Content hello = recorded("seeder").front();
  std::copy_n(hello.begin() + 28, made.info_hash.size(), made.info_hash.begin());
  return made;
}

// Its info dictionary, as the seeder sent it.
Content recorded_info() {
  const std::string all = kit::to_text(joined(recorded("seeder"))[0]);
  const std::size_t end_of_head = all.find("10:total_sizei106ee") + 19;
  return kit::to_content(all.substr(end_of_head, 106));
}

Content content_of_song() {
  Content bytes;
  for (unsigned at = 0; at < 20'000; ++at)
    bytes.push_back(static_cast<std::byte>((at * 7 + (at >> 8)) & 0xff));
  return bytes;
}

// A magnet link's way, with the seeder on the other side: gives the file.
struct Leecher {
  Conversation conversation{settings(), {}};
  ReleasePtr release;
  Content file = Content(20'000);
  std::uint32_t blocks = 0;

  void on(const HandshakeReceived& event) {
    BOOST_TEST(kit::to_text(event.peer_id).starts_with("-WW0300-"));
  }
  void on(const PeerFeatures& event) {
    BOOST_TEST(event.metadata_size.value() == 106u);
    BOOST_TEST(!event.triad);
    conversation.request_metadata(0);
  }
  void on(const MetadataReceived& event) {
    BOOST_TEST(event.total == 106u);
    BOOST_TEST((sha1(event.bytes) == settings().info_hash));
    const auto read = parse_info(event.bytes);
    BOOST_REQUIRE(read);
    release = *read;
    BOOST_REQUIRE(conversation.set_content(test::content_of(release, false)));
  }
  void on(const BlockReceived& event) {
    const ByteRange range = release->block_range(event.block);
    BOOST_REQUIRE(event.bytes.size() == range.size());
    std::copy(event.bytes.begin(), event.bytes.end(),
              file.begin() + static_cast<std::ptrdiff_t>(range.begin));
    ++blocks;
  }
  void on(const ChokedChanged& event) {
    if (event.choked)
      return;
    BOOST_TEST(conversation.peer_has_all());
    for (std::uint32_t block = 0; block < 2; ++block)
      conversation.request(BlockIndex(block), Urgency::playing);
  }
  void on(const AvailabilityChanged&) { conversation.set_interested(true); }
  template <typename Other>
  void on(const Other&) {
    BOOST_ERROR("an unexpected event");
  }
};

void drive(auto& side, const std::vector<Content>& messages) {
  for (const Content& message : messages) {
    const auto said = side.conversation.receive(message);
    BOOST_REQUIRE_MESSAGE(said, (said ? "" : said.error().message));
    while (const auto event = side.conversation.poll())
      std::visit([&](const auto& each) { side.on(each); }, *event);
  }
}

// The other side, with the leecher opposite: collects what we send.
struct Seeder {
  explicit Seeder(const Content& info) {
    const auto release = parse_info(info);
    BOOST_REQUIRE(release);
    ConversationContent content = test::content_of(*release, true);
    content.info = std::make_shared<const Content>(info);
    conversation = Conversation(settings(), content);
    conversation.set_choking(false);
  }
  Conversation conversation{settings(), {}};
  std::uint32_t asked = 0;
  std::vector<bool> interest;

  void on(const BlockRequested& event) {
    ++asked;
    const Content song = content_of_song();
    const std::size_t begin = event.block.piece * 16'384 + event.block.begin;
    BOOST_TEST((event.urgency == Urgency::playing));
    conversation.send_block(event.block, Bytes(song).subspan(begin, event.block.length));
  }
  void on(const InterestChanged& event) { interest.push_back(event.interested); }
  template <typename Other>
  void on(const Other&) {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(webtorrent)

BOOST_AUTO_TEST_CASE(a_seeder_gives_metadata_and_blocks) {
  Leecher leecher;
  drive(leecher, recorded("seeder"));
  BOOST_TEST(leecher.blocks == 2u);
  BOOST_TEST((leecher.file == content_of_song()));
  const Content piece(leecher.file.begin() + 16'384, leecher.file.end());
  BOOST_TEST((leecher.release->verify(PieceIndex(1), piece) == Release::Verdict::good));
}

BOOST_AUTO_TEST_CASE(a_seeder_in_single_bytes) {
  Leecher leecher;
  drive(leecher, in_single_bytes(recorded("seeder")));
  BOOST_TEST((leecher.file == content_of_song()));
}

BOOST_AUTO_TEST_CASE(a_leecher_is_served) {
  for (int cut = 0; cut < 3; ++cut) {
    Seeder seeder(recorded_info());
    const auto messages = recorded("leecher");
    drive(seeder, cut == 0 ? messages : cut == 1 ? joined(messages) : in_single_bytes(messages));
    BOOST_TEST(seeder.asked == 2u);
    BOOST_TEST((seeder.interest == std::vector<bool>{true, false}));
    BOOST_TEST(seeder.conversation.peer_has_all());
    std::string said;
    for (;;) {
      const Content more = seeder.conversation.take_output();
      if (more.empty())
        break;
      said += kit::to_text(more);
    }
    // What the real seeder said, we said too, byte for byte: the dictionary, both blocks.
    const auto theirs = recorded("seeder");
    for (const Content& message : theirs)
      if (message.size() > 100)
        BOOST_TEST(said.find(kit::to_text(message)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
