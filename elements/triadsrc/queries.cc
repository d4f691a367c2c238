// SPDX-License-Identifier: LGPL-2.1-or-later
// What triadsrc answers to queries, in any state, without starting.
#include "triadsrc/private.h"

namespace triad {
namespace {

GstBaseSrcClass* parent_class() {
  return GST_BASE_SRC_CLASS(g_type_class_peek_static(GST_TYPE_BASE_SRC));
}

// The base class would start and stop the element to find out whether it can be pulled from.
gboolean answer_scheduling(GstTriadSrc* self, GstQuery* query) {
  const bool pull = decide_pull(self);
  const unsigned flags = pull ? GST_SCHEDULING_FLAG_SEEKABLE
                              : GST_SCHEDULING_FLAG_SEEKABLE | GST_SCHEDULING_FLAG_SEQUENTIAL |
                                    GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED;
  gst_query_set_scheduling(query, static_cast<GstSchedulingFlags>(flags), 1, -1, 0);
  if (pull)
    gst_query_add_scheduling_mode(query, GST_PAD_MODE_PULL);
  gst_query_add_scheduling_mode(query, GST_PAD_MODE_PUSH);
  return TRUE;
}

gboolean answer_uri(GstTriadSrc* self, GstQuery* query) {
  const std::lock_guard guard(self->priv->lock);
  if (self->priv->options.uri.empty())
    return FALSE;
  gst_query_set_uri(query, self->priv->options.uri.c_str());
  return TRUE;
}

gboolean answer_duration(GstTriadSrc* self, GstQuery* query) {
  GstFormat format;
  gst_query_parse_duration(query, &format, nullptr);
  const std::shared_ptr<Reader> reader = current_reader(self);
  const std::optional<std::uint64_t> length = reader ? reader->length() : std::nullopt;
  if (!length || format != GST_FORMAT_BYTES)
    return FALSE;
  gst_query_set_duration(query, format, static_cast<gint64>(*length));
  return TRUE;
}

// The ranges on disk, so that an application can draw what it has.
gboolean answer_buffering(GstTriadSrc* self, GstQuery* query) {
  const std::shared_ptr<Reader> reader = current_reader(self);
  const std::optional<std::uint64_t> length = reader ? reader->length() : std::nullopt;
  GstFormat format;
  gst_query_parse_buffering_range(query, &format, nullptr, nullptr, nullptr);
  if (!length || *length == 0 || (format != GST_FORMAT_BYTES && format != GST_FORMAT_PERCENT))
    return FALSE;
  const auto convert = [&](std::uint64_t offset) {
    return static_cast<gint64>(
        format == GST_FORMAT_BYTES
            ? offset
            : gst_util_uint64_scale(offset, GST_FORMAT_PERCENT_MAX, *length));
  };
  std::uint64_t cached = 0;
  gint64 first = 0, last = 0;
  for (const ByteRange& range : reader->cached_ranges()) {
    cached += range.size();
    first = gst_query_get_n_buffering_ranges(query) == 0 ? convert(range.begin) : first;
    last = convert(range.end);
    gst_query_add_buffering_range(query, convert(range.begin), last);
  }
  const ReaderStats stats = reader->stats();
  gst_query_set_buffering_percent(query, FALSE, static_cast<gint>(cached * 100 / *length));
  gst_query_set_buffering_stats(query, GST_BUFFERING_DOWNLOAD,
                                static_cast<gint>(MIN(stats.server_rate, double{G_MAXINT})), -1,
                                -1);
  gst_query_set_buffering_range(query, format, first, last, cached == *length ? 0 : -1);
  return TRUE;
}

gboolean query(GstBaseSrc* base, GstQuery* query) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(base);
  switch (GST_QUERY_TYPE(query)) {
  case GST_QUERY_SCHEDULING:
    return answer_scheduling(self, query);
  case GST_QUERY_URI:
    return answer_uri(self, query);
  case GST_QUERY_DURATION:
    return answer_duration(self, query);
  case GST_QUERY_BUFFERING:
    return answer_buffering(self, query);
  default:
    return parent_class()->query(base, query);
  }
}

} // namespace

bool decide_pull(GstTriadSrc* self) {
  {
    const std::lock_guard guard(self->priv->lock);
    if (self->priv->pull)
      return *self->priv->pull;
  }
  const std::shared_ptr<Reader> reader = ensure_reader(self);
  if (!reader)
    return false; // without a URI nothing is decided
  const bool complete = reader->complete();
  const std::lock_guard guard(self->priv->lock);
  if (!self->priv->pull)
    self->priv->pull = complete;
  return *self->priv->pull;
}

void install_queries(GstBaseSrcClass* base_class) {
  base_class->query = query;
}

} // namespace triad
