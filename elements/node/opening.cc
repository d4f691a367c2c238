// SPDX-License-Identifier: LGPL-2.1-or-later
// Opening: metainfo and first bytes at once.
#include "node/opening.h"

#include "node/metainfo_file.h"
#include "node/network.h"
#include "node/node.h"
#include "node/tracks.h"
#include "release/metainfo.h"
#include "release/web_seed.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>

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

// A metainfo file that holds the info dictionary and, beside it, the piece layers of files longer
// than a piece (BEP 52).
std::vector<std::byte> metainfo_of(const Release& release, Bytes info) {
  std::map<Sha256, std::span<const Sha256>> layers;
  for (FileIndex file; file.value() < release.files().size(); ++file)
    if (const auto layer = release.piece_layer(file); !layer.empty())
      layers.emplace(*release.root(file), layer);
  std::vector<std::byte> bytes;
  const auto append = [&bytes](Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  const auto append_text = [&](std::string_view text) { append(std::as_bytes(std::span(text))); };
  append_text("d4:info");
  append(info);
  if (!layers.empty()) {
    append_text("12:piece layersd");
    for (const auto& [root, layer] : layers) {
      append_text("32:");
      append(root);
      append_text(std::to_string(layer.size_bytes()) + ":");
      append(std::as_bytes(layer));
    }
    append_text("e");
  }
  append_text("e");
  return bytes;
}

} // namespace

OpeningKey OpeningKey::of(const TriadUri& uri, const OpenOptions& options, Sources sources) {
  OpeningKey key;
  key.set_uri(uri);
  key.http = options.http;
  key.retries = options.retries;
  key.timeout = options.timeout;
  key.use_server = uses(sources, Sources::server);
  key.use_peers = uses(sources, Sources::peers);
  return key;
}

void OpeningKey::set_uri(const TriadUri& uri) {
  metainfo_url = uri.metainfo_url;
  web_seeds = uri.web_seeds;
  trackers = uri.trackers;
  info_hash_v2 = uri.info_hash_v2;
  info_hash = uri.info_hash_v1;
  if (!info_hash && uri.info_hash_v2) {
    info_hash.emplace();
    std::copy_n(uri.info_hash_v2->begin(), info_hash->size(), info_hash->begin());
  }
}

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
  if (cached_as().empty())
    return;
  if (key_.metainfo_url.starts_with(file_scheme))
    return look_in_file();
  cached_ = node_.cache().find_metainfo(cached_as());
  if (!cached_)
    return;
  const auto release = parse_metainfo(cached_->bytes);
  if (!release) { // damaged on disk: as if it had never been seen
    cached_.reset();
    return;
  }
  auto download = make_download(*release, true, info_of(cached_->bytes), cached_->private_address);
  if (!cached_->credentials && has_credentials(key_.metainfo_url, key_.http))
    store(*release, *cached_); // what will be fetched for it now is not for everybody
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
  auto download = make_download(*release, true, info_of(*metainfo), true, beside);
  {
    const std::lock_guard lock(mutex_);
    download_ = std::move(download);
  }
  store(*release, CachedMetainfo{std::move(*metainfo), {}, {}, false});
}

