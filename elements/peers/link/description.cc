// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/description.h"

#include "peers/link/candidate.h"
#include "peers/link/sdp_text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace triad {

namespace {

constexpr std::size_t shortest_ufrag = 4, shortest_pwd = 22, longest_credential = 256;
constexpr std::size_t longest_mid = 64;

Error bad(const char* what) {
  return {ErrorCode::bad_message, std::string("a session description ") + what, {}};
}

// What a part of a description (the session, or one section) says. Texts point into it.
struct Part {
  std::string_view media; // the m= line's value
  std::optional<std::string_view> ufrag, pwd, setup, mid, sctp_port, sctpmap, max_message_size;
  std::vector<std::string_view> fingerprints, candidates;
  bool trickle = false, end_of_candidates = false, bundle_only = false;

  void read(std::string_view attribute);
};

// One of the words of an ice-options value; older libraries put commas between them.
bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = words.find_first_of(" ,");
    if (words.substr(0, end) == wanted)
      return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

void Part::read(std::string_view attribute) {
  const std::size_t colon = attribute.find(':');
  const std::string_view name = attribute.substr(0, colon);
  const std::string_view value =
      colon == std::string_view::npos ? std::string_view() : attribute.substr(colon + 1);
  const std::array<std::pair<std::string_view, std::optional<std::string_view>*>, 7> single{{
      {"ice-ufrag", &ufrag},
      {"ice-pwd", &pwd},
      {"setup", &setup},
      {"mid", &mid},
      {"sctp-port", &sctp_port},
      {"sctpmap", &sctpmap},
      {"max-message-size", &max_message_size},
  }};
  for (const auto& [known, place] : single) {
    if (name == known && !*place) // the first one counts
      *place = value;
  }
  if (name == "fingerprint")
    fingerprints.push_back(value);
  else if (name == "candidate")
    candidates.push_back(attribute);
  else if (name == "ice-options")
    trickle = trickle || has_word(value, "trickle");
  else if (name == "end-of-candidates")
    end_of_candidates = true;
  else if (name == "bundle-only")
    bundle_only = true;
}

// "application 9 UDP/DTLS/SCTP webrtc-datachannel"; before RFC 8841 "application 9 DTLS/SCTP 5000".
enum class Media { data, rejected_data, other };

Media media_of(const Part& section) {
  std::string_view rest = section.media;
  const std::string_view kind = sdp::take_word(rest);
  const std::string_view port = sdp::take_word(rest);
  const std::string_view protocol = sdp::take_word(rest);
  const std::string_view format = sdp::take_word(rest);
  const bool named = format == "webrtc-datachannel" &&
                     (protocol == "UDP/DTLS/SCTP" || protocol == "TCP/DTLS/SCTP");
  if (kind != "application" || !(named || protocol == "DTLS/SCTP"))
    return Media::other;
  // RFC 8843, section 6: port 0 with "bundle-only" shares another section's transport.
  return port == "0" && !section.bundle_only ? Media::rejected_data : Media::data;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char letter = sdp::lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// "sha-256 AB:CD:...": RFC 8122, section 5. Nothing for another hash.
Result<std::optional<Sha256>> parse_fingerprint(std::string_view value) {
  if (!sdp::equal_ignoring_case(sdp::take_word(value), "sha-256"))
    return std::optional<Sha256>();
  Sha256 hash{};
  if (value.size() != hash.size() * 3 - 1)
    return bad("has a fingerprint of a wrong length");
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = hex_digit(value[i * 3]);
    const int low = hex_digit(value[i * 3 + 1]);
    if (high < 0 || low < 0 || (i + 1 < hash.size() && value[i * 3 + 2] != ':'))
      return bad("has a malformed fingerprint");
    hash[i] = static_cast<std::byte>(high * 16 + low);
  }
  return std::optional(hash);
}

std::string write_fingerprint(const Sha256& hash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "sha-256 ";
  for (const std::byte byte : hash) {
    if (text.back() != ' ')
      text += ':';
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

constexpr std::array<std::pair<std::string_view, DtlsSetup>, 3> setups{{
    {"actpass", DtlsSetup::actpass},
    {"active", DtlsSetup::active},
    {"passive", DtlsSetup::passive},
}};

std::string_view write_setup(DtlsSetup setup) {
  return std::find_if(setups.begin(), setups.end(),
                      [&](const auto& s) { return s.second == setup; })
      ->first;
}

bool credential(const std::optional<std::string_view>& text, std::size_t shortest) {
  return text && text->size() >= shortest && text->size() <= longest_credential &&
         sdp::all_ice_chars(*text);
}

// token: RFC 8866, section 9.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`{|}~";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return sdp::alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

// Splits a description into the session and its sections; the data section alone is kept.
Result<std::pair<Part, Part>> split(std::string_view sdp) {
  Part session, data, other;
  bool found = false, rejected = false;
  Part* part = &session;
  for (bool first = true; !sdp.empty(); first = false) {
    const std::size_t end = sdp.find('\n');
    std::string_view line = sdp.substr(0, end);
    sdp.remove_prefix(end == std::string_view::npos ? sdp.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.remove_suffix(1);
    if (first && line != "v=0")
      return bad("does not begin with \"v=0\"");
    if (line.empty())
      continue;
    if (line.size() < 2 || line[1] != '=')
      return bad("has a malformed line");
    if (line[0] == 'm') {
      other = Part();
      other.media = line.substr(2);
      part = &other;
    } else if (line[0] == 'a') {
      part->read(line.substr(2));
    }
    // A section is known by its m= line, but its port's meaning by an attribute: at its end.
    const bool section_ends = sdp.empty() || sdp.starts_with("m=");
    if (section_ends && part == &other && !found) {
      const Media media = media_of(other);
      rejected = rejected || media == Media::rejected_data;
      found = media == Media::data;
      if (found)
        data = std::move(other);
    }
  }
  if (!found)
    return rejected ? bad("rejects data channels") : bad("has no section for data channels");
  return std::pair(std::move(session), std::move(data));
}

Status read_port_and_size(const Part& data, SessionDescription& description) {
  std::optional<std::string_view> port = data.sctp_port;
  if (std::string_view map = data.sctpmap.value_or(""); !port && !map.empty())
    port = sdp::take_word(map);
  if (port) {
    const auto number = sdp::decimal<std::uint16_t>(*port);
    if (!number || *number == 0)
      return bad("has a malformed SCTP port");
    description.sctp_port = *number;
  }
  if (data.max_message_size) {
    const auto size = sdp::decimal<std::uint64_t>(*data.max_message_size);
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    if (!size)
      return bad("has a malformed largest message");
    description.max_message_size =
        *size == 0 || *size > most ? most : static_cast<std::uint32_t>(*size);
  }
  return ok();
}

Status read_fingerprint(const Part& session, const Part& data, SessionDescription& description) {
  for (const std::string_view value :
       data.fingerprints.empty() ? session.fingerprints : data.fingerprints) {
    auto fingerprint = parse_fingerprint(value);
    if (!fingerprint)
      return fingerprint.error();
    if (*fingerprint) {
      description.fingerprint = **fingerprint;
      return ok();
    }
  }
  return bad("has no SHA-256 fingerprint");
}

void read_candidates(const Part& session, const Part& data, SessionDescription& description) {
  for (const std::string_view line : data.candidates) {
    if (description.candidates.size() == max_candidates)
      break;
    // What is malformed is left out as what is unknown is: another candidate may work.
    const auto candidate = parse_candidate(line);
    if (candidate && *candidate)
      description.candidates.push_back(write_candidate(**candidate));
  }
  // RFC 8838, section 4.1: who does not trickle has listed all.
  description.end_of_candidates =
      session.end_of_candidates || data.end_of_candidates || !(session.trickle || data.trickle);
}

} // namespace

std::string write_description(const SessionDescription& description, bool answer) {
  std::uint64_t id = 0xcbf29ce484222325; // FNV-1a: an id of its own for each session
  for (const char c : description.ice_ufrag)
    id = (id ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  const bool undecided = answer && description.setup == DtlsSetup::actpass;
  std::string sdp =
      "v=0\r\no=- " + std::to_string(id >> 2) + " 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  if (!description.mid.empty())
    sdp += "a=group:BUNDLE " + description.mid + "\r\n";
  sdp += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n";
  for (const std::string& candidate : description.candidates)
    sdp += "a=" + candidate + "\r\n";
  if (description.end_of_candidates)
    sdp += "a=end-of-candidates\r\n";
  sdp +=
      "a=ice-ufrag:" + description.ice_ufrag + "\r\na=ice-pwd:" + description.ice_pwd +
      "\r\na=ice-options:trickle\r\na=fingerprint:" + write_fingerprint(description.fingerprint) +
      "\r\na=setup:";
  sdp += write_setup(undecided ? DtlsSetup::active : description.setup);
  sdp += "\r\n";
  if (!description.mid.empty())
    sdp += "a=mid:" + description.mid + "\r\n";
  sdp += "a=sctp-port:" + std::to_string(description.sctp_port) +
         "\r\na=max-message-size:" + std::to_string(description.max_message_size) + "\r\n";
  return sdp;
}

Result<SessionDescription> parse_description(std::string_view sdp) {
  if (sdp.size() > max_description)
    return bad("is too long");
  const auto parts = split(sdp);
  if (!parts)
    return parts.error();
  const auto& [session, data] = *parts;
  SessionDescription description;
  // RFC 8839, section 5.4, and RFC 8122, section 5: the session's hold where a section has none.
  const auto& ufrag = data.ufrag ? data.ufrag : session.ufrag;
  const auto& pwd = data.pwd ? data.pwd : session.pwd;
  if (!credential(ufrag, shortest_ufrag) || !credential(pwd, shortest_pwd))
    return bad("has no or malformed ICE credentials");
  description.ice_ufrag = *ufrag;
  description.ice_pwd = *pwd;
  const std::string_view setup = (data.setup ? data.setup : session.setup).value_or("");
  const auto* const known =
      std::find_if(setups.begin(), setups.end(), [&](const auto& s) { return s.first == setup; });
  if (known == setups.end())
    return bad("does not say who begins DTLS");
  description.setup = known->second;
  description.mid = data.mid.value_or("");
  if (description.mid.size() > longest_mid || !is_token(description.mid))
    return bad("has a malformed mid");
  if (auto fingerprint = read_fingerprint(session, data, description); !fingerprint)
    return fingerprint.error();
  if (auto numbers = read_port_and_size(data, description); !numbers)
    return numbers.error();
  read_candidates(session, data, description);
  return description;
}

} // namespace triad
