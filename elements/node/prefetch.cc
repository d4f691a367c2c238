// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens the next track in time and keeps its schedule told.
#include "node/prefetch.h"

#include "node/download.h"

namespace triad {

Prefetch::Prefetch(Download& current, FileIndex track, OpenNext open_next)
    : current_(current), track_(track), open_next_(std::move(open_next)) {}

Prefetch::~Prefetch() {
  end();
}

void Prefetch::set_next_uri(const std::string& uri) {
  if (uri == next_uri_)
    return;
  end();
  next_uri_ = uri;
  begun_ = false;
  nothing_ = false;
}

void Prefetch::begin() {
  begun_ = true;
  if (!next_uri_.empty()) {
    if (open_next_)
      other_ = open_next_(next_uri_);
    nothing_ = !other_;
    return;
  }
  const auto next = current_.release()->next_track(track_);
  nothing_ = !next;
  if (next)
    reader_ = current_.readers().add_prefetch(*next);
}

void Prefetch::end() {
  if (reader_)
    if (Download* const download = target())
      download->readers().remove_prefetch(*reader_);
  reader_.reset();
  other_.reset();
}

Download* Prefetch::target() const {
  return other_ ? other_->download().get() : &current_;
}

void Prefetch::update(const Outlook& outlook) {
  if (!begun_ && outlook.ahead)
    begin();
  if (!begun_ || nothing_)
    return;
  if (other_ && !reader_)
    if (const auto download = other_->download())
      reader_ = download->readers().add_prefetch(other_->track());
  if (reader_)
    target()->readers().set_outlook(*reader_, outlook);
}

bool Prefetch::done() const {
  return nothing_ || (reader_ && target()->readers().fetched(*reader_));
}

} // namespace triad
