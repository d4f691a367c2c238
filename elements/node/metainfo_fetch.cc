// SPDX-License-Identifier: LGPL-2.1-or-later
// A metainfo file in parts.
#include "node/metainfo_fetch.h"

#include "node/early_bytes.h"
#include "node/network.h"
#include "release/metainfo.h"

#include <algorithm>
#include <cstring>

namespace triad {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t largest_part = 1024 * 1024;
// Who types a wrong address is told within about a second; what has begun to play waits longer.
constexpr unsigned most_connects = 3;
constexpr std::chrono::nanoseconds first_pause = 200ms;

} // namespace

MetainfoFetch::MetainfoFetch(Engine& engine, HttpClient& client, HttpRequest request, int retries,
                             std::chrono::nanoseconds timeout, Events events)
    : client_(client),
      request_(std::move(request)),
      retries_(retries),
      timeout_(timeout),
      events_(std::move(events)),
      started_(Engine::now()),
      retry_timer_(engine) {
  start();
}

MetainfoFetch::~MetainfoFetch() {
  cancel_all();
}

void MetainfoFetch::start() {
  data_.clear();
  had_ = {};
  told_ = 0;
  total_.reset();
  if (whole_)
    return ask_whole();
  for (unsigned i = 0; i < metainfo_parts; ++i) // most metainfo files are no longer
    ask({i * opening_part, (i + 1) * opening_part});
}

void MetainfoFetch::ask(ByteRange range) {
  const std::uint64_t key = next_key_++;
  HttpRequest request = request_;
  request.max_bytes = max_metainfo_size;
  if (!whole_)
    request.range = range;
  HttpClient::Handler handler;
  handler.headers = [this, key](const HttpHeaders& headers) { on_headers(key, headers); };
  handler.body = [this, key](Bytes bytes) { on_body(key, bytes); };
  handler.done = [this, key](const HttpOutcome& outcome) { on_done(key, outcome); };
  const auto id = client_.get(std::move(request), std::move(handler));
  parts_.emplace(key, Part{id, range, range.begin});
}

void MetainfoFetch::ask_whole() {
  cancel_all();
  whole_ = true;
  ask({0, max_metainfo_size});
}

void MetainfoFetch::cancel_all() {
  for (const auto& [key, part] : parts_)
    client_.cancel(part.id);
  parts_.clear();
}

void MetainfoFetch::on_headers(std::uint64_t key, const HttpHeaders& headers) {
  const auto found = parts_.find(key);
  if (found == parts_.end())
    return;
  found->second.next = headers.first_byte;
  private_address_ = headers.private_address;
  const bool first = !total_ && etag_.empty() && last_modified_.empty();
  const bool changed =
      !first && (headers.etag != etag_ || headers.last_modified != last_modified_ ||
                 (total_ && headers.total_size && total_ != headers.total_size));
  if (!whole_ && (changed || headers.status != 206)) {
    // It was replaced between two parts, or the server knows no ranges: one answer then.
    data_.clear();
    had_ = {};
    total_.reset();
    return ask_whole();
  }
  etag_ = headers.etag;
  last_modified_ = headers.last_modified;
  if (!headers.total_size || total_)
    return;
  if (*headers.total_size > max_metainfo_size)
    return fail({ErrorCode::bad_metainfo,
                 "The metainfo at " + request_.url +
                     " is too large: " + std::to_string(*headers.total_size) + " bytes, where " +
                     std::to_string(max_metainfo_size) + " are allowed.",
                 {}});
  total_ = headers.total_size;
  if (!whole_)
    ask_rest();
}

// The connections that brought the first parts are warm by then.
void MetainfoFetch::ask_rest() {
  const std::uint64_t begin = metainfo_parts * opening_part;
  if (*total_ <= begin)
    return;
  const std::uint64_t share = (*total_ - begin) / opening_connections + 1;
  const std::uint64_t step = std::clamp(share, opening_part, largest_part);
  for (std::uint64_t at = begin; at < *total_; at += step)
    ask({at, std::min(at + step, *total_)});
}

