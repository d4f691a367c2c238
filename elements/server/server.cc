// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/server.h"

#include "release/web_seed.h"
#include "server/web_seeds.h"

#include <algorithm>
#include <deque>
#include <map>

namespace triad {
namespace {

constexpr std::uint64_t largest_request = 1024 * 1024;
// What a cold connection carries in its first round trip is 10 segments; the header takes its part.
constexpr std::uint64_t burst_part = 12 * 1024;

SeedTime now() {
  return SeedTime(g_get_monotonic_time());
}

// A stalled connection must leave time for another try before the reader gives up.
std::chrono::milliseconds stall_timeout(std::chrono::seconds timeout) {
  using std::chrono::milliseconds;
  if (timeout.count() <= 0)
    return milliseconds(10'000);
  return std::clamp<milliseconds>(milliseconds(timeout) / 3, milliseconds(500),
                                  milliseconds(10'000));
}

} // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(HttpClient& client, ReleasePtr release, ServerOptions options, Events events)
      : client_(client),
        release_(std::move(release)),
        options_(std::move(options)),
        events_(std::move(events)),
        seeds_({options_.retries, options_.timeout}, options_.seed) {
    set_release(release_);
    static GSourceFuncs functions = {nullptr, nullptr, &Impl::on_wake, nullptr, nullptr, nullptr};
    wake_ = g_source_new(&functions, sizeof(Wake));
    reinterpret_cast<Wake*>(wake_)->owner = this;
    g_source_set_name(wake_, "triad-server");
    g_source_attach(wake_, client.context());
  }

  ~Impl() { g_source_unref(wake_); }

  void close() {
    closed_ = true;
    g_source_destroy(wake_);
    for (const auto& [id, part] : parts_)
      if (part.http)
        client_.cancel(*part.http);
    parts_.clear();
    requests_.clear();
  }

  void set_release(ReleasePtr release) {
    release_ = std::move(release);
    std::vector<std::string> bases = release_->web_seeds();
    bases.insert(bases.end(), options_.web_seeds.begin(), options_.web_seeds.end());
    if (bases.empty() && !options_.fallback_base.empty())
      bases.push_back(options_.fallback_base);
    seeds_.set_bases(bases);
  }

  RequestId request(FileIndex file, ByteRange range, bool starved) {
    const RequestId id{++last_request_};
    Request& request = requests_[id];
    request.file = file;
    std::vector<ByteRange> at_once;
    if (starved)
      at_once = cut_burst(file, range);
    while (!range.empty()) {
      const std::uint64_t size = std::min(range.size(), largest_request);
      request.later.push_back({range.begin, range.begin + size});
      range.begin += size;
    }
    for (const ByteRange part : at_once)
      add_part(id, request, part);
    next_part(id, request);
    return id;
  }

  void cancel(RequestId id) {
    const auto found = requests_.find(id);
    if (found == requests_.end())
      return;
    drop_parts(found->second);
    requests_.erase(found);
  }

  void report_bad(FileIndex file, ByteRange range) {
    if (!seeds_.bad(file, range))
      return;
    last_error_ = release_->file(file).path + ": a server's bytes do not match the hashes";
    for (auto& [number, part] : parts_) {
      if (part.http && part.file == file && WebSeeds::retired(*part.seed, file)) {
        client_.cancel(*part.http);
        part.http.reset();
        wake_at(now());
      }
    }
  }

  [[nodiscard]] bool usable(FileIndex file) const { return seeds_.usable(file); }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

private:
  struct Wake {
    GSource base;
    Impl* owner;
  };
  // What one HTTP request after the other fetches.
  struct Part {
    RequestId owner;
    FileIndex file;
    ByteRange left;
    RangeHistory history;
    std::optional<HttpClient::RequestId> http; // under way
    WebSeedPtr seed;
    SeedTime begun{0};
    std::uint64_t came = 0; // bytes of this attempt
  };
  struct Request {
    FileIndex file;
    std::vector<std::uint64_t> parts;
    std::deque<ByteRange> later; // one after the other
  };

  // The first parts of a burst, taken off the front of `range`; the rest stays one range.
  std::vector<ByteRange> cut_burst(FileIndex file, ByteRange& range) const {
    std::vector<ByteRange> parts;
    const auto choice = seeds_.choose(file, {}, now());
    if (!choice.seed)
      return parts;
    const std::string url = web_seed_url(choice.seed->base, *release_, file);
    const unsigned free = client_.free_connections(url, options_.http);
    while (parts.size() + 1 < free && range.size() > burst_part) {
      parts.push_back({range.begin, range.begin + burst_part});
      range.begin += burst_part;
    }
    return parts;
  }

  void add_part(RequestId id, Request& request, ByteRange range) {
    const std::uint64_t number = ++last_part_;
    Part& part = parts_[number];
    part.owner = id;
    part.file = request.file;
    part.left = range;
    request.parts.push_back(number);
    start(number, part);
  }

  void next_part(RequestId id, Request& request) {
    if (request.later.empty())
      return;
    const ByteRange range = request.later.front();
    request.later.pop_front();
    add_part(id, request, range);
  }

  void drop_parts(const Request& request) {
    for (const std::uint64_t number : request.parts) {
      const auto found = parts_.find(number);
      if (found->second.http)
        client_.cancel(*found->second.http);
      parts_.erase(found);
    }
  }

  // Asks a server for the part, or has the wake-up look at it again: when a back-off ends, or at
  // once to tell that there is nobody to ask, for this may run within request().
  void start(std::uint64_t number, Part& part) {
    const auto choice = seeds_.choose(part.file, part.history, now());
    if (!choice.seed || choice.wait.count() > 0) {
      wake_at(now() + choice.wait);
      return;
    }
    HttpRequest request;
    request.url = web_seed_url(choice.seed->base, *release_, part.file);
    request.range = part.left;
    request.origin = options_.origin;
    request.settings = options_.http;
    request.stall_timeout = stall_timeout(options_.timeout);
    part.seed = choice.seed;
    part.begun = now();
    part.came = 0;
    HttpClient::Handler handler;
    const std::weak_ptr<Impl> weak = weak_from_this();
    handler.headers = [weak, number](const HttpHeaders& headers) {
      if (const auto self = weak.lock())
        self->on_headers(number, headers);
    };
    handler.body = [weak, number](Bytes bytes) {
      if (const auto self = weak.lock())
        self->on_bytes(number, bytes);
    };
    handler.done = [weak, number](const HttpOutcome& outcome) {
      if (const auto self = weak.lock())
        self->on_done(number, outcome);
    };
    part.http = client_.get(std::move(request), std::move(handler));
  }

  void wake_at(SeedTime time) {
    const gint64 ready = g_source_get_ready_time(wake_);
    if (ready < 0 || time.count() < ready)
      g_source_set_ready_time(wake_, time.count());
  }

  static gboolean on_wake(GSource* source, GSourceFunc, gpointer) noexcept {
    const auto self = reinterpret_cast<Wake*>(source)->owner->shared_from_this();
    g_source_set_ready_time(source, -1);
    self->start_waiting();
    return G_SOURCE_CONTINUE;
  }

  void start_waiting() {
    std::vector<std::uint64_t> waiting;
    for (const auto& [number, part] : parts_)
      if (!part.http)
        waiting.push_back(number);
    for (const std::uint64_t number : waiting) {
      if (closed_)
        return;
      const auto found = parts_.find(number);
      if (found == parts_.end() || found->second.http)
        continue; // cancelled by an event just now
      const Part& part = found->second;
      const auto choice = seeds_.choose(part.file, part.history, now());
      const bool too_long = options_.timeout.count() > 0 && choice.wait > options_.timeout;
      if (!choice.seed)
        end(part.owner, {}, verdict(part));
      else if (too_long)
        end(part.owner, choice.wait, {});
      else
        start(number, found->second);
    }
  }

  Error verdict(const Part& part) const {
    const bool had_bytes = had_bytes_.count(part.file) > 0;
    return seeds_.verdict(part.file, release_->file(part.file).path, part.history, had_bytes);
  }

  void end(RequestId id, std::optional<std::chrono::nanoseconds> retry_in,
           std::optional<Error> fatal) {
    const auto found = requests_.find(id);
    drop_parts(found->second);
    requests_.erase(found);
    const bool complete = !retry_in && !fatal;
    events_.done(id, complete, retry_in, std::move(fatal)); // may destroy the Server
  }

  void on_headers(std::uint64_t number, const HttpHeaders& headers) {
    const auto found = parts_.find(number);
    if (found == parts_.end())
      return;
    Part& part = found->second;
    const std::uint64_t length = release_->file(part.file).length;
    if (!headers.total_size || *headers.total_size == length)
      return;
    client_.cancel(*part.http);
    part.http.reset();
    last_error_ = headers.final_url + ": the file has " + std::to_string(*headers.total_size) +
                  " bytes, the release says " + std::to_string(length);
    seeds_.retire(*part.seed, part.file, HttpFailure::cut, last_error_);
    wake_at(now());
  }

  void on_bytes(std::uint64_t number, Bytes bytes) {
    const auto found = parts_.find(number);
    if (found == parts_.end())
      return;
    Part& part = found->second;
    const std::uint64_t offset = part.left.begin;
    part.left.begin += bytes.size();
    part.came += bytes.size();
    had_bytes_[part.file] = true;
    seeds_.bytes_came(*part.seed);
    seeds_.delivered(part.seed, part.file, {offset, part.left.begin});
    events_.bytes(part.owner, part.file, offset, bytes); // may destroy the Server
  }

  void on_done(std::uint64_t number, const HttpOutcome& outcome) {
    const auto found = parts_.find(number);
    if (found == parts_.end())
      return;
    Part& part = found->second;
    part.http.reset();
    if (part.left.empty()) {
      part_complete(number);
      return;
    }
    HttpOutcome failure = outcome;
    if (outcome.failure == HttpFailure::none) { // the resource ends before the range does
      failure.failure = HttpFailure::range;
      failure.message = "the server's file is too short";
    }
    last_error_ = failure.message;
    seeds_.failed(part.seed, part.file, part.history, failure, part.begun, part.came >= block_size,
                  now());
    wake_at(now()); // it sees who is next, or that nobody is
  }

  void part_complete(std::uint64_t number) {
    const RequestId id = parts_[number].owner;
    Request& request = requests_[id];
    parts_.erase(number);
    request.parts.erase(std::find(request.parts.begin(), request.parts.end(), number));
    next_part(id, request);
    if (request.parts.empty())
      end(id, {}, {});
  }

  HttpClient& client_;
  ReleasePtr release_;
  const ServerOptions options_;
  const Events events_;
  WebSeeds seeds_;
  GSource* wake_ = nullptr;
  bool closed_ = false;
  std::uint64_t last_request_ = 0, last_part_ = 0;
  std::map<RequestId, Request> requests_;
  std::map<std::uint64_t, Part> parts_;
  std::map<FileIndex, bool> had_bytes_;
  std::string last_error_;
};

Server::Server(HttpClient& client, ReleasePtr release, ServerOptions options, Events events)
    : impl_(std::make_shared<Impl>(client, std::move(release), std::move(options),
                                   std::move(events))) {}

Server::~Server() {
  impl_->close();
}

Server::RequestId Server::request(FileIndex file, ByteRange range, bool starved) {
  return impl_->request(file, range, starved);
}

void Server::cancel(RequestId id) {
  impl_->cancel(id);
}

void Server::report_bad(FileIndex file, ByteRange range) {
  impl_->report_bad(file, range);
}

bool Server::usable(FileIndex file) const {
  return impl_->usable(file);
}

void Server::set_release(ReleasePtr release) {
  impl_->set_release(std::move(release));
}

std::string Server::last_error() const {
  return impl_->last_error();
}

} // namespace triad
