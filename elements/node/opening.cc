// SPDX-License-Identifier: LGPL-2.1-or-later
// Opening: metainfo and first bytes at once.
#include "node/opening.h"

#include "node/metainfo_file.h"
#include "node/network.h"
#include "node/node.h"
#include "node/tracks.h"
#include "release/metainfo.h"
#include "release/web_seed.h"

namespace triad {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view file_scheme = "file://";
constexpr std::uint64_t early_tail = 144 * 1024; // the tail, rounded out to pieces
// After the first bytes, so that it is never in their way.
constexpr auto revalidation_delay = 1s;

std::string local_path(const std::string& url) {
  gchar* const path = g_filename_from_uri(url.c_str(), nullptr, nullptr);
  std::string text = path == nullptr ? std::string() : path;
  g_free(path);
  return text;
}

} // namespace

Opening::Opening(Engine& engine, Node& node, OpeningKey key)
    : engine_(engine), node_(node), key_(std::move(key)), revalidate_timer_(engine) {}

Opening::~Opening() {
  if (revalidation_)
    client_->cancel(*revalidation_);
}

std::shared_ptr<Download> Opening::find_here() {
  std::call_once(looked_, [this] { look_here(); });
  return download();
}

std::shared_ptr<Download> Opening::download() const {
  const std::lock_guard lock(mutex_);
  return download_;
}

bool Opening::stale() const {
  const std::lock_guard lock(mutex_);
  return stale_ || error_.has_value();
}

// --- on this machine ---

void Opening::look_here() {
  if (key_.metainfo_url.empty())
    return;
  if (key_.metainfo_url.starts_with(file_scheme))
    return look_in_file();
  cached_ = node_.cache().find_metainfo(key_.metainfo_url);
  if (!cached_)
    return;
  const auto release = parse_metainfo(cached_->bytes);
  if (!release) { // damaged on disk: as if it had never been seen
    cached_.reset();
    return;
  }
  auto download = make_download(*release, true, cached_->private_address);
  const std::lock_guard lock(mutex_);
  download_ = std::move(download);
}

void Opening::look_in_file() {
  const std::string path = local_path(key_.metainfo_url);
  auto metainfo = read_metainfo_file(path);
  auto release = metainfo ? parse_metainfo(*metainfo) : Result<ReleasePtr>(metainfo.error());
  if (!release) {
    const std::lock_guard lock(mutex_);
    error_ = metainfo ? unusable_metainfo(path, release.error()) : metainfo.error();
    return;
  }
  const std::filesystem::path beside = std::filesystem::path(path).parent_path();
  std::error_code problem;
  if (std::filesystem::exists(beside / (*release)->name(), problem))
    (void)node_.cache().add_library(*release, beside); // else the web seeds have it
  auto download = make_download(*release, true, true, beside);
  {
    const std::lock_guard lock(mutex_);
    download_ = std::move(download);
  }
  engine_.post([weak = weak_from_this(), release = *release,
                metainfo = CachedMetainfo{std::move(*metainfo), {}, {}, false}] {
    if (const auto self = weak.lock())
      self->node_.cache().store_metainfo(self->key_.metainfo_url, *release, metainfo);
  });
}

std::shared_ptr<Download> Opening::make_download(ReleasePtr release, bool whole, bool local,
                                                 std::filesystem::path library) {
  DownloadOptions options;
  options.library = std::move(library);
  options.use_server = key_.use_server;
  options.server.http = key_.http;
  options.server.origin = {key_.metainfo_url, local};
  options.server.retries = key_.retries < 0 ? UINT_MAX : static_cast<unsigned>(key_.retries);
  options.server.timeout = std::chrono::ceil<std::chrono::seconds>(key_.timeout);
  options.server.web_seeds = key_.web_seeds;
  if (key_.metainfo_url.starts_with("http"))
    options.server.fallback_base = web_seed_beside(key_.metainfo_url);
  options.open_next = [this](const std::string& uri) { return node_.open_next(uri, key_); };
  const auto base = release_uri(key_.metainfo_url);
  return std::make_shared<Download>(engine_, release, whole,
                                    node_.entry(release, base ? *base : std::string()),
                                    std::move(options));
}

