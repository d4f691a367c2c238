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
