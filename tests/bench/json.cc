// SPDX-License-Identifier: LGPL-2.1-or-later
// Why simdjson: one announce with five offers parsed, and its offers written for five peers, beside
// two other libraries that do the same. Prints microseconds per announce, the best of many runs.
#include "kit/random.h"
#include "peers/signal/replies.h"
#include "peers/signal/requests.h"

#include <nlohmann/json.hpp>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

using namespace triad;
using namespace triad::signal;

namespace {

template <typename Id>
Id random_id(kit::Random& random) {
  Id id;
  for (std::uint8_t& byte : id.bytes)
    byte = static_cast<std::uint8_t>(random.below(256));
  return id;
}

// As Chromium writes it.
std::string description(kit::Random& random) {
  const auto digits = [&] { return std::to_string(random.next()); };
  std::string fingerprint;
  for (int i = 0; i < 32; ++i) {
    char byte[4];
    std::snprintf(byte, sizeof byte, ":%02X", static_cast<unsigned>(random.below(256)));
    fingerprint += byte;
  }
  return "v=0\r\no=- " + digits() +
         " 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\n"
         "a=msid-semantic: WMS\r\nm=application 40256 UDP/DTLS/SCTP webrtc-datachannel\r\n"
         "c=IN IP4 192.0.2.17\r\na=candidate:2322708604 1 udp 2113937151 192.0.2.17 40256 typ host "
         "generation 0 network-cost 999\r\na=candidate:842163049 1 udp 1677729535 198.51.100.23 "
         "40256 typ srflx raddr 0.0.0.0 rport 0 generation 0\r\na=ice-ufrag:JLY+\r\na=ice-pwd:" +
         digits() + "abcd\r\na=fingerprint:sha-256 " + fingerprint.substr(1) +
         "\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";
}

std::vector<std::string> announces() {
  kit::Random random(1);
  std::vector<std::string> frames;
  for (int i = 0; i < 256; ++i) {
    AnnounceRequest request;
    request.info_hash = random_id<InfoHash>(random);
    request.peer_id = random_id<PeerId>(random);
    request.event = Event::started;
    request.left = 30'000'000;
    request.numwant = 5;
    std::vector<std::string> texts;
    for (int k = 0; k < 5; ++k)
      texts.push_back(description(random));
    for (const std::string& text : texts)
      request.offers.push_back({random_id<OfferId>(random), text});
    frames.push_back(write(request));
  }
  return frames;
}

std::size_t written = 0; // so that nothing is optimized away

// What a tracker has to do.
class Ours {
public:
  void operator()(const std::string& frame) {
    const auto request = parser_.parse(frame);
    const auto& announce = std::get<AnnounceRequest>(*request);
    for (const Offer& offer : announce.offers) {
      out_.clear();
      append(out_, RelayedOffer{announce.info_hash, announce.peer_id, offer.id, offer.sdp});
      written += out_.size();
    }
  }

private:
  RequestParser parser_;
  std::string out_;
};

// Less than a tracker has to do: nothing is checked but the JSON itself.
class Rapid {
public:
  void operator()(const std::string& frame) {
    buffer_ = frame;
    rapidjson::Document announce;
    announce.ParseInsitu<rapidjson::kParseValidateEncodingFlag>(buffer_.data());
    for (const auto& offer : announce["offers"].GetArray()) {
      out_.Clear();
      rapidjson::Writer<rapidjson::StringBuffer> writer(out_);
      writer.StartObject();
      writer.Key("action");
      writer.String("announce");
      for (const char* key : {"offer", "offer_id"}) {
        writer.Key(key);
        offer[key].Accept(writer);
      }
      for (const char* key : {"peer_id", "info_hash"}) {
        writer.Key(key);
        announce[key].Accept(writer);
      }
      writer.EndObject();
      written += out_.GetSize();
    }
  }

private:
  std::string buffer_;
  rapidjson::StringBuffer out_;
};

// Nor here.
void nlohmann_json(const std::string& frame) {
  nlohmann::json announce = nlohmann::json::parse(frame);
  for (nlohmann::json& offer : announce["offers"]) {
    const nlohmann::json relayed = {{"action", "announce"},
                                    {"offer", std::move(offer["offer"])},
                                    {"offer_id", std::move(offer["offer_id"])},
                                    {"peer_id", announce["peer_id"]},
                                    {"info_hash", announce["info_hash"]}};
    written += relayed.dump().size();
  }
}

// The processor's time, and short runs: of other programs nothing should be seen.
template <typename Relay>
void measure(const char* name, const std::vector<std::string>& frames, Relay relay) {
  double best = 1e9;
  std::size_t before = 0;
  for (int run = 0; run < 300; ++run) {
    before = written;
    const std::clock_t start = std::clock();
    for (const std::string& frame : frames)
      relay(frame);
    const double time = static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC;
    best = std::min(best, time / static_cast<double>(frames.size()));
  }
  std::printf("%-14s %6.2f us, %zu bytes out\n", name, best, (written - before) / frames.size());
}

} // namespace

int main() {
  const std::vector<std::string> frames = announces();
  std::printf("an announce of %zu bytes with five offers\n", frames.front().size());
  measure("signal", frames, Ours());
  measure("rapidjson", frames, Rapid());
  measure("nlohmann-json", frames, nlohmann_json);
}
