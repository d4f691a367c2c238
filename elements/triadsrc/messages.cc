// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors, warnings and statistics of triadsrc, for people and for programs.
#include "triadsrc/private.h"

namespace triad {
namespace {

GstResourceError resource_error(ErrorCode code) {
  switch (code) {
  case ErrorCode::not_found:
    return GST_RESOURCE_ERROR_NOT_FOUND;
  case ErrorCode::not_authorized:
    return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  case ErrorCode::bad_metainfo:
  case ErrorCode::bad_message:
  case ErrorCode::unreachable:
  case ErrorCode::io:
    return GST_RESOURCE_ERROR_OPEN_READ;
  case ErrorCode::read:
    return GST_RESOURCE_ERROR_READ;
  case ErrorCode::no_space:
    return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
  case ErrorCode::bad_uri:
  case ErrorCode::settings:
    return GST_RESOURCE_ERROR_SETTINGS;
  }
  return GST_RESOURCE_ERROR_FAILED;
}

const char* error_name(ErrorCode code) {
  switch (code) {
  case ErrorCode::bad_uri:
    return "bad-uri";
  case ErrorCode::bad_metainfo:
    return "bad-metainfo";
  case ErrorCode::bad_message:
    return "bad-message";
  case ErrorCode::not_found:
    return "not-found";
  case ErrorCode::not_authorized:
    return "not-authorized";
  case ErrorCode::unreachable:
    return "unreachable";
  case ErrorCode::read:
    return "read";
  case ErrorCode::no_space:
    return "no-space";
  case ErrorCode::io:
    return "io";
  case ErrorCode::settings:
    return "settings";
  }
  return "";
}

void post(GstElement* element, GstMessageType type, const Error& error, GstStructure* details) {
  gst_element_message_full_with_details(element, type, GST_RESOURCE_ERROR,
                                        resource_error(error.code), g_strdup(error.message.c_str()),
                                        error.detail.empty() ? nullptr
                                                             : g_strdup(error.detail.c_str()),
                                        __FILE__, GST_FUNCTION, __LINE__, details);
}

std::string uri_of(GstTriadSrc* self) {
  const std::lock_guard guard(self->priv->lock);
  return self->priv->options.uri;
}

// One "triad-peer" for each peer that sent something.
void set_peers(GstStructure* structure, const std::vector<ReaderStats::Peer>& peers) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(peers.size()));
  for (const ReaderStats::Peer& peer : peers) {
    GValue item = G_VALUE_INIT;
    g_value_init(&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&item,
                       gst_structure_new("triad-peer", "id", G_TYPE_STRING, peer.id.c_str(),
                                         "bytes", G_TYPE_UINT64, guint64{peer.received}, nullptr));
    gst_value_array_append_and_take_value(&array, &item);
  }
  gst_structure_take_value(structure, "peers", &array);
}

guint64 nanoseconds(std::chrono::nanoseconds time) {
  return static_cast<guint64>(time.count());
}

} // namespace

GstStructure* stats_structure(GstTriadSrc* self) {
  ReaderStats stats;
  if (const std::shared_ptr<Reader> reader = current_reader(self)) {
    stats = reader->stats();
  } else {
    const std::lock_guard guard(self->priv->lock);
    stats = self->priv->last_stats;
  }
  std::uint64_t peers_received = 0;
  for (const ReaderStats::Peer& peer : stats.peers)
    peers_received += peer.received;
  // clang-format off
  GstStructure* structure = gst_structure_new("triad-stats",
      "bytes-cache", G_TYPE_UINT64, guint64{stats.bytes_cache},
      "bytes-peers", G_TYPE_UINT64, guint64{stats.bytes_peers},
      "bytes-server", G_TYPE_UINT64, guint64{stats.bytes_server},
      "bytes-wasted", G_TYPE_UINT64, guint64{stats.bytes_wasted},
      "server-received", G_TYPE_UINT64, guint64{stats.server_received},
      "server-rate", G_TYPE_DOUBLE, stats.server_rate,
      "peers-received", G_TYPE_UINT64, guint64{peers_received},
      "peer-rate", G_TYPE_DOUBLE, stats.peer_rate,
      "links", G_TYPE_UINT, static_cast<guint>(stats.links),
      "start-delay", G_TYPE_UINT64, nanoseconds(stats.start_delay),
      "stalls", G_TYPE_UINT64, guint64{stats.stalls},
      "stalled", G_TYPE_UINT64, nanoseconds(stats.stalled),
      "lead", G_TYPE_UINT64, nanoseconds(stats.lead),
      "waiting", G_TYPE_BOOLEAN, gboolean{stats.waiting},
      nullptr);
  // clang-format on
  set_peers(structure, stats.peers);
  return structure;
}

void post_peers_used(GstTriadSrc* self, const std::vector<std::string>& trackers) {
  GstStructure* structure =
      gst_structure_new("triad-peers", "uri", G_TYPE_STRING, uri_of(self).c_str(), nullptr);
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(trackers.size()));
  for (const std::string& tracker : trackers) {
    GValue item = G_VALUE_INIT;
    g_value_init(&item, G_TYPE_STRING);
    g_value_set_string(&item, tracker.c_str());
    gst_value_array_append_and_take_value(&array, &item);
  }
  gst_structure_take_value(structure, "trackers", &array);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), structure));
}

void post_stats(GstTriadSrc* self, const char* reason) {
  GstStructure* structure = stats_structure(self);
  gst_structure_set(structure, "uri", G_TYPE_STRING, uri_of(self).c_str(), "reason", G_TYPE_STRING,
                    reason, nullptr);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), structure));
}

void post_error(GstTriadSrc* self, const Error& error) {
  post(GST_ELEMENT(self), GST_MESSAGE_ERROR, error,
       gst_structure_new("triad-error", "uri", G_TYPE_STRING, uri_of(self).c_str(), "reason",
                         G_TYPE_STRING, error_name(error.code), nullptr));
}

void post_warning(GstElement* element, const Error& warning) {
  post(element, GST_MESSAGE_WARNING, warning,
       gst_structure_new("triad-warning", "reason", G_TYPE_STRING, error_name(warning.code),
                         nullptr));
}

void announce_length(GstTriadSrc* self) {
  const std::shared_ptr<Reader> reader = current_reader(self);
  const std::optional<std::uint64_t> length = reader ? reader->length() : std::nullopt;
  if (!length)
    return;
  {
    const std::lock_guard guard(self->priv->lock);
    if (!self->priv->started || self->priv->length == length)
      return;
    self->priv->length = length;
  }
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_duration_changed(GST_OBJECT(self)));
}

} // namespace triad
