// SPDX-License-Identifier: LGPL-2.1-or-later
// Parts of a track that an opening asks for before the metainfo has come.
//
// The URL is a guess from the metainfo's URL, so that a failure is no error: whoever takes the
// bytes over asks for the rest in the ordinary way. Engine thread only.
#pragma once

#include "node/range_set.h"
#include "server/http_client.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace triad {

// A connection that was not in use just before carries ten segments in its first round trip
// (RFC 6928), of which the header may take one: a part of this size comes whole in it.
inline constexpr std::uint64_t opening_part = 12 * 1024;
inline constexpr unsigned opening_connections = 6;
// Of the six, as many are the metainfo's.
inline constexpr unsigned metainfo_parts = 2;

class EarlyBytes {
public:
  // `request`: URL, origin and settings of every request.
  EarlyBytes(HttpClient& client, HttpRequest request);
  ~EarlyBytes();
  EarlyBytes(const EarlyBytes&) = delete;
  EarlyBytes& operator=(const EarlyBytes&) = delete;

  // The first bytes in `parts` at once; then ever more, part by part, while the connections would
  // only wait for the metainfo.
  void ask_head(unsigned parts);
  void stop_growing() { growing_ = false; }
  // The last `size` bytes: the end of them at once, the rest in parts as soon as an answer tells
  // the file's length.
  void ask_tail(std::uint64_t size);

  // The file's length is known now, and with it whether this is the file. Bytes come out from now
  // on, those that are there from within this call; `settled`: a request has ended, for good or
  // bad.
  struct Events {
    std::function<void(std::uint64_t offset, Bytes)> bytes;
    std::function<void()> settled;
  };
  void release_to(std::uint64_t length, Events events);

  // What of `range` is not on its way (file space; after release_to()).
  [[nodiscard]] std::vector<ByteRange> not_underway(ByteRange range) const;
  [[nodiscard]] bool idle() const { return transfers_.empty(); }

private:
  struct Transfer {
    HttpClient::RequestId id{};
    ByteRange range;        // empty: the end of a file of unknown length
    std::uint64_t next = 0; // offset of the next byte
  };

  void ask(ByteRange range);
  void start(ByteRange range, std::uint64_t suffix);
  void grow(const Transfer& done);
  void ask_rest_of_tail(std::uint64_t length);
  void on_headers(std::uint64_t key, const HttpHeaders& headers);
  void on_body(std::uint64_t key, Bytes bytes);
  void on_done(std::uint64_t key);
  void on_length(std::uint64_t length); // as the server says
  void abandon();

  HttpClient& client_;
  const HttpRequest request_;
  std::map<std::uint64_t, Transfer> transfers_;
  std::uint64_t next_key_ = 0;
  std::uint64_t head_ = 0; // asked for
  bool growing_ = true;
  std::uint64_t tail_ = 0; // wanted in all
  std::optional<std::uint64_t> server_length_, length_;
  std::vector<std::pair<std::uint64_t, std::vector<std::byte>>> kept_; // until release_to()
  std::optional<Events> events_;
};

} // namespace triad
