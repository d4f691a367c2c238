// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/signal/replies.h"

#include "peers/signal/json_text.h"

namespace triad::signal {

namespace {

void append_extension(std::string& out, const TriadExtension& triad) {
  std::string_view separator;
  out += R"(,"triad":{)";
  if (!triad.peers) {
    out += R"("peers":false)";
    separator = ",";
  }
  if (!triad.stun.empty()) {
    out += separator;
    out += R"("stun":[)";
    separator = "";
    for (const std::string& url : triad.stun) {
      out += separator;
      separator = ",";
      append_string(out, url);
    }
    out += ']';
  }
  out += '}';
}

// `kind`: "offer" or "answer".
template <typename Relayed>
void append_relayed(std::string& out, std::string_view kind, const Relayed& relayed) {
  out += R"({"action":"announce",)";
  append_string(out, kind);
  out += R"(:{"type":)";
  append_string(out, kind);
  out += R"(,"sdp":)";
  append_string(out, relayed.sdp);
  out += R"(},"offer_id":)";
  append_id(out, relayed.offer_id);
  out += R"(,"peer_id":)";
  append_id(out, relayed.peer_id);
  out += R"(,"info_hash":)";
  append_id(out, relayed.info_hash);
  out += '}';
}

} // namespace

void append(std::string& out, const AnnounceReply& reply) {
  out += R"({"complete":)";
  append_number(out, reply.complete);
  out += R"(,"incomplete":)";
  append_number(out, reply.incomplete);
  out += R"(,"action":"announce","interval":)";
  append_number(out, reply.interval);
  out += R"(,"info_hash":)";
  append_id(out, reply.info_hash);
  if (reply.triad)
    append_extension(out, *reply.triad);
  out += '}';
}

void append(std::string& out, const RelayedOffer& offer) {
  append_relayed(out, "offer", offer);
}

void append(std::string& out, const RelayedAnswer& answer) {
  append_relayed(out, "answer", answer);
}

void append(std::string& out, const ScrapeReply& reply) {
  std::string_view separator;
  out += R"({"action":"scrape","files":{)";
  for (const ScrapeEntry& entry : reply.files) {
    out += separator;
    separator = ",";
    append_id(out, entry.info_hash);
    out += R"(:{"complete":)";
    append_number(out, entry.complete);
    out += R"(,"incomplete":)";
    append_number(out, entry.incomplete);
    out += R"(,"downloaded":)";
    append_number(out, entry.downloaded);
    out += '}';
  }
  out += R"(},"flags":{"min_request_interval":)";
  append_number(out, reply.min_request_interval);
  out += "}}";
}

void append(std::string& out, const Failure& failure) {
  out += '{';
  if (failure.info_hash) {
    out += R"("action":"announce","info_hash":)";
    append_id(out, *failure.info_hash);
    out += ',';
  }
  out += R"("failure reason":)";
  append_string(out, failure.reason);
  out += '}';
}

} // namespace triad::signal
