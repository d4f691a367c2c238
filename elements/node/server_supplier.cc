// SPDX-License-Identifier: LGPL-2.1-or-later
// Blocks to file ranges, and what an opening brought beforehand.
#include "node/server_supplier.h"

#include <algorithm>

namespace triad {

ServerSupplier::ServerSupplier(HttpClient& client, ReleasePtr release, bool whole,
                               ServerOptions options, Events events)
    : client_(client),
      release_(std::move(release)),
      whole_(whole),
      options_(std::move(options)),
      events_(std::move(events)),
      server_(make_server()) {}

ServerSupplier::~ServerSupplier() = default;

std::unique_ptr<Server> ServerSupplier::make_server() {
  Server::Events events;
  events.bytes = [this](Server::RequestId, FileIndex file, std::uint64_t offset, Bytes bytes) {
    events_.bytes(file, offset, bytes, false);
  };
  events.done = [this](Server::RequestId id, bool complete,
                       std::optional<std::chrono::nanoseconds> retry_in,
                       std::optional<Error> fatal) { on_done(id, complete, retry_in, fatal); };
  return std::make_unique<Server>(client_, release_, options_, std::move(events));
}

ByteRange ServerSupplier::range_of(const Ask& ask) const {
  return {release_->block_range(ask.first).begin,
          release_->block_range(ask.first + (ask.count - 1)).end};
}

void ServerSupplier::request(const Request& request) {
  asks_.push_back({request.first, request.count, request.starved, {}, {}, false, {}, {}});
  const auto ask = std::prev(asks_.end());
  go_on(*ask);
  settle(ask);
}

void ServerSupplier::go_on(Ask& ask) {
  // Before the whole metainfo is there, nobody knows which servers the release has.
  if (!whole_)
    return;
  for (const ByteRange& gap : events_.missing(range_of(ask))) {
    for (const FileSegment& segment : release_->segments(gap)) {
      if (release_->file(segment.file).pad)
        continue;
      std::vector<ByteRange> wanted{segment.range};
      if (early_ && segment.file == early_file_)
        wanted = early_->not_underway(segment.range);
      for (const ByteRange& part : wanted) {
        const ByteRange there = release_->to_release_space(segment.file, part);
        for (const ByteRange& unasked : ask.asked.missing(there)) {
          ask.asked.add(unasked);
          const std::uint64_t begin = part.begin + (unasked.begin - there.begin);
          const ByteRange range{begin, begin + unasked.size()};
          ask.requests.emplace_back(server_->request(segment.file, range, ask.starved),
                                    segment.file);
        }
      }
    }
  }
}

void ServerSupplier::settle(Asks::iterator ask) {
  if (!ask->requests.empty())
    return;
  bool missing = false;
  for (const ByteRange& gap : events_.missing(range_of(*ask))) {
    missing = true;
    if (!ask->failed && !ask->asked.missing(gap).empty())
      return; // the metainfo, or what an opening asked for, is on its way
  }
  const Ask over = std::move(*ask);
  asks_.erase(ask);
  if (missing && over.failed)
    events_.failed({over.first, over.count, over.retry_in, over.fatal});
  else
    events_.over(over.first, over.count);
}

void ServerSupplier::cancel(const Cancel& cancel) {
  for (auto ask = asks_.begin(); ask != asks_.end();) {
    const auto end = ask->first + ask->count;
    if (end != cancel.first + cancel.count ||
        cancel.first < ask->first) { // a Cancel names the rest of one Request
      ++ask;
      continue;
    }
    for (const auto& [id, file] : ask->requests)
      server_->cancel(id);
    ask = asks_.erase(ask);
  }
}

void ServerSupplier::report_bad(SupplierId, PieceIndex piece) {
  for (const FileSegment& segment : release_->segments(release_->piece_range(piece)))
    if (!release_->file(segment.file).pad)
      server_->report_bad(segment.file, segment.range);
}

void ServerSupplier::on_done(Server::RequestId id, bool complete,
                             std::optional<std::chrono::nanoseconds> retry_in,
                             const std::optional<Error>& fatal) {
  const auto is_it = [id](const auto& request) { return request.first == id; };
  const auto ask = std::find_if(asks_.begin(), asks_.end(), [&](const Ask& each) {
    return std::any_of(each.requests.begin(), each.requests.end(), is_it);
  });
  if (ask == asks_.end())
    return;
  const auto request = std::find_if(ask->requests.begin(), ask->requests.end(), is_it);
  const FileIndex file = request->second;
  ask->requests.erase(request);
  if (!complete) {
    ask->failed = true;
    if (retry_in)
      ask->retry_in = std::max(ask->retry_in.value_or(*retry_in), *retry_in);
  }
  if (fatal)
    ask->fatal.emplace(file, *fatal);
  settle(ask);
}

void ServerSupplier::adopt(std::unique_ptr<EarlyBytes> early, FileIndex file) {
  early_ = std::move(early);
  early_file_ = file;
  if (whole_)
    early_->stop_growing();
  EarlyBytes::Events events;
  events.bytes = [this](std::uint64_t offset, Bytes bytes) {
    events_.bytes(early_file_, offset, bytes, true);
  };
  events.settled = [this] { on_early_settled(); };
  early_->release_to(release_->file(file).length, std::move(events));
  if (early_ && early_->idle())
    on_early_settled();
}

void ServerSupplier::on_early_settled() {
  if (early_ && early_->idle())
    early_over_ = std::move(early_);
  for (auto ask = asks_.begin(); ask != asks_.end();) {
    const auto current = ask++;
    go_on(*current);
    settle(current);
  }
}

void ServerSupplier::set_release(ReleasePtr release, bool local) {
  release_ = std::move(release);
  whole_ = true;
  if (early_)
    early_->stop_growing(); // the schedule asks from now on
  options_.origin.local = local;
  server_ = make_server(); // nothing has been asked of the old one
  on_early_settled();
}

void ServerSupplier::renew() {
  const Asks over = std::move(asks_);
  asks_.clear();
  server_ = make_server();
  for (const Ask& ask : over)
    events_.failed({ask.first, ask.count, std::nullopt, std::nullopt});
}

} // namespace triad
