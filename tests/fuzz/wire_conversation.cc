// SPDX-License-Identifier: LGPL-2.1-or-later
// A conversation with a peer that says anything at any time, while we do as we please: only what
// was asked for comes out, only what we have is asked of us, and what we say is well-formed and
// limited.
//
// Input: one byte of settings, then steps of one byte each that take the bytes they need.
#include "peers/wire/conversation.h"

#include "fuzz/require.h"
#include "kit/releases.h"
#include "peers/wire/stream.h"

#include <algorithm>
#include <cstdint>
#include <set>

using namespace triad;
using namespace triad::wire;

namespace {

using Content = std::vector<std::byte>;

constexpr Sha1 release_hash{std::byte{7}};

// Five pieces of 32 KiB, the last of 100 bytes; or v2 with gaps.
const ReleasePtr& release(bool v2) {
  static const std::array releases = [] {
    kit::ReleaseSpec spec;
    spec.files = {{"a.ogg", kit::random_content(1, 100'000)},
                  {"b.ogg", kit::random_content(2, 100)}};
    spec.piece_length = 32 * 1024;
    spec.format = kit::Format::hybrid;
    const ReleasePtr hybrid = kit::make_release(spec);
    spec.format = kit::Format::v2;
    return std::array{hybrid, kit::make_release(spec)};
  }();
  return releases[v2 ? 1 : 0];
}

class Input {
public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0)
      return 0;
    --left_;
    return *data_++;
  }
  Content bytes(std::size_t size) {
    size = std::min(size, left_);
    const Bytes view = std::as_bytes(std::span(data_, size));
    data_ += size;
    left_ -= size;
    return {view.begin(), view.end()};
  }

private:
  const std::uint8_t* data_;
  std::size_t left_;
};

class Run {
public:
  explicit Run(std::uint8_t settings)
      : fast_(settings & 1u),
        v2_(settings & 2u),
        known_(settings & 4u),
        release_(release(settings & 8u)),
        have_(release_->piece_count(), settings & 16u),
        conversation_(settings_of(v2_), known_ ? content() : ConversationContent{}) {
    Content hello;
    append(hello, Handshake{release_hash, PeerId{}, true, fast_, v2_});
    FUZZ_REQUIRE(conversation_.receive(hello));
    drain();
  }

