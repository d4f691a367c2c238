// SPDX-License-Identifier: LGPL-2.1-or-later
#include "frames.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace triad::load {

namespace {

// As Chromium describes a data channel with one candidate, escaped for JSON.
constexpr std::string_view sdp =
    R"(v=0\r\no=- 5210318643977501283 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n)"
    R"(a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n)"
    R"(m=application 41873 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 198.51.100.23\r\n)"
    R"(a=candidate:1467250027 1 udp 2113937151 198.51.100.23 41873 typ host generation 0 )"
    R"(network-cost 999\r\na=ice-ufrag:kX3b\r\na=ice-pwd:Zp0aQy7vN2mLr5tWc8uGd1hE\r\n)"
    R"(a=fingerprint:sha-256 4C:9B:27:F0:6E:A1:53:D8:0F:72:BC:35:E9:18:84:CD:)"
    R"(61:3A:F7:90:2B:5E:C6:0D:AF:48:73:1C:E2:95:B9:06\r\n)"
    R"(a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n)";

constexpr std::size_t longest_header = 14;

bool contains(std::string_view text, std::string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

void append_id(std::string& out, std::mt19937_64& random) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::uint64_t bits = random();
  const auto take = [&bits](unsigned count) {
    const auto taken = static_cast<unsigned>(bits & ((1U << count) - 1));
    bits >>= count;
    return taken;
  };
  for (unsigned at = 0; at < 10; ++at) { // U+00A0..U+00BF
    out += '\xC2';
    out += static_cast<char>(0xA0U | take(5));
  }
  for (unsigned at = 0; at < 2; ++at) {
    out += "\\u001";
    out += hex[take(4)];
  }
  bits = random();
  for (unsigned at = 0; at < 8; ++at) {
    out += static_cast<char>('A' + (take(5) % 26));
  }
}

void append_offers(std::string& out, unsigned offers, std::mt19937_64& random) {
  out += R"(,"offers":[)";
  for (unsigned at = 0; at < offers; ++at) {
    out += at == 0 ? R"({"offer":{"type":"offer","sdp":")" : R"(,{"offer":{"type":"offer","sdp":")";
    out += sdp;
    out += R"("},"offer_id":")";
    append_id(out, random);
    out += R"("})";
  }
  out += ']';
}

} // namespace

std::string upgrade_request(std::string_view host, std::string_view path) {
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
  request += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  return request;
}

std::optional<Frame> first_frame(std::string_view bytes) {
  const auto byte = [&bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if (bytes.size() < 2) {
    return std::nullopt;
  }
  std::size_t length = byte(1) & 0x7FU;
  const std::size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
  if (bytes.size() < header) {
    return std::nullopt;
  }
  if (header > 2) {
    length = 0;
    for (std::size_t at = 2; at < header; ++at) {
      length = length << 8U | byte(at);
    }
  }
  if (bytes.size() - header < length) {
    return std::nullopt;
  }
  return Frame{byte(0) & 0x0FU, bytes.substr(header, length), header + length};
}

Kind kind_of(std::string_view payload) {
  if (contains(payload, R"("offer":)")) {
    return Kind::offer;
  }
  if (contains(payload, R"("complete":)")) {
    return Kind::reply;
  }
  if (contains(payload, R"("answer":)")) {
    return Kind::answer;
  }
  return contains(payload, R"("failure reason":)") ? Kind::failure : Kind::other;
}

std::string_view string_member(std::string_view payload, std::string_view name) {
  std::string start = "\"";
  start.append(name).append("\":\"");
  const std::size_t found = payload.find(start);
  if (found == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = payload.substr(found + start.size());
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != '"') {
    end += rest[end] == '\\' ? 2U : 1U;
  }
  return rest.substr(0, end);
}

std::uint64_t number_member(std::string_view payload, std::string_view name) {
  std::string start = "\"";
  start.append(name).append("\":");
  const std::size_t found = payload.find(start);
  std::uint64_t value = 0;
  if (found != std::string_view::npos) {
    std::from_chars(payload.data() + found + start.size(), payload.data() + payload.size(), value);
  }
  return value;
}

std::string binary_id(std::mt19937_64& random) {
  std::string id;
  append_id(id, random);
  return id;
}

std::string peer_id(std::mt19937_64& random) {
  std::string id = "-WW0300-";
  while (id.size() < 20) {
    id += static_cast<char>('a' + (random() % 26));
  }
  return id;
}

std::string server_frame(std::string_view payload) {
  std::string frame = "\x81";
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else {
    frame += '\x7E';
    frame += static_cast<char>(payload.size() >> 8U);
    frame += static_cast<char>(payload.size() & 0xFFU);
  }
  return frame.append(payload);
}

std::string sample_reply(std::mt19937_64& random) {
  return server_frame(R"({"complete":0,"incomplete":10,"action":"announce","interval":24,)"
                      R"("info_hash":")" +
                      binary_id(random) + R"("})");
}

