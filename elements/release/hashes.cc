// SPDX-License-Identifier: LGPL-2.1-or-later
// SHA-1 and SHA-256 by OpenSSL.
#include "release/hashes.h"

#include <openssl/evp.h>

#include <new>

namespace triad {

namespace {

// Algorithms are looked up once (and never freed): the lookup takes longer than the hashing of a
// tree's node.
template <typename Digest>
Digest hash(Bytes bytes, const EVP_MD* algorithm) {
  Digest digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, algorithm, nullptr) != 1)
    throw std::bad_alloc(); // or OpenSSL has no default provider, which is as good as no memory
  return digest;
}

} // namespace

Sha1 sha1(Bytes bytes) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  return hash<Sha1>(bytes, algorithm);
}

Sha256 sha256(Bytes bytes) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return hash<Sha256>(bytes, algorithm);
}

std::string hex(Bytes bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text.push_back(digits[std::to_integer<unsigned>(byte) >> 4]);
    text.push_back(digits[std::to_integer<unsigned>(byte) & 15]);
  }
  return text;
}

} // namespace triad
