// SPDX-License-Identifier: LGPL-2.1-or-later
// A Reader made of a byte string, whose bytes a test lets arrive when it likes.
#pragma once

#include "node/reader.h"
#include "triadsrc/gsttriadsrc.h"

#include <condition_variable>
#include <mutex>

namespace triad::test {

// One track as the tests steer it; each open() of it makes a reader on it. Any thread.
class FakeTrack : public std::enable_shared_from_this<FakeTrack> {
public:
  explicit FakeTrack(std::size_t size);

  [[nodiscard]] OpenReader opener();
  [[nodiscard]] std::vector<std::byte> bytes(std::uint64_t offset, std::size_t size) const;

  void know_release();                    // length and duration are known from now on
  void make_available(std::uint64_t end); // bytes before `end` have arrived
  void complete();                        // all of the above
  void fail(Error error);                 // reads end with it
  void set_duration(std::chrono::nanoseconds duration);
  void set_ranges(std::vector<ByteRange> ranges);
  void at_most(std::size_t bytes); // per read

  struct Seek {
    std::uint64_t offset;
    std::optional<std::uint64_t> stop;
  };
  [[nodiscard]] std::vector<Seek> seeks() const;
  [[nodiscard]] unsigned opened() const;     // readers so far
  [[nodiscard]] unsigned open_now() const;   // readers alive
  [[nodiscard]] OpenOptions options() const; // of the last open
  [[nodiscard]] std::optional<bool> copy() const;
  [[nodiscard]] double byte_rate() const;
  [[nodiscard]] NodeOptions node_options() const; // set while it was open
  void set_stats(ReaderStats stats);
  [[nodiscard]] std::shared_ptr<ReaderListener> listener() const; // of the last open
  void wait_until_read_waits() const;

private:
  friend class FakeReader;
  mutable std::mutex lock_;
  mutable std::condition_variable changed_;
  std::vector<std::byte> bytes_;
  bool known_ = false;
  std::uint64_t available_ = 0;
  std::size_t at_most_ = SIZE_MAX;
  std::optional<Error> error_;
  std::optional<std::chrono::nanoseconds> duration_;
  std::vector<ByteRange> ranges_;
  std::vector<Seek> seeks_;
  unsigned opened_ = 0, open_now_ = 0, waiting_ = 0;
  OpenOptions options_;
  std::optional<bool> copy_;
  double byte_rate_ = 0;
  NodeOptions node_options_;
  ReaderStats stats_;
  std::weak_ptr<ReaderListener> listener_;
};

} // namespace triad::test
