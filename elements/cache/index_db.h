// SPDX-License-Identifier: LGPL-2.1-or-later
// The SQLite index: which pieces are stored, when a file was used last, and what is pinned.
//
// One thread; every call may throw IndexError.
#pragma once

#include "release/hashes.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace triad::cache {

class IndexError : public std::runtime_error {
public:
  enum class Kind { busy, corrupt, other };
  IndexError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

private:
  Kind kind_;
};

// A file of a release as the index knows it.
struct FileRow {
  Sha1 release = {};
  std::string path;                             // NAME or NAME/path
  std::uint32_t first_piece = 0, end_piece = 0; // the pieces that hold a byte of it
  std::int64_t last_used = 0;                   // nanoseconds since 1970
  bool pinned = false;
};

class IndexDb {
public:
  enum class Access {
    shared, // with other processes; needs room on the disk beside the file
    alone,  // keeps them out; reads on a full disk. With no index yet an empty one in memory
  };
  // Opens or makes it. While another process holds it, waits up to 2 s, or until `hurry`.
  IndexDb(const std::filesystem::path& file, const std::atomic<bool>& hurry,
          Access access = Access::shared);
  ~IndexDb();
  IndexDb(const IndexDb&) = delete;
  IndexDb& operator=(const IndexDb&) = delete;

  void begin(); // for writing
  void commit();
  void rollback() noexcept;
  // Changes when another connection has committed.
  [[nodiscard]] std::int64_t version();

  [[nodiscard]] std::vector<std::uint32_t> pieces(const Sha1& release);
  void add_piece(const Sha1& release, std::uint32_t piece);
  void remove_piece(const Sha1& release, std::uint32_t piece);

  // Inserts it, or renews when it was used last; pins stay.
  void use(const FileRow& file);
  void pin(const FileRow& file); // as file.pinned says
  // With the pieces that hold a byte of it.
  void remove_file(const FileRow& file);
  [[nodiscard]] std::vector<FileRow> files();

  void set_uri(const Sha1& release, const std::string& uri);
  [[nodiscard]] std::map<Sha1, std::string> uris();
  void remove_release(const Sha1& release);

  // The month's total then.
  std::uint64_t add_uploaded(std::uint32_t month, std::uint64_t bytes);

private:
  class Run;
  void open(const char* name);
  void close() noexcept;
  [[nodiscard]] std::int64_t schema();
  void make_tables();
  void execute(const char* sql);
  [[nodiscard]] sqlite3_stmt* prepared(const char* sql);
  [[noreturn]] void fail() const;

  const std::atomic<bool>& hurry_;
  sqlite3* db_ = nullptr;
  std::map<const char*, sqlite3_stmt*> statements_; // by the address of their text
};

} // namespace triad::cache
