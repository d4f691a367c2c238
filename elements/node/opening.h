// SPDX-License-Identifier: LGPL-2.1-or-later
// From a metainfo's URL to its download: from this machine at once where it was seen before, else
// over HTTP, with the first bytes of the track asked for at the same time.
//
// One per metainfo URL and set of source settings; all readers of these share it.
#pragma once

#include "node/download.h"
#include "node/engine.h"
#include "node/metadata_fetch.h"
#include "node/metainfo_fetch.h"
#include "node/reader_core.h"
#include "release/uri.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace triad {

class Node;

// Readers that agree in all of this share an opening.
struct OpeningKey {
  std::string metainfo_url;
  // A magnet link's: what it names, and where that may be had.
  std::optional<Sha1> info_hash; // v1, or the first 20 bytes of v2's
  std::optional<Sha256> info_hash_v2;
  std::vector<std::string> web_seeds, trackers;
  HttpSettings http;
  int retries = 3;
  std::chrono::nanoseconds timeout{0};
  bool use_server = true, use_peers = true;

  [[nodiscard]] static OpeningKey of(const TriadUri& uri, const OpenOptions& options,
                                     Sources sources);
  void set_uri(const TriadUri& uri);
  bool operator==(const OpeningKey&) const = default;
};

class Opening : public std::enable_shared_from_this<Opening> {
public:
  Opening(Engine& engine, Node& node, OpeningKey key); // `node` outlives it
  ~Opening();

  [[nodiscard]] const OpeningKey& key() const { return key_; }

  // --- any thread ---
  // Looks in the cache, or at the local file, if nobody has yet. Then the download, if it is known.
  [[nodiscard]] std::shared_ptr<Download> find_here();
  [[nodiscard]] std::shared_ptr<Download> download() const;
  // It failed, or what it found has changed since: the next reader needs another one.
  [[nodiscard]] bool stale() const;

  // --- engine thread ---
  enum class Purpose {
    read,  // joins the download's readers
    track, // only learns download and track
    look,  // only learns the download, once its metainfo is whole
  };
  void join(const ReaderCorePtr& core, const TriadUri& uri, Purpose purpose);
  void leave(const ReaderCorePtr& core);

private:
  struct Waiting {
    ReaderCorePtr core;
    TriadUri uri;
    Purpose purpose = Purpose::read;
  };

  void look_here();
  void look_in_file();
  std::shared_ptr<Download> make_download(ReleasePtr release, bool whole, InfoPtr info, bool local,
                                          std::filesystem::path library = {});
  void fetch();
  void fetch_over_http();
  [[nodiscard]] bool peers_may_have_it() const; // the metainfo
  void fetch_from_peers();
  void on_metadata(const std::vector<std::byte>& info);
  [[nodiscard]] std::string cached_as() const; // the metainfo's name in the cache; empty: none
  void ask_early(const TriadUri& uri);
  void on_prefix(Bytes prefix);
  void on_metainfo(CachedMetainfo metainfo, bool private_address);
  void known(ReleasePtr release, bool whole, InfoPtr info, bool local);
  void store(ReleasePtr release, CachedMetainfo metainfo);
  void connect(const Waiting& waiting, const std::shared_ptr<Download>& download);
  void fail(const Error& error);
  void tell(ReaderListener::Progress kind, const char* code, const std::string& text);
  void revalidate();
  void on_revalidated(const std::vector<std::byte>& bytes, const HttpHeaders& headers);
  [[nodiscard]] HttpRequest request(const std::string& url) const;

  Engine& engine_;
  Node& node_;
  const OpeningKey key_;

  mutable std::mutex mutex_; // of these
  std::shared_ptr<Download> download_;
  std::optional<Error> error_;
  bool stale_ = false;

  std::once_flag looked_;
  std::optional<CachedMetainfo> cached_; // what look_here() found; for revalidation

  // --- engine thread ---
  bool whole_ = true; // the download's metainfo is
  std::vector<Waiting> waiting_;
  std::shared_ptr<HttpClient> client_;
  std::unique_ptr<MetainfoFetch> fetch_;
  std::unique_ptr<MetadataFetch> metadata_;
  std::unique_ptr<EarlyBytes> early_;
  TriadUri early_uri_;
  std::string early_url_;
  bool revalidated_ = false;
  std::optional<HttpClient::RequestId> revalidation_;
  EngineTimer revalidate_timer_;
};

} // namespace triad
