// SPDX-License-Identifier: LGPL-2.1-or-later
// What to say about a disk that refuses, and when to try it again. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace triad::cache {

class Trouble {
public:
  explicit Trouble(std::function<void(const std::string&)> warn) : warn_(std::move(warn)) {}

  // A write failed with this errno: warns people, once per kind. Returns whether the trouble is
  // new.
  bool disk_failed(int error, const std::string& folder);
  // The folder can't even be opened: warns of that alone, for all else follows from it.
  void folder_failed(int error, const std::string& folder);
  // Returns whether this ends a trouble.
  bool disk_worked();
  // Whether the next piece should try the disk: always while it works, else one in eight.
  [[nodiscard]] bool try_disk();

  void index_failed(const std::string& reason);

private:
  void warn_once(const std::string& kind, const std::string& sentence);

  const std::function<void(const std::string&)> warn_;
  std::mutex mutex_;
  bool failing_ = false;
  bool folder_failed_ = false; // since then nothing has worked
  unsigned skipped_ = 0;
  std::set<std::string> told_;
};

} // namespace triad::cache
