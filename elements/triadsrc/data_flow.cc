// SPDX-License-Identifier: LGPL-2.1-or-later
// How bytes leave triadsrc: start, buffers, seeks, and the ways out of a wait.
#include "triadsrc/private.h"

#include "release/uri.h"

#include <chrono>

namespace triad {
namespace {

// decodebin3 of GStreamer 1.22 can hang for good when the first buffer comes at once.
constexpr std::chrono::milliseconds first_buffer_delay{2};
// How often a track is asked whether it has become complete.
constexpr std::uint64_t complete_check_bytes = 256 * 1024;

// Why start() can't go on; empty if it can.
std::optional<Error> missing_track(GstTriadSrc* self) {
  const std::lock_guard guard(self->priv->lock);
  if (!self->priv->location_error.empty())
    return Error{ErrorCode::settings, self->priv->location_error, ""};
  const Result<TriadUri> uri = parse_uri(self->priv->options.uri);
  if (self->priv->options.uri.empty() || (uri && uri->bare()))
    return Error{ErrorCode::settings,
                 "No track to play: set the location to a Triad URI, such as "
                 "triad://example.org/Album.torrent/01%20Song.ogg.",
                 ""};
  return std::nullopt;
}

gboolean start(GstBaseSrc* base) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  if (const std::optional<Error> error = missing_track(self)) {
    post_error(self, *error);
    return FALSE;
  }
  decide_pull(self);
  const std::shared_ptr<Reader> reader = ensure_reader(self);
  const std::optional<std::uint64_t> length = reader->length();
  std::vector<Error> warnings;
  std::vector<std::string> trackers;
  {
    const std::lock_guard guard(self->priv->lock);
    warnings.swap(self->priv->early_warnings);
    trackers.swap(self->priv->early_trackers);
    self->priv->started = true;
    self->priv->flushing = false;
    self->priv->complete_announced = false;
    self->priv->length = length; // the base class asks for it right after
  }
  self->priv->last_read = {};
  self->priv->read_since_start = 0;
  self->priv->next_check = complete_check_bytes;
  self->priv->bitrate_asked = false;
  for (const Error& warning : warnings)
    post_warning(GST_ELEMENT(self), warning);
  if (!trackers.empty())
    post_peers_used(self, trackers);
  return TRUE;
}

gboolean stop(GstBaseSrc* base) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  post_stats(self, "stop");
  close_reader(self);
  return TRUE;
}

gboolean unlock(GstBaseSrc* base) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  {
    const std::lock_guard guard(self->priv->lock);
    self->priv->flushing = true;
  }
  self->priv->unlocked.notify_all();
  if (const std::shared_ptr<Reader> reader = current_reader(self))
    reader->cancel();
  return TRUE;
}

gboolean unlock_stop(GstBaseSrc* base) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  {
    const std::lock_guard guard(self->priv->lock);
    self->priv->flushing = false;
  }
  if (const std::shared_ptr<Reader> reader = current_reader(self))
    reader->resume();
  return TRUE;
}

gboolean get_size(GstBaseSrc* base, guint64* size) noexcept {
  const std::shared_ptr<Reader> reader = current_reader(GST_TRIAD_SRC(base));
  const std::optional<std::uint64_t> length = reader ? reader->length() : std::nullopt;
  if (length)
    *size = *length;
  return length.has_value();
}

gboolean is_seekable(GstBaseSrc*) noexcept {
  return TRUE; // every source has ranges; a server without them is no source
}

gboolean do_seek(GstBaseSrc* base, GstSegment* segment) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  const std::shared_ptr<Reader> reader = current_reader(self);
  if (!reader || segment->format != GST_FORMAT_BYTES)
    return FALSE;
  std::optional<std::uint64_t> stop;
  if (segment->stop != GST_CLOCK_TIME_NONE)
    stop = segment->stop;
  self->priv->last_read = {segment->position, segment->position};
  reader->seek(segment->position, stop);
  return TRUE;
}

// False if unlocked meanwhile.
bool wait_for_first_buffer(GstTriadSrc* self) {
  std::unique_lock guard(self->priv->lock);
  return !self->priv->unlocked.wait_for(guard, first_buffer_delay,
                                        [self] { return self->priv->flushing; });
}

