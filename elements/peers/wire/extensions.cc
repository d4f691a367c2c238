// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/extensions.h"

#include "peers/wire/numbers.h"
#include "release/bencode_scan.h"
#include "release/names.h"

#include <algorithm>
#include <string_view>

namespace triad::wire {

namespace {

constexpr std::string_view client_name = "Triad";
constexpr std::size_t max_client = 64;

Error broken(std::string_view what) {
  return {ErrorCode::bad_message, "A peer's " + std::string(what) + " is malformed.", {}};
}

std::optional<std::int64_t> number(Bytes dictionary, std::string_view key) {
  return integer_of(find_value(dictionary, key));
}

std::optional<std::uint8_t> id(Bytes names, std::string_view name) {
  const auto value = number(names, name);
  if (!value || *value < 0 || *value > 255)
    return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

// Cut at a character's border, with what can't be shown replaced.
std::string shown(Bytes raw) {
  std::string text(reinterpret_cast<const char*>(raw.data()), std::min(raw.size(), max_client));
  while (raw.size() > max_client && !text.empty() && !valid_utf8(text))
    text.pop_back();
  if (!valid_utf8(text))
    return {};
  // Beside the ASCII controls: U+0080 to U+009F (C2 80 to C2 9F), and what turns text around or
  // breaks lines (in E2 80 and E2 81).
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = [&](std::size_t ahead) {
      return at + ahead < text.size() ? static_cast<unsigned char>(text[at + ahead]) : 0u;
    };
    if (byte(0) < 0x20 || byte(0) == 0x7f)
      text[at] = '?';
    else if (byte(0) == 0xc2 && byte(1) < 0xa0)
      text.replace(at, 2, "?");
    else if (byte(0) == 0xe2 && (byte(1) == 0x80 || byte(1) == 0x81))
      text.replace(at, 3, "?");
  }
  return text;
}

void append_text(std::string& out, std::string_view text) {
  out += std::to_string(text.size()) + ':';
  out += text;
}

void append_entry(std::string& out, std::string_view key, std::uint64_t value) {
  append_text(out, key);
  out += 'i' + std::to_string(value) + 'e';
}

std::uint64_t id_of(ExtensionId id) {
  return static_cast<std::uint64_t>(id);
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const Bytes view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

} // namespace

Result<ExtensionHandshake> parse_extension_handshake(Bytes payload) {
  std::size_t end = 0;
  if (payload.empty() || payload.front() != std::byte{'d'} ||
      skip_value(payload, end) != Scan::whole)
    return broken("extension handshake");
  ExtensionHandshake read;
  const Bytes names = find_value(payload, "m");
  read.metadata = id(names, "ut_metadata");
  read.urgency = id(names, "triad_urgency");
  read.dont_have = id(names, "lt_donthave");
  if (const auto size = number(payload, "metadata_size");
      size && *size > 0 && *size <= max_metadata)
    read.metadata_size = static_cast<std::uint32_t>(*size);
  if (const auto limit = number(payload, "reqq"); limit && *limit > 0)
    read.max_requests = static_cast<std::uint32_t>(std::min<std::int64_t>(*limit, max_requests));
  if (const auto upload_only = number(payload, "upload_only"))
    read.upload_only = *upload_only != 0;
  if (const auto client = string_of(find_value(payload, "v")))
    read.client = shown(*client);
  return read;
}

std::vector<std::byte> extension_handshake(std::uint32_t metadata_size, bool upload_only) {
  std::string out = "d1:md";
  append_entry(out, "lt_donthave", id_of(ExtensionId::dont_have));
  append_entry(out, "triad_urgency", id_of(ExtensionId::urgency));
  append_entry(out, "ut_metadata", id_of(ExtensionId::metadata));
  out += 'e';
  if (metadata_size > 0)
    append_entry(out, "metadata_size", metadata_size);
  append_entry(out, "reqq", max_requests);
  append_entry(out, "upload_only", upload_only ? 1 : 0);
  append_text(out, "v");
  append_text(out, client_name);
  out += 'e';
  return bytes_of(out);
}

Result<std::optional<MetadataMessage>> parse_metadata_message(Bytes payload) {
  std::size_t end = 0;
  if (payload.empty() || payload.front() != std::byte{'d'} ||
      skip_value(payload, end) != Scan::whole)
    return broken("metadata message");
  const Bytes dictionary = payload.first(end);
  const auto kind = number(dictionary, "msg_type");
  const auto part = number(dictionary, "piece");
  if (!kind || !part || *part < 0 || *part >= max_metadata / metadata_part)
    return broken("metadata message");
  if (*kind < 0 || *kind > 2)
    return std::optional<MetadataMessage>();
  MetadataMessage read;
  read.kind = static_cast<MetadataMessage::Kind>(*kind);
  read.part = static_cast<std::uint32_t>(*part);
  if (read.kind != MetadataMessage::Kind::data)
    return std::optional(read);
  if (const auto total = number(dictionary, "total_size")) {
    if (*total <= 0 || *total > max_metadata)
      return broken("metadata message");
    read.total = static_cast<std::uint32_t>(*total);
  }
  read.bytes = payload.subspan(end);
  return std::optional(read);
}

// WebTorrent takes the first "ee" for the dictionary's end: this one has none before it.
std::vector<std::byte> metadata_message(const MetadataMessage& message) {
  std::string out = "d";
  append_entry(out, "msg_type", static_cast<std::uint64_t>(message.kind));
  append_entry(out, "piece", message.part);
  if (message.kind == MetadataMessage::Kind::data)
    append_entry(out, "total_size", message.total);
  std::vector<std::byte> bytes = bytes_of(out + 'e');
  append_bytes(bytes, message.bytes);
  return bytes;
}

Result<Urgency> parse_urgency(Bytes payload) {
  if (payload.empty())
    return broken("urgency");
  const auto value = std::to_integer<std::uint8_t>(payload.front());
  return value <= 1 ? static_cast<Urgency>(value) : Urgency::background;
}

Result<std::uint32_t> parse_dont_have(Bytes payload) {
  if (payload.size() != 4)
    return broken("\"don't have\"");
  return number_at(payload, 0);
}

} // namespace triad::wire
