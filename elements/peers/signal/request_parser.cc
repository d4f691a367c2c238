// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading what peers send to a tracker.
#include "peers/signal/json_document.h"
#include "peers/signal/requests.h"

#include <string>
#include <utility>

namespace triad::signal {

namespace {

using simdjson::dom::array;
using simdjson::dom::object;

Error refusal(std::string reason) {
  return {ErrorCode::bad_message, std::move(reason), {}};
}

// The fields of any request, as they came: which of them count is known at the end only.
struct Fields {
  std::optional<JsonValue> action, info_hash, peer_id, to_peer_id, answer, offer_id, offers;
  std::optional<JsonValue> event, left, uploaded, downloaded, numwant;

  explicit Fields(object message) {
    for (const JsonField field : message)
      if (auto* known = find(field.key))
        *known = field.value.is_null() ? std::nullopt : std::optional(field.value);
  }

private:
  std::optional<JsonValue>* find(std::string_view key) {
    using Member = std::optional<JsonValue> Fields::*;
    static constexpr std::pair<std::string_view, Member> members[] = {
        {"action", &Fields::action},
        {"info_hash", &Fields::info_hash},
        {"peer_id", &Fields::peer_id},
        {"to_peer_id", &Fields::to_peer_id},
        {"answer", &Fields::answer},
        {"offer_id", &Fields::offer_id},
        {"offers", &Fields::offers},
        {"event", &Fields::event},
        {"left", &Fields::left},
        {"uploaded", &Fields::uploaded},
        {"downloaded", &Fields::downloaded},
        {"numwant", &Fields::numwant},
    };
    for (const auto& [name, member] : members)
      if (name == key)
        return &(this->*member);
    return nullptr;
  }
};

template <typename Tag>
bool read_into(Id<Tag>& id, const std::optional<JsonValue>& value) {
  const auto read = value ? read_id<Tag>(*value) : std::nullopt;
  if (read)
    id = *read;
  return read.has_value();
}

std::optional<std::uint64_t> count(const std::optional<JsonValue>& value) {
  return value ? read_count(*value) : std::nullopt;
}

Event read_event(const std::optional<JsonValue>& value) {
  const auto name = value ? read_string(*value) : std::nullopt;
  if (name == "started")
    return Event::started;
  if (name == "completed")
    return Event::completed;
  if (name == "stopped")
    return Event::stopped;
  if (name == "paused")
    return Event::paused;
  return Event::none;
}

// Nothing: not an offer. It is left out then, for the announce is worth answering without.
std::optional<Offer> read_offer(JsonValue value) {
  object fields;
  if (value.get(fields))
    return std::nullopt;
  std::optional<OfferId> id;
  std::optional<std::string_view> sdp;
  for (const JsonField field : fields) {
    if (field.key == "offer_id")
      id = read_id<OfferIdTag>(field.value);
    else if (field.key == "offer")
      sdp = read_description(field.value);
  }
  return id && sdp ? std::optional(Offer{*id, *sdp}) : std::nullopt;
}

Result<Request> read_announce(const Fields& fields, const RequestLimits& limits) {
  AnnounceRequest request;
  if (!read_into(request.info_hash, fields.info_hash))
    return refusal("invalid info_hash");
  if (!read_into(request.peer_id, fields.peer_id))
    return refusal("invalid peer_id");
  request.event = read_event(fields.event);
  request.left = count(fields.left);
  request.uploaded = count(fields.uploaded);
  request.downloaded = count(fields.downloaded);
  if (fields.numwant)
    request.numwant = read_count32(*fields.numwant).value_or(request.numwant);
  array offers;
  if (!fields.offers || fields.offers->get(offers))
    return Request(std::move(request));
  for (const JsonValue value : offers) {
    if (request.offers.size() == limits.offers)
      break;
    const auto offer = read_offer(value);
    if (offer && offer->sdp.size() > limits.sdp)
      return refusal("offer too long");
    if (offer)
      request.offers.push_back(*offer);
  }
  return Request(std::move(request));
}

Result<Request> read_answer(const Fields& fields, const RequestLimits& limits) {
  AnswerRequest request;
  if (!read_into(request.info_hash, fields.info_hash))
    return refusal("invalid info_hash");
  if (!read_into(request.peer_id, fields.peer_id))
    return refusal("invalid peer_id");
  if (!read_into(request.to_peer_id, fields.to_peer_id))
    return refusal("invalid `to_peer_id` (required with `answer`)");
  if (!read_into(request.offer_id, fields.offer_id))
    return refusal("invalid offer_id");
  const auto sdp = read_description(*fields.answer);
  if (!sdp)
    return refusal("invalid answer");
  if (sdp->size() > limits.sdp)
    return refusal("answer too long");
  request.sdp = *sdp;
  return Request(request);
}

Result<Request> read_scrape(const Fields& fields, const RequestLimits& limits) {
  ScrapeRequest request;
  if (!fields.info_hash)
    return Request(std::move(request));
  array several;
  if (fields.info_hash->get(several)) {
    request.info_hashes.resize(1);
    if (!read_into(request.info_hashes.front(), fields.info_hash))
      return refusal("invalid info_hash");
    return Request(std::move(request));
  }
  for (const JsonValue value : several) {
    if (request.info_hashes.size() == limits.info_hashes)
      break;
    const auto info_hash = read_id<InfoHashTag>(value);
    if (!info_hash)
      return refusal("invalid info_hash");
    request.info_hashes.push_back(*info_hash);
  }
  if (request.info_hashes.empty()) // and not: all
    return refusal("invalid info_hash");
  return Request(std::move(request));
}

// Cut between code points, so that what goes back stays UTF-8.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most)
    return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
    --most;
  return text.substr(0, most);
}

} // namespace

struct RequestParser::State {
  RequestLimits limits;
  JsonDocument document;
};

RequestParser::RequestParser(RequestLimits limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
}

RequestParser::~RequestParser() = default;

Result<Request> RequestParser::parse(std::string_view text) {
  const auto message = state_->document.parse(text);
  if (!message)
    return message.error();
  const Fields fields(*message);
  const auto action = fields.action ? read_string(*fields.action) : "undefined";
  if (action == "announce")
    return fields.answer ? read_answer(fields, state_->limits)
                         : read_announce(fields, state_->limits);
  if (action == "scrape")
    return read_scrape(fields, state_->limits);
  return refusal("invalid action in WS request: " + std::string(cut(action.value_or(""), 64)));
}

} // namespace triad::signal