// Where the metainfo has no duration, whoever parses the track downstream may know its bitrate.
void ask_bitrate(GstTriadSrc* self, Reader& reader) {
  if (self->priv->bitrate_asked || reader.duration() ||
      self->priv->read_since_start < complete_check_bytes)
    return;
  self->priv->bitrate_asked = true;
  GstQuery* query = gst_query_new_bitrate();
  if (gst_pad_peer_query(GST_BASE_SRC_PAD(self), query)) {
    guint bits_per_second = 0;
    gst_query_parse_bitrate(query, &bits_per_second);
    if (bits_per_second > 0)
      reader.set_byte_rate(bits_per_second / 8.0);
  }
  gst_query_unref(query);
}

void after_bytes(GstTriadSrc* self, Reader& reader, std::size_t size) {
  self->priv->read_since_start += size;
  GstBaseSrc* base = GST_BASE_SRC(self);
  if (const std::optional<std::uint64_t> length = reader.length()) {
    GST_OBJECT_LOCK(self);
    base->segment.duration = *length;
    GST_OBJECT_UNLOCK(self);
    announce_length(self);
  }
  ask_bitrate(self, reader);
  if (self->priv->complete_announced || self->priv->read_since_start < self->priv->next_check)
    return;
  self->priv->next_check = self->priv->read_since_start + complete_check_bytes;
  if (reader.complete()) {
    self->priv->complete_announced = true;
    post_stats(self, "complete");
  }
}

GstFlowReturn end_of_track(GstTriadSrc* self) {
  post_stats(self, "eos");
  return GST_FLOW_EOS;
}

// Fills `out` from `offset`; a pulled range whole, a pushed one with what is there.
GstFlowReturn read(GstTriadSrc* self, Reader& reader, std::uint64_t offset,
                   std::span<std::byte> out, bool whole, std::size_t& size) {
  size = 0;
  do {
    const Reader::ReadResult result = reader.read(offset + size, out.subspan(size));
    switch (result.outcome) {
    case Reader::Outcome::bytes:
      size += result.size;
      break;
    case Reader::Outcome::end:
      return size > 0 ? GST_FLOW_OK : GST_FLOW_EOS;
    case Reader::Outcome::cancelled:
      return GST_FLOW_FLUSHING;
    case Reader::Outcome::error:
      post_error(self, reader.error().value_or(
                           Error{ErrorCode::read, "The track could not be read.", ""}));
      return GST_FLOW_ERROR;
    }
  } while (whole && size < out.size());
  return GST_FLOW_OK;
}

GstFlowReturn fill(GstBaseSrc* base, guint64 offset, guint length, GstBuffer* buffer) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  const std::shared_ptr<Reader> reader = current_reader(self);
  if (!reader)
    return GST_FLOW_FLUSHING;
  const bool pulled = GST_PAD_MODE(GST_BASE_SRC_PAD(self)) == GST_PAD_MODE_PULL;
  if (self->priv->read_since_start == 0 && !pulled && !wait_for_first_buffer(self))
    return GST_FLOW_FLUSHING;
  // Whoever pulls looks at the same bytes more than once: only a jump is a seek.
  if (offset < self->priv->last_read.begin || offset > self->priv->last_read.end)
    reader->seek(offset, std::nullopt);

  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
    post_error(self, Error{ErrorCode::read, "There is no memory for the track's bytes.", ""});
    return GST_FLOW_ERROR;
  }
  std::size_t size = 0;
  const std::span out(reinterpret_cast<std::byte*>(map.data), length);
  const GstFlowReturn flow = read(self, *reader, offset, out, pulled, size);
  gst_buffer_unmap(buffer, &map);
  if (flow == GST_FLOW_EOS)
    return end_of_track(self);
  if (flow != GST_FLOW_OK)
    return flow;

  gst_buffer_resize(buffer, 0, static_cast<gssize>(size));
  GST_BUFFER_OFFSET(buffer) = offset;
  GST_BUFFER_OFFSET_END(buffer) = offset + size;
  self->priv->last_read = {offset, offset + size};
  after_bytes(self, *reader, size);
  return GST_FLOW_OK;
}

} // namespace

void install_data_flow(GstBaseSrcClass* base_class) {
  base_class->start = start;
  base_class->stop = stop;
  base_class->unlock = unlock;
  base_class->unlock_stop = unlock_stop;
  base_class->get_size = get_size;
  base_class->is_seekable = is_seekable;
  base_class->do_seek = do_seek;
  base_class->fill = fill;
}

} // namespace triad
