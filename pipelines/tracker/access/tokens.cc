// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/access/tokens.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <climits>

namespace triad::tracker {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t unbound_size = 9; // version and expiry
constexpr std::size_t bound_size = unbound_size + 20;
constexpr std::size_t mac_size = 16;
constexpr std::size_t shortest_secret = 16;
static_assert(max_token_size == (bound_size + mac_size) * 4 / 3);

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Lengths that are multiples of three, as all tokens are less one or two bytes.
std::string encode(const Bytes& bytes) {
  std::string text;
  unsigned held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) {
      text += alphabet[held >> (bits - 6) & 63];
    }
    held &= (1U << bits) - 1;
  }
  if (bits > 0) {
    text += alphabet[held << (6 - bits) & 63];
  }
  return text;
}

// Empty: it is no base64url, or not the only way to write these bytes.
std::optional<Bytes> decode(std::string_view text) {
  Bytes bytes;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    held = held << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(held >> bits));
      held &= (1U << bits) - 1;
    }
  }
  if (held != 0 || bits >= 6) {
    return std::nullopt;
  }
  return bytes;
}

using Mac = std::array<std::uint8_t, EVP_MAX_MD_SIZE>;

Mac sign(const std::string& secret, const std::uint8_t* data, std::size_t size) {
  Mac mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), data, size, mac.data(),
       &length);
  return mac;
}

} // namespace

Result<TokenSecrets> TokenSecrets::parse(std::string_view file) {
  std::vector<std::string> secrets;
  std::size_t number = 0;
  while (!file.empty()) {
    const auto end = file.find('\n');
    std::string_view line = file.substr(0, end);
    file = end == std::string_view::npos ? std::string_view() : file.substr(end + 1);
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.front() == '#') {
      continue;
    }
    if (line.size() < shortest_secret || line.size() > INT_MAX) {
      return Error{ErrorCode::settings,
                   "the secret in line " + std::to_string(number) + " is shorter than 16 bytes",
                   {}};
    }
    secrets.emplace_back(line);
  }
  if (secrets.empty()) {
    return Error{ErrorCode::settings, "there is no secret in it", {}};
  }
  return TokenSecrets(std::move(secrets));
}

std::string TokenSecrets::mint(const Token& token) const {
  Bytes bytes = {version};
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(token.expires) >> shift));
  }
  if (token.info_hash) {
    bytes.insert(bytes.end(), token.info_hash->bytes.begin(), token.info_hash->bytes.end());
  }
  const Mac mac = sign(secrets_.front(), bytes.data(), bytes.size());
  bytes.insert(bytes.end(), mac.begin(), mac.begin() + mac_size);
  return encode(bytes);
}

std::variant<Token, TokenFault> TokenSecrets::check(std::string_view token, UnixTime now) const {
  if (token.size() > max_token_size) {
    return TokenFault::malformed;
  }
  const auto bytes = decode(token);
  if (!bytes || bytes->empty() || bytes->front() != version ||
      (bytes->size() != unbound_size + mac_size && bytes->size() != bound_size + mac_size)) {
    return TokenFault::malformed;
  }
  const std::size_t size = bytes->size() - mac_size;
  const bool genuine = std::any_of(secrets_.begin(), secrets_.end(), [&](const auto& secret) {
    const Mac mac = sign(secret, bytes->data(), size);
    return CRYPTO_memcmp(mac.data(), bytes->data() + size, mac_size) == 0;
  });
  if (!genuine) {
    return TokenFault::forged;
  }
  std::uint64_t expires = 0;
  for (std::size_t i = 1; i < unbound_size; ++i) {
    expires = expires << 8 | (*bytes)[i];
  }
  Token found{static_cast<UnixTime>(expires), std::nullopt};
  if (found.expires <= now) {
    return TokenFault::expired;
  }
  if (size == bound_size) {
    found.info_hash.emplace();
    std::copy_n(bytes->begin() + unbound_size, found.info_hash->bytes.size(),
                found.info_hash->bytes.begin());
  }
  return found;
}

std::string_view token_of_target(std::string_view target) {
  const auto mark = target.find('?');
  if (mark != std::string_view::npos) {
    std::string_view query = target.substr(mark + 1);
    while (!query.empty()) {
      const auto end = query.find('&');
      const std::string_view field = query.substr(0, end);
      query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
      if (field.starts_with("token=")) {
        return field.substr(6);
      }
    }
  }
  std::string_view path = target.substr(0, mark);
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  const std::string_view segment = path.substr(0, path.find('/'));
  return segment == "announce" ? std::string_view() : segment;
}

} // namespace triad::tracker
