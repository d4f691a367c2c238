// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source_stats.h"

namespace triad::tool {
namespace {

bool has(GstElement* element, const char* property) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element), property) != nullptr;
}

std::uint64_t number(const GstStructure* structure, const char* field) {
  guint64 value = 0;
  gst_structure_get_uint64(structure, field, &value);
  return value;
}

std::vector<PeerBytes> peers(const GstStructure* structure) {
  std::vector<PeerBytes> peers;
  const GValue* list = gst_structure_get_value(structure, "peers");
  for (guint i = 0; list && i < gst_value_array_get_size(list); ++i) {
    const GstStructure* peer = gst_value_get_structure(gst_value_array_get_value(list, i));
    const char* id = gst_structure_get_string(peer, "id");
    peers.push_back({id ? id : "", number(peer, "bytes")});
  }
  return peers;
}

} // namespace

SourceStats read_stats(GstElement* source) {
  SourceStats stats;
  GstStructure* structure = nullptr;
  if (!has(source, "stats") || !has(source, "next-uri")) {
    return stats;
  }
  g_object_get(source, "stats", &structure, nullptr);
  if (structure) {
    stats.bytes_cache = number(structure, "bytes-cache");
    stats.peers_received = number(structure, "peers-received");
    stats.peers = peers(structure);
    gst_structure_get_uint(structure, "links", &stats.links);
    stats.server_received = number(structure, "server-received");
    stats.bytes_wasted = number(structure, "bytes-wasted");
    stats.lead = static_cast<double>(number(structure, "lead")) / GST_SECOND;
    gboolean waiting = TRUE;
    gst_structure_get_boolean(structure, "waiting", &waiting);
    stats.waiting = waiting != FALSE;
    gst_structure_free(structure);
  }
  return stats;
}

void set_next_uri(GstElement* source, const std::string& uri) {
  if (has(source, "next-uri")) {
    g_object_set(source, "next-uri", uri.c_str(), nullptr);
  }
}

} // namespace triad::tool