void MetainfoFetch::on_body(std::uint64_t key, Bytes bytes) {
  const auto found = parts_.find(key);
  if (found == parts_.end())
    return;
  const ByteRange range{found->second.next, found->second.next + bytes.size()};
  found->second.next = range.end;
  if (range.end > max_metainfo_size)
    return;
  if (data_.size() < range.end)
    data_.resize(range.end);
  std::memcpy(data_.data() + range.begin, bytes.data(), bytes.size());
  had_.add(range);
  const auto gaps = had_.missing({0, data_.size()});
  const std::uint64_t prefix = gaps.empty() ? data_.size() : gaps.front().begin;
  // Whoever looks at it looks at all of it each time: not for each packet of a large one.
  if (prefix < told_ + told_ / 4 + 1)
    return;
  told_ = prefix;
  events_.prefix(Bytes(data_).first(prefix));
}

void MetainfoFetch::on_done(std::uint64_t key, const HttpOutcome& outcome) {
  const auto found = parts_.find(key);
  if (found == parts_.end())
    return;
  const Part part = found->second;
  parts_.erase(found);
  if (over_)
    return;
  if (outcome.failure != HttpFailure::none) {
    const bool beyond = total_ && part.range.begin >= *total_;
    const bool not_known_yet =
        !total_ && part.range.begin > 0 &&
        (outcome.failure == HttpFailure::range || outcome.failure == HttpFailure::no_ranges);
    if (!beyond && !not_known_yet)
      return on_failure(outcome);
  }
  if (whole_ && !total_)
    total_ = data_.size();
  if (total_ && had_.covers({0, *total_})) {
    over_ = true;
    cancel_all();
    data_.resize(*total_);
    const auto done = events_.done; // it may destroy this object
    done({std::move(data_), etag_, last_modified_}, private_address_);
  } else if (parts_.empty()) {
    whole_ ? fail(explain(outcome)) : ask_whole();
  }
}

void MetainfoFetch::on_failure(const HttpOutcome& outcome) {
  cancel_all();
  std::chrono::nanoseconds pause = first_pause;
  switch (outcome.failure) {
  case HttpFailure::connect:
    if (++connects_ >= most_connects)
      return fail(explain(outcome));
    pause = first_pause * connects_;
    break;
  case HttpFailure::no_ranges:
  case HttpFailure::range:
    if (whole_)
      return fail(explain(outcome));
    return ask_whole();
  case HttpFailure::cut:
  case HttpFailure::timeout:
  case HttpFailure::busy:
  case HttpFailure::server_error:
    if (outcome.status >= 400 && outcome.status < 500 && outcome.failure != HttpFailure::busy)
      return fail(explain(outcome));
    if (retries_ >= 0 && ++answers_ > retries_)
      return fail(explain(outcome));
    if (outcome.retry_after)
      pause = std::max<std::chrono::nanoseconds>(*outcome.retry_after, pause);
    break;
  default:
    return fail(explain(outcome));
  }
  pause += std::chrono::milliseconds(random_() % 100); // so that listeners don't come in step
  if (Engine::now() + pause - started_ > timeout_)
    return fail(explain(outcome));
  if (events_.trying_again)
    events_.trying_again(explain(outcome).message);
  retry_timer_.start(pause, [this] { start(); });
}

Error MetainfoFetch::explain(const HttpOutcome& outcome) const {
  const std::string& url = request_.url;
  const std::string host = url_host(url);
  switch (outcome.failure) {
  case HttpFailure::not_found:
    return {ErrorCode::not_found,
            "There is no metainfo at " + url + "; check the address with its publisher.",
            outcome.message};
  case HttpFailure::not_authorized:
    return {ErrorCode::not_authorized, "The server " + host + " does not let you have " + url + ".",
            outcome.message};
  case HttpFailure::tls:
    return {ErrorCode::unreachable,
            "The server " + host + " could not prove who it is (its certificate is not trusted).",
            outcome.message};
  case HttpFailure::redirect:
    return {ErrorCode::unreachable,
            "The server " + host + " sends on from " + url + " to where Triad does not follow.",
            outcome.message};
  case HttpFailure::private_address:
    return {ErrorCode::unreachable,
            "The server " + host + " points into a private network; that is refused.",
            outcome.message};
  case HttpFailure::connect:
  case HttpFailure::timeout:
    return {ErrorCode::unreachable,
            "The server " + host +
                " can't be reached; check the address, the network, and whether it is up.",
            outcome.message};
  default:
    return {ErrorCode::unreachable,
            "The server " + host + " did not give the metainfo at " + url + ".", outcome.message};
  }
}

void MetainfoFetch::fail(const Error& error) {
  over_ = true;
  cancel_all();
  const auto failed = events_.failed; // it may destroy this object
  failed(error);
}

} // namespace triad
