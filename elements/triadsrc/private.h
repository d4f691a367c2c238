// SPDX-License-Identifier: LGPL-2.1-or-later
// What the files of triadsrc share. Nothing else includes it.
#pragma once

#include "release/units.h"
#include "triadsrc/gsttriadsrc.h"
#include "triadsrc/listener.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

GST_DEBUG_CATEGORY_EXTERN(gst_triad_src_debug);

struct GstTriadSrcPrivate {
  std::mutex lock; // guards all below, never held while calling out
  std::condition_variable unlocked;

  triad::OpenReader open_reader = triad::Reader::open;
  triad::OpenOptions options; // what the properties say
  triad::NodeOptions of_node; // what holds for the node, as it told last; comes before options.node
  std::string location_error; // why the last `location` was refused; empty if it was not

  std::shared_ptr<triad::ElementListener> listener;
  std::shared_ptr<triad::Reader> reader;
  triad::ReaderStats last_stats; // of the reader that was closed last
  bool started = false;
  bool flushing = false;               // unlock() latches
  std::optional<bool> pull;            // the SCHEDULING answer; kept until stop or a new URI
  std::optional<std::uint64_t> length; // last one announced
  // Told while a query had opened the reader: such an element may not be in its bin yet, and what
  // it then posts reaches nobody.
  std::vector<triad::Error> early_warnings;
  std::vector<std::string> early_trackers; // the same for the message "triad-peers"
  bool complete_announced = false;

  // Streaming thread only.
  triad::ByteRange last_read;         // where the reader stands
  std::uint64_t next_check = 0;       // bytes until the track is asked again whether it is complete
  std::uint64_t read_since_start = 0; // bytes
  bool bitrate_asked = false;
};

struct _GstTriadSrc {
  GstBaseSrc parent;
  GstTriadSrcPrivate* priv; // made in init, deleted in finalize
};

namespace triad {

// The open reader, or one opened now with what the properties say. Any thread; null without a URI.
std::shared_ptr<Reader> ensure_reader(GstTriadSrc* self);
// The open reader or null.
std::shared_ptr<Reader> current_reader(GstTriadSrc* self);
// Drops the reader and, unless told otherwise, the SCHEDULING answer given with it. Any thread.
void close_reader(GstTriadSrc* self, bool forget_pull = true);

// properties.cc
void install_properties(GObjectClass* object_class);

// node_properties.cc: those that hold for the whole node; `property` counts from 0.
void install_node_properties(GObjectClass* object_class, guint first_id);
void set_node_property(GstTriadSrc* self, guint property, const GValue* value);
void get_node_property(GstTriadSrc* self, guint property, GValue* value);
// What holds for the node has changed: shown by the properties from now on, and notified. Any
// thread.
void show_node_options(GstTriadSrc* self, const NodeOptions& options);

// uri_handler.cc
void init_uri_handler(gpointer interface, gpointer data);
// Takes a Triad URI or an empty string. Sets `error` whenever it returns false.
bool set_uri(GstTriadSrc* self, const char* uri, GError** error);

// queries.cc
void install_queries(GstBaseSrcClass* base_class);
// Whether the track counts as a local file: decided once, see docs/element.md.
bool decide_pull(GstTriadSrc* self);

// data_flow.cc
void install_data_flow(GstBaseSrcClass* base_class);

// messages.cc
[[nodiscard]] GstStructure* stats_structure(GstTriadSrc* self);
// Posts the element message "triad-stats" with `reason`: "complete", "eos" or "stop".
void post_stats(GstTriadSrc* self, const char* reason);
// Posts the element message "triad-peers": peers are used from now on.
void post_peers_used(GstTriadSrc* self, const std::vector<std::string>& trackers);
void post_error(GstTriadSrc* self, const Error& error);
void post_warning(GstElement* element, const Error& warning);
// Posts duration-changed when the length is another than the last one announced.
void announce_length(GstTriadSrc* self);

} // namespace triad