std::string sample_relay(std::mt19937_64& random) {
  std::string payload = R"({"action":"announce","offer":{"type":"offer","sdp":")";
  payload.append(sdp).append(R"("},"offer_id":")").append(binary_id(random));
  payload.append(R"(","peer_id":"-WW0300-abcdefghijkl","info_hash":")").append(binary_id(random));
  return server_frame(payload.append(R"("})"));
}

std::string_view FrameWriter::announce(std::string_view swarm, std::string_view peer,
                                       unsigned offers, Event event) {
  frame_.assign(longest_header, '\0');
  frame_ += offers == 0 ? R"({"numwant":0)" : R"({"numwant":5)";
  frame_ += event == Event::update
                ? R"(,"uploaded":1048576000,"downloaded":2097152000,"left":30000000)"
                : R"(,"uploaded":0,"downloaded":0,"left":30000000)";
  if (event != Event::update) {
    frame_ += event == Event::started ? R"(,"event":"started")" : R"(,"event":"stopped")";
  }
  frame_.append(R"(,"action":"announce","info_hash":")").append(swarm);
  frame_.append(R"(","peer_id":")").append(peer) += '"';
  append_offers(frame_, offers, random_);
  frame_ += '}';
  return finish(text_frame);
}

std::string_view FrameWriter::answer(std::string_view swarm, std::string_view peer,
                                     std::string_view to, std::string_view offer_id) {
  frame_.assign(longest_header, '\0');
  frame_.append(R"({"action":"announce","info_hash":")").append(swarm);
  frame_.append(R"(","peer_id":")").append(peer);
  frame_.append(R"(","to_peer_id":")").append(to);
  frame_.append(R"(","answer":{"type":"answer","sdp":")").append(sdp);
  frame_.append(R"("},"offer_id":")").append(offer_id).append(R"("})");
  return finish(text_frame);
}

std::string_view FrameWriter::control(unsigned opcode, std::string_view payload) {
  frame_.assign(longest_header, '\0');
  frame_ += payload;
  return finish(opcode);
}

std::string_view FrameWriter::finish(unsigned opcode) {
  const std::size_t length = frame_.size() - longest_header;
  const std::size_t header = length < 126 ? 6 : length < 65536 ? 8 : 14;
  const std::uint64_t half = random_() & 0xFFFFFFFFU;
  const std::uint64_t key = half << 32U | half;
  char* payload = frame_.data() + longest_header;
  std::size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload + at, 8);
    word ^= key;
    std::memcpy(payload + at, &word, 8);
  }
  std::array<char, 4> mask{};
  std::memcpy(mask.data(), &key, 4);
  for (; at < length; ++at) {
    payload[at] = static_cast<char>(payload[at] ^ mask[at % 4]);
  }
  std::copy(mask.begin(), mask.end(), payload - 4);
  char* start = payload - header;
  start[0] = static_cast<char>(0x80U | opcode);
  if (header == 6) {
    start[1] = static_cast<char>(0x80U | length);
  } else {
    start[1] = static_cast<char>(header == 8 ? 0xFE : 0xFF);
    for (std::size_t byte = 2; byte < header - 4; ++byte) {
      start[byte] = static_cast<char>(length >> 8U * (header - 5 - byte) & 0xFFU);
    }
  }
  return {start, header + length};
}

} // namespace triad::load
