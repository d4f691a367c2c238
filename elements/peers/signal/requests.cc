// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/signal/requests.h"

#include "peers/signal/json_text.h"

namespace triad::signal {

namespace {

std::string_view name(Event event) {
  switch (event) {
  case Event::started:
    return "started";
  case Event::completed:
    return "completed";
  case Event::stopped:
    return "stopped";
  case Event::paused:
    return "paused";
  case Event::none:
    break;
  }
  return {};
}

void append_count(std::string& out, std::string_view key, std::optional<std::uint64_t> count) {
  if (!count)
    return;
  out += ",\"";
  out += key;
  out += "\":";
  append_number(out, *count);
}

std::string begin_announce(const InfoHash& info_hash, const PeerId& peer_id) {
  std::string out = R"({"action":"announce","info_hash":)";
  append_id(out, info_hash);
  out += R"(,"peer_id":)";
  append_id(out, peer_id);
  return out;
}

} // namespace

std::string write(const AnnounceRequest& request) {
  std::string out = begin_announce(request.info_hash, request.peer_id);
  if (request.event != Event::none) {
    out += R"(,"event":)";
    append_string(out, name(request.event));
  }
  append_count(out, "left", request.left);
  append_count(out, "uploaded", request.uploaded);
  append_count(out, "downloaded", request.downloaded);
  append_count(out, "numwant", request.numwant);
  if (!request.offers.empty()) {
    char separator = '[';
    out += R"(,"offers":)";
    for (const Offer& offer : request.offers) {
      out += separator;
      separator = ',';
      out += R"({"offer":{"type":"offer","sdp":)";
      append_string(out, offer.sdp);
      out += R"(},"offer_id":)";
      append_id(out, offer.id);
      out += '}';
    }
    out += ']';
  }
  out += '}';
  return out;
}

std::string write(const AnswerRequest& request) {
  std::string out = begin_announce(request.info_hash, request.peer_id);
  out += R"(,"to_peer_id":)";
  append_id(out, request.to_peer_id);
  out += R"(,"answer":{"type":"answer","sdp":)";
  append_string(out, request.sdp);
  out += R"(},"offer_id":)";
  append_id(out, request.offer_id);
  out += '}';
  return out;
}

std::string write(const ScrapeRequest& request) {
  std::string out = R"({"action":"scrape")";
  if (!request.info_hashes.empty()) {
    char separator = '[';
    out += R"(,"info_hash":)";
    for (const InfoHash& info_hash : request.info_hashes) {
      out += separator;
      separator = ',';
      append_id(out, info_hash);
    }
    out += ']';
  }
  out += '}';
  return out;
}

} // namespace triad::signal
