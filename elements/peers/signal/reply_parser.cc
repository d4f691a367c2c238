// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading what a tracker sends to a peer.
#include "peers/signal/json_document.h"
#include "peers/signal/replies.h"

#include <string>
#include <utility>

namespace triad::signal {

namespace {

using simdjson::dom::array;
using simdjson::dom::object;

Error fault(std::string message) {
  return {ErrorCode::bad_message, std::move(message), {}};
}

// The fields of any reply; of wrong types they count as absent.
struct Fields {
  std::optional<std::string_view> action, failure, offer, answer;
  std::optional<InfoHash> info_hash;
  std::optional<PeerId> peer_id;
  std::optional<OfferId> offer_id;
  std::optional<std::uint32_t> interval, min_interval, complete, incomplete;
  std::optional<TriadExtension> triad;
  std::optional<object> files, flags;
};

std::optional<object> read_object(JsonValue value) {
  object fields;
  return value.get(fields) ? std::nullopt : std::optional(fields);
}

std::optional<TriadExtension> read_extension(JsonValue value) {
  const auto fields = read_object(value);
  if (!fields)
    return std::nullopt;
  TriadExtension triad;
  for (const JsonField field : *fields) {
    if (field.key == "peers") {
      bool peers = true;
      triad.peers = field.value.get(peers) || peers;
    } else if (field.key == "stun") {
      triad.stun.clear();
      array urls;
      if (field.value.get(urls))
        continue;
      for (const JsonValue item : urls) {
        const auto url = read_string(item);
        if (url && url->starts_with("stun:") && url->size() <= max_stun_url &&
            triad.stun.size() < max_stun_urls)
          triad.stun.emplace_back(*url);
      }
    }
  }
  return triad;
}

Fields read_fields(object message) {
  Fields fields;
  for (const auto& [key, value] : message) {
    if (key == "action")
      fields.action = read_string(value);
    else if (key == "failure reason")
      fields.failure = read_string(value);
    else if (key == "offer")
      fields.offer = read_description(value);
    else if (key == "answer")
      fields.answer = read_description(value);
    else if (key == "info_hash")
      fields.info_hash = read_id<InfoHashTag>(value);
    else if (key == "peer_id")
      fields.peer_id = read_id<PeerIdTag>(value);
    else if (key == "offer_id")
      fields.offer_id = read_id<OfferIdTag>(value);
    else if (key == "interval")
      fields.interval = read_count32(value);
    else if (key == "min interval")
      fields.min_interval = read_count32(value);
    else if (key == "complete")
      fields.complete = read_count32(value);
    else if (key == "incomplete")
      fields.incomplete = read_count32(value);
    else if (key == "triad")
      fields.triad = read_extension(value);
    else if (key == "files")
      fields.files = read_object(value);
    else if (key == "flags")
      fields.flags = read_object(value);
  }
  return fields;
}

Result<Reply> read_announce(Fields&& fields) {
  if (!fields.info_hash)
    return fault("invalid info_hash in the tracker's message");
  if (fields.offer || fields.answer) {
    if (!fields.peer_id)
      return fault("invalid peer_id in the tracker's message");
    if (!fields.offer_id)
      return fault("invalid offer_id in the tracker's message");
  }
  if (fields.offer)
    return Reply(RelayedOffer{*fields.info_hash, *fields.peer_id, *fields.offer_id, *fields.offer});
  if (fields.answer)
    return Reply(
        RelayedAnswer{*fields.info_hash, *fields.peer_id, *fields.offer_id, *fields.answer});
  AnnounceReply reply;
  reply.info_hash = *fields.info_hash;
  reply.interval = fields.interval.value_or(0);
  if (reply.interval == 0)
    reply.interval = fields.min_interval.value_or(0);
  reply.complete = fields.complete.value_or(0);
  reply.incomplete = fields.incomplete.value_or(0);
  reply.triad = std::move(fields.triad);
  return Reply(std::move(reply));
}

Result<Reply> read_scrape(const Fields& fields) {
  if (!fields.files)
    return fault("no files in the tracker's scrape");
  ScrapeReply reply;
  for (const auto& [key, value] : *fields.files) {
    const auto info_hash = read_binary(key);
    const auto counts = read_object(value);
    if (!info_hash || !counts)
      return fault("invalid file in the tracker's scrape");
    ScrapeEntry entry;
    entry.info_hash.bytes = *info_hash;
    for (const auto& [name, count] : *counts) {
      if (name == "complete")
        entry.complete = read_count32(count).value_or(0);
      else if (name == "incomplete")
        entry.incomplete = read_count32(count).value_or(0);
      else if (name == "downloaded")
        entry.downloaded = read_count32(count).value_or(0);
    }
    reply.files.push_back(entry);
  }
  if (fields.flags)
    for (const auto& [key, value] : *fields.flags)
      if (key == "min_request_interval")
        reply.min_request_interval = read_count32(value).value_or(0);
  return Reply(std::move(reply));
}

} // namespace

struct ReplyParser::State {
  JsonDocument document;
};

ReplyParser::ReplyParser() : state_(std::make_unique<State>()) {}

ReplyParser::~ReplyParser() = default;

Result<Reply> ReplyParser::parse(std::string_view text) {
  const auto message = state_->document.parse(text);
  if (!message)
    return message.error();
  Fields fields = read_fields(*message);
  if (fields.failure && !fields.failure->empty())
    return Reply(Failure{*fields.failure, fields.info_hash});
  if (fields.action == "announce")
    return read_announce(std::move(fields));
  if (fields.action == "scrape")
    return read_scrape(fields);
  return fault("invalid action in the tracker's message");
}

} // namespace triad::signal
