// SPDX-License-Identifier: LGPL-2.1-or-later
// Speculative requests of an opening.
#include "node/early_bytes.h"

namespace triad {

EarlyBytes::EarlyBytes(HttpClient& client, HttpRequest request)
    : client_(client), request_(std::move(request)) {}

EarlyBytes::~EarlyBytes() {
  for (const auto& [key, transfer] : transfers_)
    client_.cancel(transfer.id);
}

void EarlyBytes::ask(ByteRange range) {
  start(range, 0);
}

void EarlyBytes::ask_tail(std::uint64_t size) {
  tail_ = size;
  start({}, opening_part);
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
  if (tail_ <= opening_part || length <= opening_part)
    return;
  // What the head's requests bring is not asked for twice.
  const ByteRange rest{length - std::min(tail_, length), length - opening_part};
  const std::uint64_t step =
      std::max<std::uint64_t>(rest.size() / opening_connections + 1, opening_part);
  for (const ByteRange& gap : not_underway(rest))
    for (std::uint64_t begin = gap.begin; begin < gap.end; begin += step)
      ask({begin, std::min(begin + step, gap.end)});
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
  transfers_.erase(key);
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
      underway.add({*length_ - std::min(opening_part, *length_), *length_});
  }
  if (!server_length_ && length_ && tail_ > 0 && !transfers_.empty()) // about to be asked for
    underway.add({*length_ - std::min(tail_, *length_), *length_});
  return underway.missing(range);
}

} // namespace triad
