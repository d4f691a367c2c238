// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/conversation.h"

#include "peers/wire/conversation_state.h"
#include "peers/wire/numbers.h"
#include "release/metainfo.h"

#include <algorithm>
#include <utility>

namespace triad::wire {

namespace {

// How long a peer's messages may be: extension handshakes and parts of the info dictionary; the
// longest bitfield there is, while it is not known how long it must be.
constexpr std::uint32_t longest_message = 64 * 1024;
constexpr std::uint32_t longest_bitfield = 1 + max_pieces / 8;
// Parts of the info dictionary are made as long as less than this is in the output.
constexpr std::size_t metadata_output = 64 * 1024;
constexpr std::size_t untold_cancels = 16; // of a peer without urgency: it may be WebTorrent

std::vector<std::byte> bitfield_of(const std::vector<bool>& have) {
  std::vector<std::byte> bits((have.size() + 7) / 8);
  for (std::size_t piece = 0; piece < have.size(); ++piece)
    if (have[piece])
      bits[piece / 8] |= std::byte{0x80} >> (piece % 8);
  return bits;
}

} // namespace

// --- State ---

Conversation::State::State(ConversationSettings own_settings, ConversationContent known)
    : settings(own_settings), content(std::move(known)), stream(longest_bitfield) {
  if (content.release) {
    content.have.resize(content.release->piece_count());
    (void)pieces.set_count(content.release->piece_count()); // nothing was said yet
  }
  set_longest_message();
  append(output, Handshake{settings.info_hash, settings.own_id, true, true, settings.v2});
}

void Conversation::State::set_longest_message() {
  const std::uint32_t bitfield =
      content.release ? 1 + (content.release->piece_count() + 7) / 8 : longest_bitfield;
  stream.set_longest(std::max(longest_message, bitfield));
}

void Conversation::State::send_extended(std::uint8_t id, const std::vector<std::byte>& payload) {
  send(Extended{id, payload});
}

void Conversation::State::send_extension_handshake() {
  const auto size = content.info ? static_cast<std::uint32_t>(content.info->size()) : 0;
  send_extended(static_cast<std::uint8_t>(ExtensionId::handshake),
                extension_handshake(size, settings.upload_only));
}

void Conversation::State::send_pieces() {
  const auto missing = std::count(content.have.begin(), content.have.end(), false);
  if (fast() && missing == 0)
    send(HaveAll{});
  else if (fast() && missing == static_cast<std::ptrdiff_t>(content.have.size()))
    send(HaveNone{});
  else
    send(Bitfield{bitfield_of(content.have)});
}

void Conversation::State::send_metadata() {
  while (!metadata_due.empty() && output.size() < metadata_output) {
    const Bytes info = *content.info;
    const std::size_t begin = std::size_t{metadata_due.front()} * metadata_part;
    const Bytes part =
        info.subspan(begin, std::min<std::size_t>(metadata_part, info.size() - begin));
    send_extended(ids.metadata, metadata_message({MetadataMessage::Kind::data, metadata_due.front(),
                                                  static_cast<std::uint32_t>(info.size()), part}));
    metadata_due.pop_front();
  }
}

void Conversation::State::tell_availability() {
  if (!std::exchange(availability_due, true))
    tell(AvailabilityChanged{});
}

void Conversation::State::tell_interest() {
  if (!heard || wanting == told_wanting)
    return;
  told_wanting = wanting;
  if (wanting)
    send(Interested{});
  else
    send(NotInterested{});
}

void Conversation::State::tell_losses() {
  if (ids.dont_have == 0) // it is not known yet, or the peer asks in vain
    return;
  for (const std::uint32_t piece : std::exchange(losses, {})) {
    std::vector<std::byte> payload;
    append_number(payload, piece);
    send_extended(ids.dont_have, payload);
  }
}

void Conversation::State::refuse(const BlockRequest& block) {
  if (fast())
    send(RejectBlock{block});
}

bool Conversation::State::has(std::uint32_t piece) const {
  return content.release && piece < content.have.size() && content.have[piece];
}

bool Conversation::State::can_request() const {
  return peer && !choked && content.release && own.size() < request_limit;
}

// --- Conversation ---

Conversation::Conversation(ConversationSettings settings, ConversationContent content)
    : state_(std::make_unique<State>(settings, std::move(content))) {}
Conversation::~Conversation() = default;
Conversation::Conversation(Conversation&&) noexcept = default;
Conversation& Conversation::operator=(Conversation&&) noexcept = default;

Status Conversation::receive(Bytes bytes) {
  return state_->receive(bytes);
}

std::optional<ConversationEvent> Conversation::poll() {
  if (state_->events.empty())
    return std::nullopt;
  std::optional<ConversationEvent> event(std::move(state_->events.front()));
  state_->events.pop_front();
  if (const auto* changed = std::get_if<AvailabilityChanged>(&*event); changed && !changed->piece)
    state_->availability_due = false;
  return event;
}

std::size_t Conversation::output_size() const {
  return state_->output.size();
}

std::vector<std::byte> Conversation::take_output() {
  state_->send_metadata();
  return std::exchange(state_->output, {});
}

Status Conversation::set_content(ConversationContent content) {
  State& state = *state_;
  if (auto fits = state.pieces.set_count(content.release->piece_count()); !fits)
    return fits;
  const bool info_is_new = content.info && !state.content.info;
  content.have.resize(content.release->piece_count());
  state.content = std::move(content);
  state.set_longest_message();
  if (state.peer) {
    if (info_is_new && state.peer->extensions)
      state.send_extension_handshake();
    state.send_pieces();
  }
  if (!state.pieces.empty())
    state.tell_availability();
  return ok();
}

void Conversation::have(PieceIndex piece) {
  State& state = *state_;
  if (piece.value() >= state.content.have.size() || state.content.have[piece.value()])
    return;
  state.content.have[piece.value()] = true;
  if (state.losses.erase(piece.value()) == 0 && state.peer)
    state.send(Have{piece.value()});
}

void Conversation::lost(PieceIndex piece) {
  State& state = *state_;
  if (!state.has(piece.value()))
    return;
  state.content.have[piece.value()] = false;
  const auto of_it = [piece](const BlockRequest& block) { return block.piece == piece.value(); };
  for (const BlockRequest& block : state.asked.take(of_it)) {
    state.refuse(block);
    state.tell(RequestCancelled{block});
  }
  if (state.peer)
    state.losses.insert(piece.value());
  state.tell_losses();
}

void Conversation::set_interested(bool interested) {
  state_->wanting = interested;
  state_->tell_interest();
}

void Conversation::set_choking(bool choking) {
  State& state = *state_;
  if (choking == state.choking)
    return;
  state.choking = choking;
  if (state.peer && choking)
    state.send(Choke{});
  else if (state.peer)
    state.send(Unchoke{});
  if (choking)
    for (const BlockRequest& block : state.asked.take([](const BlockRequest&) { return true; }))
      state.refuse(block);
}

void Conversation::set_upload_only(bool value) {
  State& state = *state_;
  if (state.settings.upload_only == value)
    return;
  state.settings.upload_only = value;
  if (state.peer && state.peer->extensions)
    state.send_extension_handshake();
}

void Conversation::request(BlockIndex block, Urgency urgency) {
  State& state = *state_;
  if (!state.can_request() || state.own.contains(block))
    return state.tell(RequestDropped{block});
  const Release& release = *state.content.release;
  const BlockRequest wanted = request_of(release, block);
  if (wanted.length == 0) { // behind its file's end in a v2-only release: zeros, which nobody sends
    auto& zeros =
        state.filled.emplace_back(static_cast<std::size_t>(release.block_range(block).size()));
    return state.tell(BlockReceived{block, zeros});
  }
  if (state.ids.urgency != 0 && urgency != state.told_urgency) {
    state.told_urgency = urgency;
    state.send_extended(state.ids.urgency, {static_cast<std::byte>(urgency)});
  }
  if (state.own.restore(block))
    return;
  state.own.add(block);
  state.send(RequestBlock{wanted});
}

void Conversation::cancel(BlockIndex block) {
  State& state = *state_;
  state.own.cancel(block);
  while (const auto told = state.own.cancel_to_tell(state.ids.urgency == 0 ? untold_cancels : 0))
    state.send(CancelBlock{request_of(*state.content.release, *told)});
}

void Conversation::send_block(const BlockRequest& request, Bytes bytes) {
  if (bytes.size() != request.length)
    return reject(request);
  if (state_->asked.answered(request, false))
    state_->send(Block{request.piece, request.begin, bytes});
}

void Conversation::reject(const BlockRequest& request) {
  if (state_->asked.answered(request, true))
    state_->refuse(request);
}

void Conversation::request_metadata(std::uint32_t part) {
  State& state = *state_;
  if (state.ids.metadata == 0)
    return state.tell(MetadataRejected{part});
  if (state.metadata_asked.insert(part).second)
    state.send_extended(state.ids.metadata,
                        metadata_message({MetadataMessage::Kind::request, part, 0, {}}));
}

void Conversation::request_hashes(const HashRequest& request) {
  State& state = *state_;
  if (!state.can_ask_hashes() || state.hashes_asked.size() >= max_hash_requests)
    return state.tell(HashesRejected{request});
  state.hashes_asked.push_back(request);
  state.send(RequestHashes{request});
}

void Conversation::send_hashes(const HashRequest& request, Bytes hashes) {
  if (std::erase(state_->hashes_due, request) == 0)
    return;
  state_->hashes_sent += hashes.size();
  state_->send(Hashes{request, hashes});
}

void Conversation::reject_hashes(const HashRequest& request) {
  if (std::erase(state_->hashes_due, request) > 0)
    state_->send(RejectHashes{request});
}

bool Conversation::shaken() const {
  return state_->peer.has_value();
}

bool Conversation::can_request() const {
  return state_->can_request();
}

bool Conversation::choked() const {
  return state_->choked;
}

bool Conversation::choking() const {
  return state_->choking;
}

bool Conversation::peer_has(PieceIndex piece) const {
  return state_->pieces.has(piece);
}

bool Conversation::peer_has_all() const {
  return state_->pieces.has_all();
}

std::vector<bool> Conversation::peer_pieces() const {
  return state_->pieces.by_piece();
}

const PeerFeatures& Conversation::features() const {
  return state_->features;
}

std::uint64_t Conversation::messages() const {
  return state_->messages;
}

std::uint32_t Conversation::outstanding() const {
  return static_cast<std::uint32_t>(state_->own.size());
}

std::uint32_t Conversation::request_limit() const {
  return state_->request_limit;
}

} // namespace triad::wire