std::shared_ptr<Download> Opening::make_download(ReleasePtr release, bool whole, InfoPtr info,
                                                 bool local, std::filesystem::path library) {
  DownloadOptions options;
  options.library = std::move(library);
  options.use_server = key_.use_server;
  options.peers = key_.use_peers ? &node_.peers() : nullptr;
  options.trackers = key_.trackers;
  options.server.http = key_.http;
  options.server.origin = {key_.metainfo_url, local};
  options.credentials =
      has_credentials(key_.metainfo_url, key_.http) || (cached_ && cached_->credentials);
  options.server.retries = key_.retries < 0 ? UINT_MAX : static_cast<unsigned>(key_.retries);
  options.server.timeout = std::chrono::ceil<std::chrono::seconds>(key_.timeout);
  options.server.web_seeds = key_.web_seeds;
  if (key_.metainfo_url.starts_with("http"))
    options.server.fallback_base = web_seed_beside(key_.metainfo_url);
  options.open_next = [this](const std::string& uri) { return node_.open_next(uri, key_); };
  options.on_layers = [this](const ReleasePtr& whole_release, Bytes from) {
    store(whole_release, CachedMetainfo{metainfo_of(*whole_release, from), {}, {}, false});
  };
  const auto base = release_uri(key_.metainfo_url);
  return std::make_shared<Download>(engine_, release, whole, std::move(info),
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
    if (cached_ && key_.use_server && !key_.metainfo_url.empty() && !revalidated_ &&
        !revalidate_timer_.armed())
      revalidate_timer_.start(revalidation_delay, [this] { revalidate(); });
    return;
  }
  waiting_.push_back(waiting);
  if (!fetch_ && !metadata_ && !download)
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
  engine_.post([weak = weak_from_this()] { // not from within its own call
    if (const auto self = weak.lock())
      self->metadata_.reset();
  });
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
  if (peers_may_have_it() && (url.empty() || !key_.use_server))
    return fetch_from_peers();
  if (url.empty())
    return fail({ErrorCode::bad_uri,
                 "The magnet link names no place to get its metainfo from; add one with xs=, or a "
                 "tracker (ws:// or wss://) with tr=.",
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
  fetch_over_http();
}

void Opening::fetch_over_http() {
  const std::string& url = key_.metainfo_url;
  client_ = network_client(engine_);
  tell(ReaderListener::Progress::start, "metadata", "Asking " + url_host(url));
  MetainfoFetch::Events events;
  events.prefix = [this](Bytes prefix) { on_prefix(prefix); };
  events.done = [this](CachedMetainfo metainfo, bool private_address) {
    on_metainfo(std::move(metainfo), private_address);
  };
  events.failed = [this](const Error& error) {
    if (peers_may_have_it())
      fetch_from_peers();
    else
      fail(error);
  };
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
    known(**release, false, nullptr, (**release)->web_seeds().empty());
}

void Opening::on_metainfo(CachedMetainfo metainfo, bool private_address) {
  const auto release = parse_metainfo(metainfo.bytes);
  if (!release)
    return fail(unusable_metainfo(key_.metainfo_url, release.error()));
  metainfo.private_address = private_address;
  revalidated_ = true; // it is fresh
  known(*release, true, info_of(metainfo.bytes), private_address);
  fetch_.reset();
  store(*release, std::move(metainfo));
}

// --- from peers ---

bool Opening::peers_may_have_it() const {
  return key_.use_peers && key_.info_hash && node_.peers().wanted(key_.trackers);
}

void Opening::fetch_from_peers() {
  tell(ReaderListener::Progress::start, "metadata", "Asking peers");
  SwarmFacts facts;
  facts.info_hash = *key_.info_hash;
  facts.v2 = key_.info_hash_v2.has_value();
  facts.info_hash_v2 = key_.info_hash_v2;
  facts.trackers = key_.trackers;
  MetadataFetch::Events events;
  events.done = [this](const std::vector<std::byte>& info) { on_metadata(info); };
  events.timed_out = [this](std::size_t peers) {
    fail({ErrorCode::unreachable,
          "No peer has sent the metainfo that the magnet link names; try again later, or add its "
          "address with xs=.",
          std::to_string(peers) + " peers are linked"});
  };
  metadata_ = std::make_unique<MetadataFetch>(engine_, node_.peers().join(facts), key_.timeout,
                                              std::move(events));
}

// Its v2 piece layers may come from peers later: see Download.
void Opening::on_metadata(const std::vector<std::byte>& info) {
  const auto release = parse_info(info);
  if (!release)
    return fail(unusable_metainfo("its peers", release.error()));
  known(*release, true, std::make_shared<const std::vector<std::byte>>(info), false);
  // After the download has joined the swarm, and not from within its own call.
  engine_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->metadata_.reset();
  });
  if ((*release)->layers_complete())
    store(*release, CachedMetainfo{metainfo_of(**release, info), {}, {}, false});
}

// --- the metainfo is there ---

std::string Opening::cached_as() const {
  if (!key_.metainfo_url.empty() || !key_.info_hash)
    return key_.metainfo_url;
  return "magnet:?xt=urn:btih:" + hex(*key_.info_hash);
}

// A disk may be slow: the first bytes go first.
void Opening::store(ReleasePtr release, CachedMetainfo metainfo) {
  metainfo.credentials = metainfo.credentials || has_credentials(key_.metainfo_url, key_.http);
  engine_.post(
      [weak = weak_from_this(), release = std::move(release), metainfo = std::move(metainfo)] {
        if (const auto self = weak.lock())
          self->node_.cache().store_metainfo(self->cached_as(), *release, metainfo);
      });
}

void Opening::known(ReleasePtr release, bool whole, InfoPtr info, bool local) {
  whole_ = whole;
  auto begun = download();
  const bool first = !begun;
  if (first) {
    begun = make_download(release, whole, std::move(info), local);
    const std::lock_guard lock(mutex_);
    download_ = begun;
  } else {
    begun->set_release(release, std::move(info), local);
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
  store(*release, {bytes, headers.etag, headers.last_modified, headers.private_address,
                   cached_->credentials});
  const std::lock_guard lock(mutex_);
  stale_ = true;
}

} // namespace triad
