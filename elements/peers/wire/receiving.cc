// SPDX-License-Identifier: LGPL-2.1-or-later
// What a peer's messages do to a conversation.
#include "peers/wire/conversation_state.h"

#include <algorithm>

namespace triad::wire {

namespace {

// What a peer may be given of the info dictionary and of hashes, as a multiple of their size.
constexpr std::uint64_t max_repeats = 4;

Error broken(std::string why) {
  return {ErrorCode::bad_message, "A peer " + std::move(why) + ".", {}};
}

Error without_fast() {
  return broken("sent a message of the fast extension, which was not agreed on");
}

} // namespace

Status Conversation::State::receive(Bytes bytes) {
  filled.clear();
  stream.add(bytes);
  if (!peer) {
    const auto handshake = stream.next_handshake();
    if (!handshake)
      return handshake.error();
    if (!*handshake)
      return ok();
    if (auto taken = on_handshake(**handshake); !taken)
      return taken;
  }
  for (;;) {
    if (output.size() > max_unsent)
      return broken("asks and does not read the answers");
    const auto payload = stream.next();
    if (!payload)
      return payload.error();
    if (!*payload)
      return ok();
    if (auto taken = on_message(**payload); !taken)
      return taken;
  }
}

Status Conversation::State::on_handshake(Bytes bytes) {
  const auto read = parse_handshake(bytes);
  if (!read)
    return read.error();
  if (read->info_hash != settings.info_hash)
    return broken("speaks of another release");
  if (read->peer_id == settings.own_id)
    return broken("is this node itself");
  peer = *read;
  tell(HandshakeReceived{peer->peer_id});
  if (peer->extensions)
    send_extension_handshake();
  if (content.release)
    send_pieces();
  if (!choking)
    send(Unchoke{});
  return ok();
}

Status Conversation::State::on_message(Bytes payload) {
  const auto message = parse(payload);
  if (!message)
    return message.error();
  ++messages;
  if (!heard) {
    heard = true;
    tell_interest();
  }
  return std::visit([this](const auto& each) { return on(each); }, *message);
}

Status Conversation::State::on(const KeepAlive&) {
  return ok();
}

Status Conversation::State::on(const Choke&) {
  if (!choked)
    tell(ChokedChanged{true});
  choked = true;
  if (!fast())
    for (const BlockIndex block : own.drop_all())
      tell(RequestDropped{block});
  return ok();
}

Status Conversation::State::on(const Unchoke&) {
  if (choked)
    tell(ChokedChanged{false});
  choked = false;
  return ok();
}

Status Conversation::State::on(const Interested&) {
  if (!interested)
    tell(InterestChanged{true});
  interested = true;
  return ok();
}

Status Conversation::State::on(const NotInterested&) {
  if (interested)
    tell(InterestChanged{false});
  interested = false;
  return ok();
}

// --- what the peer has ---

Status Conversation::State::on(const Have& message) {
  const auto news = pieces.have(message.piece);
  if (!news)
    return news.error();
  if (*news)
    tell(AvailabilityChanged{PieceIndex(message.piece)});
  return ok();
}

Status Conversation::State::on(const Bitfield& message) {
  if (auto taken = pieces.bitfield(message.bits); !taken)
    return taken;
  tell_availability();
  return ok();
}

Status Conversation::State::on(const HaveAll&) {
  if (!fast())
    return without_fast();
  pieces.set_all();
  tell_availability();
  return ok();
}

Status Conversation::State::on(const HaveNone&) {
  if (!fast())
    return without_fast();
  pieces.set_none();
  tell_availability();
  return ok();
}

// A piece that the peer would like to send, or would send although it chokes: the schedule decides
// what is asked for.
Status Conversation::State::on(const Suggest&) {
  return fast() ? ok() : Status(without_fast());
}

Status Conversation::State::on(const AllowedFast&) {
  return fast() ? ok() : Status(without_fast());
}

Status Conversation::State::on_dont_have(Bytes payload) {
  const auto piece = parse_dont_have(payload);
  if (!piece)
    return piece.error();
  const auto news = pieces.lost(*piece);
  if (!news)
    return news.error();
  if (*news)
    tell_availability();
  return ok();
}

// --- what the peer asks ---

Status Conversation::State::on(const RequestBlock& message) {
  const BlockRequest& block = message.block;
  if (block.length == 0 || block.length > max_request_length)
    return broken("asks for " + std::to_string(block.length) + " bytes at once");
  if (content.release && block.piece >= content.release->piece_count())
    return broken("asks for a piece that does not exist");
  if (choking || !has(block.piece) ||
      std::uint64_t{block.begin} + block.length >
          sent_size(*content.release, PieceIndex(block.piece))) {
    refuse(block);
    return ok();
  }
  switch (asked.add(block)) {
  case PeerRequests::Taken::yes:
    tell(BlockRequested{block, peers_urgency});
    break;
  case PeerRequests::Taken::full:
    refuse(block);
    break;
  case PeerRequests::Taken::again: // it is answered once
    break;
  }
  return ok();
}

Status Conversation::State::on(const CancelBlock& message) {
  if (asked.cancel(message.block, fast()))
    tell(RequestCancelled{message.block});
  return ok();
}

// --- what the peer answers ---

// The block of ours that this is exactly.
std::optional<BlockIndex> Conversation::State::block_of(const BlockRequest& block) const {
  const Release& release = *content.release;
  if (block.begin % block_size != 0 || block.begin >= release.piece_length())
    return std::nullopt;
  const BlockIndex index = release.first_block(PieceIndex(block.piece)) + block.begin / block_size;
  return request_of(release, index) == block ? std::optional(index) : std::nullopt;
}

Status Conversation::State::on(const RejectBlock& message) {
  if (!fast())
    return without_fast();
  if (!content.release || message.block.piece >= content.release->piece_count())
    return broken("rejects what it was not asked for");
  const auto block = block_of(message.block);
  if (block && own.rejected(*block))
    tell(RequestDropped{*block});
  return ok();
}

Status Conversation::State::on(const Block& message) {
  const auto size = static_cast<std::uint32_t>(message.bytes.size());
  const auto block = content.release && message.piece < content.release->piece_count()
                         ? block_of({message.piece, message.begin, size})
                         : std::nullopt;
  switch (block ? own.received(*block) : OwnRequests::Fate::unasked) {
  case OwnRequests::Fate::unasked:
    return broken("sent a block that it was not asked for");
  case OwnRequests::Fate::late:
    --messages;
    tell(BytesUnasked{size});
    return ok();
  case OwnRequests::Fate::asked:
    --messages;
    break;
  }
  const auto whole = static_cast<std::size_t>(content.release->block_range(*block).size());
  if (size == whole) {
    tell(BlockReceived{*block, message.bytes});
    return ok();
  }
  auto& zeros_behind = filled.emplace_back(message.bytes.begin(), message.bytes.end());
  zeros_behind.resize(whole);
  tell(BlockReceived{*block, zeros_behind});
  return ok();
}

// --- extensions ---

Status Conversation::State::on(const Extended& message) {
  switch (static_cast<ExtensionId>(message.id)) {
  case ExtensionId::handshake:
    return on_extension_handshake(message.payload);
  case ExtensionId::metadata:
    return on_metadata(message.payload);
  case ExtensionId::dont_have:
    return on_dont_have(message.payload);
  case ExtensionId::urgency: {
    const auto urgency = parse_urgency(message.payload);
    if (!urgency)
      return urgency.error();
    peers_urgency = *urgency;
    return ok();
  }
  }
  return ok(); // none of ours
}

Status Conversation::State::on_extension_handshake(Bytes payload) {
  const auto read = parse_extension_handshake(payload);
  if (!read)
    return read.error();
  ids.metadata = read->metadata.value_or(ids.metadata);
  ids.urgency = read->urgency.value_or(ids.urgency);
  ids.dont_have = read->dont_have.value_or(ids.dont_have);
  if (read->metadata_size)
    features.metadata_size = read->metadata_size;
  features.triad = ids.urgency != 0;
  features.upload_only = read->upload_only.value_or(features.upload_only);
  if (!read->client.empty())
    features.client = read->client;
  request_limit = read->max_requests.value_or(request_limit);
  tell(features);
  tell_losses();
  return ok();
}

Status Conversation::State::on_metadata(Bytes payload) {
  const auto message = parse_metadata_message(payload);
  if (!message)
    return message.error();
  if (!*message)
    return ok();
  const std::uint32_t part = (*message)->part;
  switch ((*message)->kind) {
  case MetadataMessage::Kind::request:
    on_metadata_request(part);
    return ok();
  case MetadataMessage::Kind::reject:
    if (metadata_asked.erase(part) > 0)
      tell(MetadataRejected{part});
    return ok();
  case MetadataMessage::Kind::data:
    break;
  }
  return on_metadata_part(**message);
}

Status Conversation::State::on_metadata_part(const MetadataMessage& message) {
  const std::uint32_t total =
      message.total > 0 ? message.total : features.metadata_size.value_or(0);
  const std::uint64_t begin = std::uint64_t{message.part} * metadata_part;
  if (metadata_asked.erase(message.part) == 0)
    return broken("sent a part of the info dictionary that it was not asked for");
  if (begin >= total ||
      message.bytes.size() != std::min<std::uint64_t>(metadata_part, total - begin))
    return broken("sent a part of the info dictionary that has the wrong length");
  tell(MetadataReceived{message.part, total, message.bytes});
  return ok();
}

void Conversation::State::on_metadata_request(std::uint32_t part) {
  const std::uint64_t size = content.info ? content.info->size() : 0;
  const std::uint64_t parts = (size + metadata_part - 1) / metadata_part;
  const bool due = std::find(metadata_due.begin(), metadata_due.end(), part) != metadata_due.end();
  if (due || ids.metadata == 0) // it will be answered, or there is no way to
    return;
  if (part < parts && metadata_given < max_repeats * parts) {
    metadata_due.push_back(part);
    ++metadata_given;
    return;
  }
  send_extended(ids.metadata, metadata_message({MetadataMessage::Kind::reject, part, 0, {}}));
}

// --- hashes (BEP 52) ---

Status Conversation::State::on(const RequestHashes& message) {
  const std::uint64_t enough =
      content.release ? max_repeats * content.release->piece_count() * sizeof(Sha256) : 0;
  if (!settings.v2 || !content.release || hashes_due.size() >= max_hash_requests ||
      hashes_sent > enough + max_unsent) {
    send(RejectHashes{message.request});
    return ok();
  }
  hashes_due.push_back(message.request);
  tell(HashesRequested{message.request});
  return ok();
}

Status Conversation::State::on(const Hashes& message) {
  const auto found = std::find(hashes_asked.begin(), hashes_asked.end(), message.request);
  if (found == hashes_asked.end())
    return broken("sent hashes that it was not asked for");
  hashes_asked.erase(found);
  tell(HashesReceived{message.request, message.hashes});
  return ok();
}

Status Conversation::State::on(const RejectHashes& message) {
  const auto found = std::find(hashes_asked.begin(), hashes_asked.end(), message.request);
  if (found == hashes_asked.end())
    return ok();
  hashes_asked.erase(found);
  tell(HashesRejected{message.request});
  return ok();
}

Status Conversation::State::on(const Unknown&) {
  return ok();
}

} // namespace triad::wire
