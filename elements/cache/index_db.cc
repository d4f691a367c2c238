// SPDX-License-Identifier: LGPL-2.1-or-later
// SQL statements and their values.
#include "cache/index_db.h"

#include <algorithm>
#include <ctime>
#include <sqlite3.h>

namespace triad::cache {
namespace {

constexpr int schema_version = 1;
constexpr int busy_step_ms = 10, busy_steps = 200;

int wait_while_busy(void* hurry, int tries) {
  if (tries >= busy_steps || static_cast<const std::atomic<bool>*>(hurry)->load())
    return 0;
  const timespec step = {0, busy_step_ms * 1'000'000};
  nanosleep(&step, nullptr);
  return 1;
}

IndexError::Kind kind_of(int code) {
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return IndexError::Kind::busy;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return IndexError::Kind::corrupt;
  default:
    return IndexError::Kind::other;
  }
}

} // namespace

// One use of a prepared statement: bind, step, read columns; resets itself.
class IndexDb::Run {
public:
  Run(IndexDb& db, const char* sql) : db_(db), statement_(db.prepared(sql)) {}
  ~Run() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // The bytes must outlive this.
  Run& bind(const Sha1& id) {
    return check(sqlite3_bind_blob(statement_, ++bound_, id.data(), static_cast<int>(id.size()),
                                   SQLITE_STATIC));
  }
  Run& bind(const std::string& text) {
    return check(sqlite3_bind_blob(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                   SQLITE_STATIC));
  }
  Run& bind(std::int64_t value) { return check(sqlite3_bind_int64(statement_, ++bound_, value)); }

  bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
      db_.fail();
    return code == SQLITE_ROW;
  }

  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
  }
  // All zeros for a value that is no id: it matches no release.
  [[nodiscard]] Sha1 id(int column) const {
    Sha1 id = {};
    const std::string bytes = text(column);
    if (bytes.size() == id.size())
      std::transform(bytes.begin(), bytes.end(), id.begin(),
                     [](char c) { return static_cast<std::byte>(c); });
    return id;
  }

private:
  Run& check(int code) {
    if (code != SQLITE_OK)
      db_.fail();
    return *this;
  }

  IndexDb& db_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

IndexDb::IndexDb(const std::filesystem::path& file, const std::atomic<bool>& hurry, Access access)
    : hurry_(hurry) {
  try {
    open(file.c_str());
    if (access == Access::alone) {
      // Then SQLite keeps the map of the log in its own memory, and reads the log all the same.
      execute("PRAGMA locking_mode=EXCLUSIVE");
      if (schema() == 0) {
        close();
        open(":memory:");
      }
    } else {
      execute("PRAGMA journal_mode=WAL");
    }
    // No fsync per commit: what a power cut takes, holes and hashes find again.
    execute("PRAGMA synchronous=NORMAL");
    execute("PRAGMA journal_size_limit=4194304");
    if (schema() == 0)
      make_tables();
    if (schema() != schema_version)
      throw IndexError(IndexError::Kind::other, "it was made by another version of Triad");
  } catch (const IndexError&) {
    close();
    throw;
  }
}

IndexDb::~IndexDb() {
  close();
}

void IndexDb::open(const char* name) {
  if (sqlite3_open_v2(name, &db_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                          SQLITE_OPEN_NOFOLLOW,
                      nullptr) != SQLITE_OK)
    fail();
  sqlite3_busy_handler(db_, wait_while_busy, const_cast<std::atomic<bool>*>(&hurry_));
}

void IndexDb::close() noexcept {
  for (const auto& [sql, statement] : statements_)
    sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_close(db_);
  db_ = nullptr;
}

std::int64_t IndexDb::schema() {
  Run run(*this, "PRAGMA user_version");
  return run.step() ? run.integer(0) : 0;
}

void IndexDb::make_tables() {
  begin();
  execute("CREATE TABLE IF NOT EXISTS releases(id BLOB PRIMARY KEY, uri BLOB NOT NULL)"
          " WITHOUT ROWID");
  execute("CREATE TABLE IF NOT EXISTS files(release BLOB, path BLOB, first_piece INTEGER,"
          " end_piece INTEGER, last_used INTEGER, pinned INTEGER,"
          " PRIMARY KEY(release, path)) WITHOUT ROWID");
  execute("CREATE TABLE IF NOT EXISTS pieces(release BLOB, piece INTEGER,"
          " PRIMARY KEY(release, piece)) WITHOUT ROWID");
  execute("PRAGMA user_version=1");
  commit();
}

