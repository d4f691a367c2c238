// SPDX-License-Identifier: LGPL-2.1-or-later
// The thread's loop: batches of writes, tasks, and an index that may go away and come back.
#include "cache/index.h"

#include "cache/beneath.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <sys/file.h>
#include <thread>
#include <vector>

namespace triad::cache {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto batch_time = std::chrono::milliseconds(100);
constexpr auto retry_time = std::chrono::seconds(2); // after the index could not be had
constexpr std::size_t most_writes = 100'000;         // more is forgotten, to be found by its data

// Which file a path names; zeros: none.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const Identity&) const = default;
};

Identity identity_of(const std::filesystem::path& path) {
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0)
    return {};
  return {status.st_dev, status.st_ino};
}

} // namespace

class Index::Thread {
public:
  Thread(std::filesystem::path folder, std::function<void(const std::string&)> failed)
      : folder_(std::move(folder)), file_(folder_ / "index.sqlite"), failed_(std::move(failed)) {}

  void start(std::shared_ptr<Thread> self) {
    thread_ = std::thread([self = std::move(self)] { self->loop(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach(); // the loop owns what it uses, and is about to end
    else
      thread_.join();
  }

  struct Item {
    Write write; // or
    Task task;
    bool on_full_disk = false;
    bool now = false; // somebody waits
  };

  void post(Item item) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(item));
    }
    wake_.notify_one();
  }

private:
  void loop() {
    while (std::optional<Item> item = next()) {
      if (item->write) {
        if (batch_.empty())
          batch_due_ = Clock::now() + batch_time;
        if (batch_.size() < most_writes)
          batch_.push_back(std::move(item->write));
      } else if (item->task) {
        if (item->now)
          next_try_ = {};
        flush();
        perform(*item);
      } else {
        flush();
      }
    }
    flush();
    db_.reset();
  }

  // An empty item: the batch is due. Nothing: stopped.
  std::optional<Item> next() {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stopping_ || !queue_.empty(); };
    if (batch_.empty())
      wake_.wait(lock, ready);
    else if (!wake_.wait_until(lock, batch_due_, ready))
      return Item{};
    if (queue_.empty())
      return {};
    Item item = std::move(queue_.front());
    queue_.pop_front();
    // Whoever stops wants what was written kept, and nothing else begun.
    if (stopping_ && item.task && !item.now)
      item.task = nullptr;
    return item;
  }

  void perform(const Item& item) {
    try {
      if (ready(item.on_full_disk))
        item.task(db_.get());
      else
        item.task(item.on_full_disk ? open_alone().get() : nullptr);
    } catch (const IndexError& error) {
      trouble(error);
    }
  }

  void flush() {
    if (batch_.empty())
      return;
    for (int attempt = 0; attempt < 2 && ready(); ++attempt) {
      try {
        db_->begin();
        for (const Write& write : batch_)
          write(*db_);
        db_->commit();
        batch_.clear();
        return;
      } catch (const IndexError& error) {
        db_->rollback();
        trouble(error);
        if (error.kind() != IndexError::Kind::corrupt)
          break;
      }
    }
    batch_due_ = Clock::now() + retry_time;
  }

  // For one task, where the index can't be had otherwise: null if not even so.
  std::unique_ptr<IndexDb> open_alone() {
    try {
      return std::make_unique<IndexDb>(file_, stopping_, IndexDb::Access::alone);
    } catch (const IndexError& error) {
      if (error.kind() != IndexError::Kind::busy)
        failed_(error.what());
      return nullptr;
    }
  }

  // Whether the index is open, and still the file of that name. `quiet`: there is another way.
  bool ready(bool quiet = false) {
    if (db_ && identity_of(file_) != opened_)
      db_.reset();
    if (db_)
      return true;
    if (Clock::now() < next_try_)
      return false;
    for (int attempt = 0; attempt < 2; ++attempt) {
      opened_ = identity_of(file_);
      try {
        db_ = std::make_unique<IndexDb>(file_, stopping_);
        opened_ = identity_of(file_);
        return true;
      } catch (const IndexError& error) {
        trouble(error, quiet);
        if (error.kind() != IndexError::Kind::corrupt)
          return false;
      }
    }
    return false;
  }

  void trouble(const IndexError& error, bool quiet = false) {
    if (error.kind() == IndexError::Kind::corrupt) {
      replace();
      return;
    }
    next_try_ = Clock::now() + retry_time;
    // A busy index is a matter of moments, and then of the next try.
    if (error.kind() != IndexError::Kind::busy) {
      db_.reset();
      if (!quiet)
        failed_(error.what());
    }
  }

  // A broken index is thrown away: the files tell again what there is. Pins are saved if they can
  // still be read.
  void replace() {
    std::vector<FileRow> rows;
    try {
      if (db_)
        rows = db_->files();
    } catch (const IndexError&) {
      rows.clear();
    }
    db_.reset();
    // One process replaces it; the others find another file under its name, and take that.
    const auto folder = Folder::open(folder_);
    const Fd turn = folder ? folder->open_file("index.lock", O_RDWR | O_CREAT) : Fd();
    if (!turn || flock(turn.get(), LOCK_EX) != 0 || identity_of(file_) != opened_)
      return;
    for (const char* name : {"index.sqlite-wal", "index.sqlite-shm", "index.sqlite"})
      folder->remove(name);
    for (FileRow& row : rows)
      if (row.pinned)
        batch_.insert(batch_.begin(), [row](IndexDb& db) { db.pin(row); });
  }

  const std::filesystem::path folder_, file_;
  const std::function<void(const std::string&)> failed_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_ = false; // written under the mutex
  std::deque<Item> queue_;

  // The thread's own.
  std::unique_ptr<IndexDb> db_;
  Identity opened_;
  Clock::time_point next_try_;
  std::vector<Write> batch_;
  Clock::time_point batch_due_;
};

Index::Index(std::filesystem::path folder, std::function<void(const std::string&)> failed)
    : thread_(std::make_shared<Thread>(std::move(folder), std::move(failed))) {
  thread_->start(thread_);
}

Index::~Index() {
  thread_->stop();
}

void Index::write(Write write) {
  thread_->post({std::move(write), nullptr});
}

void Index::run(Task task, bool on_full_disk) {
  thread_->post({nullptr, std::move(task), on_full_disk});
}

void Index::run_now(Task task) {
  thread_->post({nullptr, std::move(task), true, true});
}

} // namespace triad::cache