// --- readers ---

void Opening::join(const ReaderCorePtr& core, const TriadUri& uri, Purpose purpose) {
  const Waiting waiting{core, uri, purpose};
  std::shared_ptr<Download> download;
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    download = download_;
    error = error_;
  }
  if (error)
    return core->fail(*error);
  if (download && (whole_ || purpose != Purpose::look)) {
    connect(waiting, download);
    if (cached_ && key_.use_server && !revalidated_ && !revalidate_timer_.armed())
      revalidate_timer_.start(revalidation_delay, [this] { revalidate(); });
    return;
  }
  waiting_.push_back(waiting);
  if (!fetch_ && !download)
    fetch();
}

void Opening::leave(const ReaderCorePtr& core) {
  std::erase_if(waiting_, [&](const Waiting& each) { return each.core == core; });
}

void Opening::connect(const Waiting& waiting, const std::shared_ptr<Download>& download) {
  const ReaderCorePtr& core = waiting.core;
  bool news = false;
  {
    std::unique_lock lock(core->mutex);
    if (core->error)
      return;
    if (!core->download && waiting.purpose == Purpose::look) {
      core->download = download;
    } else if (!core->download) {
      const auto track = resolve_track(*download->release(), waiting.uri);
      if (!track) {
        lock.unlock();
        return core->fail(track.error());
      }
      core->track = *track;
      core->download = download;
      ++core->wakeups;
      news = true;
    }
  }
  core->changed.notify_all();
  if (waiting.purpose == Purpose::read)
    download->readers().attach(core);
  if (!news)
    return;
  if (const auto listener = core->listener.lock()) {
    listener->on_progress(ReaderListener::Progress::complete, "metadata",
                          "Opened \"" + download->release()->name() + "\"");
    listener->on_facts();
  }
}

void Opening::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    error_ = error;
  }
  if (const auto begun = download())
    begun->fail(error);
  const auto waiting = std::move(waiting_);
  waiting_.clear();
  for (const Waiting& each : waiting)
    each.core->fail(error);
  early_.reset();
  fetch_.reset();
}

void Opening::tell(ReaderListener::Progress kind, const char* code, const std::string& text) {
  const auto waiting = waiting_; // a listener may call back
  for (const Waiting& each : waiting)
    if (const auto listener = each.core->listener.lock())
      listener->on_progress(kind, code, text);
}

// --- over HTTP ---

HttpRequest Opening::request(const std::string& url) const {
  HttpRequest request;
  request.url = url;
  request.origin = {key_.metainfo_url,
                    true}; // the user named it, or it stands beside what he named
  request.settings = key_.http;
  return request;
}

void Opening::fetch() {
  const std::string& url = key_.metainfo_url;
  if (url.empty())
    return fail({ErrorCode::bad_uri,
                 "The magnet link names no place to get its metainfo from; add one with xs=.",
                 {}});
  if (!key_.use_server)
    return fail({ErrorCode::unreachable,
                 "The release at " + url +
                     " is not in the cache, and no other source may be used; allow the source "
                     "\"server\".",
                 {}});
  if (!may_be_reachable(url))
    return fail({ErrorCode::unreachable,
                 "There is no network, and the release at " + url + " is not in the cache.",
                 "no interface but loopback is up"});
  client_ = network_client(engine_);
  tell(ReaderListener::Progress::start, "metadata", "Asking " + url_host(url));
  MetainfoFetch::Events events;
  events.prefix = [this](Bytes prefix) { on_prefix(prefix); };
  events.done = [this](CachedMetainfo metainfo, bool private_address) {
    on_metainfo(std::move(metainfo), private_address);
  };
  events.failed = [this](const Error& error) { fail(error); };
  events.trying_again = [this](const std::string& reason) {
    tell(ReaderListener::Progress::proceed, "connect", reason + " Trying again.");
  };
  fetch_ = std::make_unique<MetainfoFetch>(engine_, *client_, request(url), key_.retries,
                                           key_.timeout, std::move(events));
  if (waiting_.front().purpose == Purpose::read)
    ask_early(waiting_.front().uri);
}

