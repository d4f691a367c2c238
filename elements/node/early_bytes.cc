// SPDX-License-Identifier: LGPL-2.1-or-later
// Speculative requests of an opening.
#include "node/early_bytes.h"

namespace triad {

namespace {

// A connection that has brought one part brings twenty segments in its next round trip, and one
// answer of the end of the tail's length 29 in the first two, without the header's. With these, a
// tail takes no more than two.
constexpr std::uint64_t second_part = 26 * 1024 + 512;
constexpr std::uint64_t tail_end = 41 * 1024;
constexpr std::uint64_t longest_head = 128 * 1024;

} // namespace

EarlyBytes::EarlyBytes(HttpClient& client, HttpRequest request)
    : client_(client), request_(std::move(request)) {}

EarlyBytes::~EarlyBytes() {
  for (const auto& [key, transfer] : transfers_)
    client_.cancel(transfer.id);
}

void EarlyBytes::ask(ByteRange range) {
  start(range, 0);
}

void EarlyBytes::ask_head(unsigned parts) {
  for (; parts > 0; --parts, head_ += opening_part)
    ask({head_, head_ + opening_part});
}

void EarlyBytes::grow(const Transfer& done) {
  const std::uint64_t end = std::min(longest_head, server_length_.value_or(0));
  if (!growing_ || head_ >= end || done.range.end > head_ || done.next < done.range.end)
    return;
  const ByteRange more{head_, std::min(head_ + second_part, end)};
  head_ = more.end;
  ask(more);
}

void EarlyBytes::ask_tail(std::uint64_t size) {
  tail_ = size;
  start({}, tail_end);
}

void EarlyBytes::start(ByteRange range, std::uint64_t suffix) {
  const std::uint64_t key = next_key_++;
  HttpRequest request = request_;
  if (suffix > 0)
    request.suffix = suffix;
  else
    request.range = range;
  request.max_bytes = suffix > 0 ? suffix : range.size();
  HttpClient::Handler handler;
  handler.headers = [this, key](const HttpHeaders& headers) { on_headers(key, headers); };
  handler.body = [this, key](Bytes bytes) { on_body(key, bytes); };
  handler.done = [this, key](const HttpOutcome&) { on_done(key); };
  const auto id = client_.get(std::move(request), std::move(handler));
  transfers_.emplace(key, Transfer{id, range, range.begin});
}

void EarlyBytes::on_headers(std::uint64_t key, const HttpHeaders& headers) {
  Transfer& transfer = transfers_.at(key);
  if (transfer.range.empty()) {
    transfer.next = headers.first_byte;
    transfer.range = {headers.first_byte, headers.total_size.value_or(headers.first_byte)};
  }
  if (headers.total_size && !server_length_)
    on_length(*headers.total_size);
}

void EarlyBytes::on_length(std::uint64_t length) {
  server_length_ = length;
  if (length_ && *length_ != length) {
    abandon();
    return;
  }
  ask_rest_of_tail(length);
}

void EarlyBytes::ask_rest_of_tail(std::uint64_t length) {
  if (tail_ <= tail_end || length <= tail_end)
    return;
  // The metainfo's connections are free first, and may have brought too little to be warm. What the
  // head's requests bring is not asked for twice.
  unsigned cold = metainfo_parts;
  for (ByteRange gap : not_underway({length - std::min(tail_, length), length - tail_end})) {
    while (!gap.empty()) {
      const std::uint64_t size = cold > 0 ? opening_part : second_part;
      cold -= cold > 0 ? 1 : 0;
      const std::uint64_t end = std::min(gap.begin + size, gap.end);
      ask({gap.begin, end});
      gap.begin = end;
    }
  }
  tail_ = 0;
}

void EarlyBytes::on_body(std::uint64_t key, Bytes bytes) {
  const auto found = transfers_.find(key);
  if (found == transfers_.end())
    return;
  const std::uint64_t offset = found->second.next;
  found->second.next += bytes.size();
  if (events_)
    events_->bytes(offset, bytes);
  else
    kept_.emplace_back(offset, std::vector<std::byte>(bytes.begin(), bytes.end()));
}

void EarlyBytes::on_done(std::uint64_t key) {
  const auto done = transfers_.extract(key);
  if (!done.empty())
    grow(done.mapped());
  if (events_) {
    const auto settled = events_->settled; // it may destroy this object
    settled();
  }
}

// The server has another file than the release's at this URL.
void EarlyBytes::abandon() {
  for (const auto& [key, transfer] : transfers_)
    client_.cancel(transfer.id);
  transfers_.clear();
  kept_.clear();
  tail_ = 0;
  if (events_) {
    const auto settled = events_->settled;
    settled();
  }
}

void EarlyBytes::release_to(std::uint64_t length, Events events) {
  length_ = length;
  if (server_length_ && *server_length_ != length)
    abandon();
  events_ = std::move(events);
  ask_rest_of_tail(length); // before others take the connections
  const auto kept = std::move(kept_);
  kept_.clear();
  for (const auto& [offset, bytes] : kept)
    if (offset + bytes.size() <= length)
      events_->bytes(offset, bytes);
}

std::vector<ByteRange> EarlyBytes::not_underway(ByteRange range) const {
  RangeSet underway;
  for (const auto& [key, transfer] : transfers_) {
    if (!transfer.range.empty())
      underway.add({transfer.next, transfer.range.end});
    else if (length_)
      underway.add({*length_ - std::min(tail_end, *length_), *length_});
  }
  return underway.missing(range);
}

} // namespace triad