  // False: the conversation has ended.
  bool step(Input& input) {
    const std::uint8_t what = input.byte();
    if (what < 160)
      return say(input, what);
    command(what, input.byte());
    drain();
    return !ended_;
  }

private:
  static ConversationSettings settings_of(bool v2) {
    ConversationSettings settings;
    settings.info_hash = release_hash;
    settings.own_id.fill(std::byte{1});
    settings.v2 = v2;
    return settings;
  }
  [[nodiscard]] ConversationContent content() const {
    static const auto info = std::make_shared<const Content>(kit::random_content(3, 20'000));
    return {release_, have_, info};
  }

  bool say(Input& input, std::uint8_t what) {
    if (what < 120) { // a message whose length is right
      static constexpr std::uint8_t sizes[] = {0, 0, 0, 0, 4, 1, 12, 8, 12};
      const auto kind = static_cast<std::uint8_t>(what % 24u);
      Content body = input.bytes(kind < std::size(sizes) ? sizes[kind] : input.byte());
      if (kind == 7) // a block: of any length up to 64 KiB less its head
        body.resize(body.size() + (input.byte() * 256u + input.byte()) % 65'000u);
      const auto size = static_cast<std::uint32_t>(body.size() + 1);
      chunk_ = {std::byte{0}, static_cast<std::byte>(size >> 16), static_cast<std::byte>(size >> 8),
                static_cast<std::byte>(size), std::byte{kind}};
      chunk_.insert(chunk_.end(), body.begin(), body.end());
    } else if (what < 140) { // the answer to a request
      if (wanted_.empty())
        return true;
      auto wanted = wanted_.begin();
      std::advance(wanted, what % wanted_.size());
      const std::uint32_t per_piece = release_->blocks_per_piece();
      const auto size = release_->block_range(*wanted).size();
      chunk_.clear();
      append(chunk_, Block{wanted->value() / per_piece, wanted->value() % per_piece * block_size,
                           Content(static_cast<std::size_t>(size))});
    } else {
      chunk_ = input.bytes(input.byte());
    }
    const auto said = conversation_.receive(chunk_);
    if (!said) {
      FUZZ_REQUIRE(said.error().code == ErrorCode::bad_message && !said.error().message.empty());
      return false;
    }
    drain();
    return true;
  }

  void command(std::uint8_t what, std::uint8_t number) {
    const BlockIndex block(number % (release_->piece_count() * release_->blocks_per_piece()));
    const PieceIndex piece(number % release_->piece_count());
    switch (what % 14) {
    case 0:
      conversation_.set_choking(number & 1u);
      if (number & 1u)
        asked_.clear();
      break;
    case 1:
      conversation_.set_interested(number & 1u);
      break;
    case 2:
      conversation_.set_upload_only(number & 1u);
      break;
    case 3:
      if (known_)
        have_[piece.value()] = true;
      conversation_.have(piece);
      break;
    case 4:
      if (known_)
        have_[piece.value()] = false;
      conversation_.lost(piece);
      break;
    case 5:
    case 6:
      if (block.value() % release_->blocks_per_piece() >=
          release_->block_count(release_->piece_of(block)))
        break;
      if (wanted_.insert(block).second)
        conversation_.request(block, static_cast<Urgency>(what % 3));
      break;
    case 7:
      wanted_.erase(block);
      conversation_.cancel(block);
      break;
    case 8:
      if (!asked_.empty()) {
        const BlockRequest due = *asked_.begin();
        asked_.erase(asked_.begin());
        conversation_.send_block(due, Content(due.length));
      }
      break;
    case 9:
      conversation_.request_metadata(number % 4u);
      metadata_.insert(number % 4u);
      break;
    case 10:
      conversation_.request_hashes({{}, 0, number, 2, 0});
      break;
    case 11:
      for (const HashRequest& due : hashes_)
        conversation_.send_hashes(due, Content(64));
      hashes_.clear();
      break;
    case 12:
      if (!known_) {
        known_ = true;
        ended_ = !conversation_.set_content(content());
      }
      break;
    default:
      take_output();
    }
  }

  void take_output() {
    for (Content more = conversation_.take_output(); !more.empty();
         more = conversation_.take_output()) {
      FUZZ_REQUIRE(more.size() < max_unsent + 2 * 65'536);
      if (!shaken_) {
        FUZZ_REQUIRE(more.size() >= 68);
        more.erase(more.begin(), more.begin() + 68);
        shaken_ = true;
      }
      MessageStream stream(256 * 1024);
      stream.add(more);
      for (;;) {
        const auto next = stream.next();
        FUZZ_REQUIRE(next);
        if (!*next)
          break;
        const auto message = parse(**next);
        FUZZ_REQUIRE(message && !std::holds_alternative<Unknown>(*message));
        FUZZ_REQUIRE(fast_ || !std::holds_alternative<RejectBlock>(*message));
      }
    }
  }

  void drain() {
    while (const auto event = conversation_.poll())
      std::visit([this](const auto& each) { on(each); }, *event);
    FUZZ_REQUIRE(conversation_.outstanding() == wanted_.size());
    FUZZ_REQUIRE(wanted_.size() <= conversation_.request_limit() || wanted_.size() <= limit_seen_);
    limit_seen_ = std::max(limit_seen_, conversation_.request_limit());
    FUZZ_REQUIRE(asked_.size() <= max_requests && hashes_.size() <= max_hash_requests);
  }

  void on(const BlockReceived& event) {
    FUZZ_REQUIRE(wanted_.erase(event.block) == 1);
    FUZZ_REQUIRE(event.bytes.size() == release_->block_range(event.block).size());
    std::uint8_t sum = 0; // reads it all: a view that has ended is seen by AddressSanitizer
    for (const std::byte byte : event.bytes)
      sum = static_cast<std::uint8_t>(sum + std::to_integer<std::uint8_t>(byte));
    read_ = read_ + sum;
  }
  void on(const RequestDropped& event) { FUZZ_REQUIRE(wanted_.erase(event.block) == 1); }
  void on(const BlockRequested& event) {
    FUZZ_REQUIRE(known_ && have_[event.block.piece] && !conversation_.choking());
    const auto size = release_->piece_range(PieceIndex(event.block.piece)).size();
    FUZZ_REQUIRE(event.block.length > 0 && event.block.length <= max_request_length);
    FUZZ_REQUIRE(std::uint64_t{event.block.begin} + event.block.length <= size);
    FUZZ_REQUIRE(asked_.insert(event.block).second);
  }
  void on(const RequestCancelled& event) {
    FUZZ_REQUIRE(asked_.erase(event.block) == 1);
    conversation_.reject(event.block);
  }
  void on(const MetadataReceived& event) {
    FUZZ_REQUIRE(metadata_.contains(event.part) && event.bytes.size() <= metadata_part);
    FUZZ_REQUIRE(event.total <= max_metadata);
  }
  void on(const HashesRequested& event) { hashes_.push_back(event.request); }
  void on(const PeerFeatures& event) { FUZZ_REQUIRE(event.client.size() <= 64); }
  template <typename Other>
  void on(const Other&) {}

  bool fast_, v2_, known_;
  ReleasePtr release_;
  std::vector<bool> have_;
  Conversation conversation_;
  Content chunk_;
  bool shaken_ = false;
  bool ended_ = false;
  std::uint32_t limit_seen_ = 0;
  volatile std::uint64_t read_ = 0;
  std::set<BlockIndex> wanted_;
  std::set<BlockRequest> asked_;
  std::set<std::uint32_t> metadata_;
  std::vector<HashRequest> hashes_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.byte());
  while (!input.empty() && run.step(input))
    ;
  return 0;
}
