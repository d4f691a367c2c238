// SPDX-License-Identifier: LGPL-2.1-or-later
// Brings a metainfo file over HTTP: in small parts over several connections at once, for a cold
// connection carries little in its first round trips.
//
// Retries by itself: answers up to `retries` times, connections up to three times, all within
// `timeout`. Engine thread only.
#pragma once

#include "cache/cache.h"
#include "node/engine.h"
#include "node/range_set.h"
#include "server/http_client.h"

#include <functional>
#include <map>
#include <random>
#include <vector>

namespace triad {

class MetainfoFetch {
public:
  struct Events {
    std::function<void(Bytes)> prefix; // more of its beginning is there
    // All of it; `private_address`: it came from one.
    std::function<void(CachedMetainfo, bool private_address)> done;
    std::function<void(const Error&)> failed;
    std::function<void(const std::string& reason)> trying_again; // for people
  };

  MetainfoFetch(Engine& engine, HttpClient& client, HttpRequest request, int retries,
                std::chrono::nanoseconds timeout, Events events);
  ~MetainfoFetch();
  MetainfoFetch(const MetainfoFetch&) = delete;
  MetainfoFetch& operator=(const MetainfoFetch&) = delete;

private:
  struct Part {
    HttpClient::RequestId id{};
    ByteRange range;
    std::uint64_t next = 0;
  };

  void start();
  void ask(ByteRange range);
  void ask_whole();
  void ask_rest();
  void cancel_all();
  void on_headers(std::uint64_t key, const HttpHeaders& headers);
  void on_body(std::uint64_t key, Bytes bytes);
  void on_done(std::uint64_t key, const HttpOutcome& outcome);
  void on_failure(const HttpOutcome& outcome);
  [[nodiscard]] Error explain(const HttpOutcome& outcome) const;
  void fail(const Error& error);

  HttpClient& client_;
  const HttpRequest request_;
  const int retries_;
  const std::chrono::nanoseconds timeout_;
  const Events events_;
  const std::chrono::nanoseconds started_;
  std::map<std::uint64_t, Part> parts_;
  std::uint64_t next_key_ = 0;
  std::vector<std::byte> data_;
  RangeSet had_;
  std::uint64_t told_ = 0; // size of the prefix that was given out last
  std::optional<std::uint64_t> total_;
  std::string etag_, last_modified_;
  bool private_address_ = false;
  bool whole_ = false; // asked for without ranges
  bool over_ = false;
  int answers_ = 0;       // bad ones so far
  unsigned connects_ = 0; // failed ones so far
  EngineTimer retry_timer_;
  std::mt19937 random_{std::random_device{}()};
};

} // namespace triad