void Opening::ask_early(const TriadUri& uri) {
  early_uri_ = uri;
  early_url_ = expected_track_url(uri);
  if (early_url_.empty())
    return;
  early_ = std::make_unique<EarlyBytes>(*client_, request(early_url_));
  // Of a track of unknown length: M4A's tail is read early only where it is long.
  const bool tail = reads_tail(uri.track.empty() ? early_url_ : uri.track, 0);
  early_->ask_head(opening_connections - metainfo_parts - (tail ? 1 : 0));
  if (tail)
    early_->ask_tail(early_tail);
}

void Opening::on_prefix(Bytes prefix) {
  if (download())
    return;
  const auto release = parse_metainfo_prefix(prefix);
  if (!release)
    return fail(unusable_metainfo(key_.metainfo_url, release.error()));
  if (*release)
    // Its files are still asked for beside the metainfo, that is where the user said.
    known(**release, false, (**release)->web_seeds().empty());
}

void Opening::on_metainfo(CachedMetainfo metainfo, bool private_address) {
  const auto release = parse_metainfo(metainfo.bytes);
  if (!release)
    return fail(unusable_metainfo(key_.metainfo_url, release.error()));
  metainfo.private_address = private_address;
  revalidated_ = true; // it is fresh
  known(*release, true, private_address);
  fetch_.reset();
  // A disk may be slow: the first bytes go first.
  engine_.post([weak = weak_from_this(), release = *release, metainfo = std::move(metainfo)] {
    if (const auto self = weak.lock())
      self->node_.cache().store_metainfo(self->key_.metainfo_url, *release, metainfo);
  });
}

void Opening::known(ReleasePtr release, bool whole, bool local) {
  whole_ = whole;
  auto begun = download();
  const bool first = !begun;
  if (first) {
    begun = make_download(release, whole, local);
    const std::lock_guard lock(mutex_);
    download_ = begun;
  } else {
    begun->set_release(release, local);
  }
  auto waiting = std::move(waiting_);
  waiting_.clear();
  for (Waiting& each : waiting) {
    if (whole || each.purpose != Purpose::look)
      connect(each, begun);
    else
      waiting_.push_back(std::move(each));
  }
  // What was asked for on a guess is of use if it is a file of this release.
  if (!early_)
    return;
  const auto track = resolve_track(*release, early_uri_);
  if (track && web_seed_url(web_seed_beside(key_.metainfo_url), *release, *track) == early_url_)
    begun->adopt(std::move(early_), *track);
  early_.reset();
}

// --- has it changed? ---

void Opening::revalidate() {
  revalidated_ = true;
  client_ = network_client(engine_);
  HttpRequest conditional = request(key_.metainfo_url);
  conditional.if_none_match = cached_->etag;
  conditional.if_modified_since = cached_->last_modified;
  conditional.max_bytes = max_metainfo_size;
  auto bytes = std::make_shared<std::vector<std::byte>>();
  auto seen = std::make_shared<HttpHeaders>();
  HttpClient::Handler handler;
  handler.headers = [seen](const HttpHeaders& headers) { *seen = headers; };
  handler.body = [bytes](Bytes more) { bytes->insert(bytes->end(), more.begin(), more.end()); };
  handler.done = [this, bytes, seen](const HttpOutcome& outcome) {
    revalidation_.reset();
    if (outcome.failure == HttpFailure::none && seen->status == 200)
      on_revalidated(*bytes, *seen);
  };
  revalidation_ = client_->get(std::move(conditional), std::move(handler));
}

// What plays goes on as it is; the next reader gets the new release.
void Opening::on_revalidated(const std::vector<std::byte>& bytes, const HttpHeaders& headers) {
  if (bytes == cached_->bytes)
    return;
  const auto release = parse_metainfo(bytes);
  if (!release)
    return; // broken at the server; what is cached is better
  node_.cache().store_metainfo(
      key_.metainfo_url, **release,
      {bytes, headers.etag, headers.last_modified, headers.private_address});
  const std::lock_guard lock(mutex_);
  stale_ = true;
}

} // namespace triad
