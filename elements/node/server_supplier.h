// SPDX-License-Identifier: LGPL-2.1-or-later
// The server as a supplier of blocks: turns the schedule's requests into ranges of files.
//
// Pads and gaps are never asked for, nor what an opening's early requests bring. Engine thread
// only.
#pragma once

#include "node/early_bytes.h"
#include "node/supplier.h"
#include "server/server.h"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace triad {

class ServerSupplier : public Supplier {
public:
  struct Failure {
    BlockIndex first;
    std::uint32_t count = 0;
    std::optional<std::chrono::nanoseconds> retry_in; // absent: ask again when you like
    // No server is left for this file, and why.
    std::optional<std::pair<FileIndex, Error>> fatal;
  };
  struct Events {
    // What is not there yet of a range (release space).
    std::function<std::vector<ByteRange>(ByteRange)> missing;
    // `early`: asked for before the release was known.
    std::function<void(FileIndex, std::uint64_t offset, Bytes, bool early)> bytes;
    // What is missing of these blocks will not come.
    std::function<void(const Failure&)> failed;
    // Of these blocks nothing is missing, and nothing more comes.
    std::function<void(BlockIndex first, std::uint32_t count)> over;
  };

  // `whole`: the metainfo is all there; until set_release() nothing goes out else.
  ServerSupplier(HttpClient& client, ReleasePtr release, bool whole, ServerOptions options,
                 Events events);
  ~ServerSupplier() override;
  ServerSupplier(const ServerSupplier&) = delete;
  ServerSupplier& operator=(const ServerSupplier&) = delete;

  void request(const Request& request) override;
  void cancel(const Cancel& cancel) override;
  void report_bad(SupplierId supplier, PieceIndex piece) override;

  // Takes over what an opening has asked for of `file`.
  void adopt(std::unique_ptr<EarlyBytes> early, FileIndex file);
  // The whole metainfo is there: web seeds are known, and requests go out from now on. `local`: see
  // Origin.
  void set_release(ReleasePtr release, bool local);
  // Starts afresh: what was given up may be tried again.
  void renew();

  [[nodiscard]] std::string last_error() const { return server_->last_error(); }

private:
  // One request of the schedule.
  struct Ask {
    BlockIndex first;
    std::uint32_t count = 0;
    bool starved = false;
    RangeSet asked; // of the server, release space
    std::vector<std::pair<Server::RequestId, FileIndex>> requests;
    bool failed = false;
    std::optional<std::chrono::nanoseconds> retry_in;
    std::optional<std::pair<FileIndex, Error>> fatal;
  };
  using Asks = std::list<Ask>;

  std::unique_ptr<Server> make_server();
  [[nodiscard]] ByteRange range_of(const Ask& ask) const;
  void go_on(Ask& ask);
  void settle(Asks::iterator ask); // ends it if nothing of it is on its way
  void on_done(Server::RequestId id, bool complete,
               std::optional<std::chrono::nanoseconds> retry_in, const std::optional<Error>& fatal);
  void on_early_settled();

  HttpClient& client_;
  ReleasePtr release_;
  bool whole_;
  ServerOptions options_;
  Events events_;
  std::unique_ptr<Server> server_;
  Asks asks_;
  std::unique_ptr<EarlyBytes> early_;
  FileIndex early_file_;
  std::unique_ptr<EarlyBytes> early_over_; // kept until no callback of its own is running
};

} // namespace triad