void IndexDb::begin() {
  execute("BEGIN IMMEDIATE");
}

void IndexDb::commit() {
  execute("COMMIT");
}

void IndexDb::rollback() noexcept {
  sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t IndexDb::version() {
  Run run(*this, "PRAGMA data_version");
  return run.step() ? run.integer(0) : 0;
}

std::vector<std::uint32_t> IndexDb::pieces(const Sha1& release) {
  std::vector<std::uint32_t> pieces;
  Run run(*this, "SELECT piece FROM pieces WHERE release = ?");
  run.bind(release);
  while (run.step())
    pieces.push_back(static_cast<std::uint32_t>(run.integer(0)));
  return pieces;
}

void IndexDb::add_piece(const Sha1& release, std::uint32_t piece) {
  Run(*this, "INSERT OR IGNORE INTO pieces VALUES(?, ?)").bind(release).bind(piece).step();
}

void IndexDb::remove_piece(const Sha1& release, std::uint32_t piece) {
  Run(*this, "DELETE FROM pieces WHERE release = ? AND piece = ?").bind(release).bind(piece).step();
}

void IndexDb::use(const FileRow& file) {
  Run(*this, "INSERT INTO files VALUES(?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
             " last_used = max(last_used, excluded.last_used)")
      .bind(file.release)
      .bind(file.path)
      .bind(file.first_piece)
      .bind(file.end_piece)
      .bind(file.last_used)
      .step();
}

void IndexDb::pin(const FileRow& file) {
  Run(*this, "INSERT INTO files VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
             " pinned = excluded.pinned")
      .bind(file.release)
      .bind(file.path)
      .bind(file.first_piece)
      .bind(file.end_piece)
      .bind(file.last_used)
      .bind(file.pinned ? 1 : 0)
      .step();
}

void IndexDb::remove_file(const FileRow& file) {
  Run(*this, "DELETE FROM pieces WHERE release = ? AND piece >= ? AND piece < ?")
      .bind(file.release)
      .bind(file.first_piece)
      .bind(file.end_piece)
      .step();
  Run(*this, "DELETE FROM files WHERE release = ? AND path = ?")
      .bind(file.release)
      .bind(file.path)
      .step();
}

std::vector<FileRow> IndexDb::files() {
  std::vector<FileRow> files;
  Run run(*this, "SELECT release, path, first_piece, end_piece, last_used, pinned FROM files");
  while (run.step()) {
    FileRow file;
    file.release = run.id(0);
    file.path = run.text(1);
    file.first_piece = static_cast<std::uint32_t>(run.integer(2));
    file.end_piece = static_cast<std::uint32_t>(run.integer(3));
    file.last_used = run.integer(4);
    file.pinned = run.integer(5) != 0;
    files.push_back(std::move(file));
  }
  return files;
}

void IndexDb::set_uri(const Sha1& release, const std::string& uri) {
  Run(*this, "INSERT OR REPLACE INTO releases VALUES(?, ?)").bind(release).bind(uri).step();
}

std::map<Sha1, std::string> IndexDb::uris() {
  std::map<Sha1, std::string> uris;
  Run run(*this, "SELECT id, uri FROM releases");
  while (run.step())
    uris.emplace(run.id(0), run.text(1));
  return uris;
}

void IndexDb::remove_release(const Sha1& release) {
  Run(*this, "DELETE FROM releases WHERE id = ?").bind(release).step();
}

// Its table came later than the others: an index that was made before is still good.
std::uint64_t IndexDb::add_uploaded(std::uint32_t month, std::uint64_t bytes) {
  execute("CREATE TABLE IF NOT EXISTS uploads(month INTEGER PRIMARY KEY, bytes INTEGER NOT NULL)");
  Run(*this, "INSERT INTO uploads VALUES(?, ?) ON CONFLICT DO UPDATE SET"
             " bytes = bytes + excluded.bytes")
      .bind(month)
      .bind(static_cast<std::int64_t>(bytes))
      .step();
  Run run(*this, "SELECT bytes FROM uploads WHERE month = ?");
  return run.bind(month).step() ? static_cast<std::uint64_t>(run.integer(0)) : 0;
}

void IndexDb::execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    fail();
}

sqlite3_stmt* IndexDb::prepared(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (!statement &&
      sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
    fail();
  return statement;
}

void IndexDb::fail() const {
  const int code = db_ ? sqlite3_extended_errcode(db_) : SQLITE_NOMEM;
  throw IndexError(kind_of(code), db_ ? sqlite3_errmsg(db_) : "out of memory");
}

} // namespace triad::cache
