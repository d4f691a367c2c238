// SPDX-License-Identifier: LGPL-2.1-or-later
// The reader of a FakeTrack.
#include "fake_reader.h"

#include <algorithm>
#include <random>
#include <utility>

namespace triad::test {

class FakeReader : public Reader {
public:
  explicit FakeReader(std::shared_ptr<FakeTrack> track) : track_(std::move(track)) {}
  ~FakeReader() override {
    const std::lock_guard guard(track_->lock_);
    --track_->open_now_;
  }

  ReadResult read(std::uint64_t offset, std::span<std::byte> out) override {
    std::unique_lock guard(track_->lock_);
    ++track_->waiting_;
    track_->changed_.notify_all();
    track_->changed_.wait(guard, [&] {
      return cancelled_ || track_->error_ || offset < track_->available_ ||
             (track_->known_ && offset >= track_->bytes_.size());
    });
    --track_->waiting_;
    if (cancelled_)
      return {Outcome::cancelled};
    if (track_->error_)
      return {Outcome::error};
    if (offset >= track_->bytes_.size())
      return {Outcome::end};
    const std::size_t size = std::min(
        {out.size(), static_cast<std::size_t>(track_->available_ - offset), track_->at_most_});
    std::copy_n(track_->bytes_.begin() + static_cast<std::ptrdiff_t>(offset), size, out.begin());
    read_ += size;
    return {Outcome::bytes, size};
  }
  std::optional<Error> error() const override {
    const std::lock_guard guard(track_->lock_);
    return track_->error_;
  }
  void cancel() override { latch(true); }
  void resume() override { latch(false); }
  void seek(std::uint64_t offset, std::optional<std::uint64_t> stop) override {
    const std::lock_guard guard(track_->lock_);
    track_->seeks_.push_back({offset, stop});
  }
  void set_copy(bool copy) override {
    const std::lock_guard guard(track_->lock_);
    track_->copy_ = copy;
  }
  void set_byte_rate(double rate) override {
    const std::lock_guard guard(track_->lock_);
    track_->byte_rate_ = rate;
  }
  void set_next_uri(const std::string& uri) override {
    const std::lock_guard guard(track_->lock_);
    track_->options_.next_uri = uri;
  }
  void set_node_options(const NodeOptions& options) override {
    const std::lock_guard guard(track_->lock_);
    track_->node_options_ = options;
  }
  std::optional<std::uint64_t> length() const override {
    const std::lock_guard guard(track_->lock_);
    return track_->known_ ? std::optional<std::uint64_t>(track_->bytes_.size()) : std::nullopt;
  }
  std::optional<std::chrono::nanoseconds> duration() const override {
    const std::lock_guard guard(track_->lock_);
    return track_->known_ ? track_->duration_ : std::nullopt;
  }
  bool complete() override {
    const std::lock_guard guard(track_->lock_);
    return track_->known_ && track_->available_ == track_->bytes_.size();
  }
  std::vector<ByteRange> cached_ranges() const override {
    const std::lock_guard guard(track_->lock_);
    return track_->ranges_;
  }
  ReaderStats stats() const override {
    const std::lock_guard guard(track_->lock_);
    ReaderStats stats = track_->stats_;
    stats.bytes_server = read_;
    return stats;
  }

private:
  void latch(bool cancelled) {
    {
      const std::lock_guard guard(track_->lock_);
      cancelled_ = cancelled;
    }
    track_->changed_.notify_all();
  }

  std::shared_ptr<FakeTrack> track_;
  bool cancelled_ = false;
  std::uint64_t read_ = 0;
};

FakeTrack::FakeTrack(std::size_t size) : bytes_(size) {
  std::mt19937 random(1);
  for (std::byte& byte : bytes_)
    byte = static_cast<std::byte>(random());
}

OpenReader FakeTrack::opener() {
  return [self = shared_from_this()](OpenOptions options, std::weak_ptr<ReaderListener> listener) {
    {
      const std::lock_guard guard(self->lock_);
      ++self->opened_;
      ++self->open_now_;
      self->options_ = std::move(options);
      self->listener_ = std::move(listener);
    }
    return std::make_shared<FakeReader>(self);
  };
}

std::vector<std::byte> FakeTrack::bytes(std::uint64_t offset, std::size_t size) const {
  const std::lock_guard guard(lock_);
  const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

void FakeTrack::know_release() {
  std::shared_ptr<ReaderListener> listener;
  {
    const std::lock_guard guard(lock_);
    known_ = true;
    listener = listener_.lock();
  }
  changed_.notify_all();
  if (listener)
    listener->on_facts();
}

void FakeTrack::make_available(std::uint64_t end) {
  know_release();
  {
    const std::lock_guard guard(lock_);
    available_ = end;
  }
  changed_.notify_all();
}

void FakeTrack::complete() {
  make_available(bytes_.size());
}

void FakeTrack::fail(Error error) {
  {
    const std::lock_guard guard(lock_);
    error_ = std::move(error);
  }
  changed_.notify_all();
}

void FakeTrack::set_duration(std::chrono::nanoseconds duration) {
  const std::lock_guard guard(lock_);
  duration_ = duration;
}

void FakeTrack::set_ranges(std::vector<ByteRange> ranges) {
  const std::lock_guard guard(lock_);
  ranges_ = std::move(ranges);
}

void FakeTrack::at_most(std::size_t bytes) {
  const std::lock_guard guard(lock_);
  at_most_ = bytes;
}

std::vector<FakeTrack::Seek> FakeTrack::seeks() const {
  const std::lock_guard guard(lock_);
  return seeks_;
}

unsigned FakeTrack::opened() const {
  const std::lock_guard guard(lock_);
  return opened_;
}

unsigned FakeTrack::open_now() const {
  const std::lock_guard guard(lock_);
  return open_now_;
}

OpenOptions FakeTrack::options() const {
  const std::lock_guard guard(lock_);
  return options_;
}

std::optional<bool> FakeTrack::copy() const {
  const std::lock_guard guard(lock_);
  return copy_;
}

double FakeTrack::byte_rate() const {
  const std::lock_guard guard(lock_);
  return byte_rate_;
}

NodeOptions FakeTrack::node_options() const {
  const std::lock_guard guard(lock_);
  return node_options_;
}

void FakeTrack::set_stats(ReaderStats stats) {
  const std::lock_guard guard(lock_);
  stats_ = std::move(stats);
}

std::shared_ptr<ReaderListener> FakeTrack::listener() const {
  const std::lock_guard guard(lock_);
  return listener_.lock();
}

void FakeTrack::wait_until_read_waits() const {
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return waiting_ > 0; });
}

} // namespace triad::test
