// SPDX-License-Identifier: LGPL-2.1-or-later
// The properties about peers: they hold for the whole node, whichever element they were set on
// last.
#include "triadsrc/private.h"

namespace triad {
namespace {

enum NodeProperty : guint {
  stun_server,
  turn_server,
  ice_transport_policy,
  trackers,
  max_peers,
  upload_rate,
  upload_quota,
};

constexpr guint default_max_peers = 50;
constexpr gint64 default_upload_rate = 1'000'000; // bytes per second

// With webrtcbin's names and values.
GType policy_type() {
  static const GEnumValue values[] = {{0, "Any way to a peer", "all"},
                                      {1, "By way of TURN servers alone", "relay"},
                                      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstTriadSrcIceTransportPolicy", values);
  return type;
}

// What an element shows: the node's own, else what was set here.
NodeOptions shown(const GstTriadSrcPrivate& priv) {
  NodeOptions options = priv.options.node;
  options.take(priv.of_node);
  return options;
}

NodeOptions option(guint property, const GValue* value) {
  NodeOptions options;
  const auto text = [value] {
    const gchar* given = g_value_get_string(value);
    return std::string(given ? given : "");
  };
  switch (property) {
  case stun_server:
    options.stun_server = text();
    break;
  case turn_server:
    options.turn_server = text();
    break;
  case ice_transport_policy:
    options.relay_only = g_value_get_enum(value) == 1;
    break;
  case trackers:
    options.trackers.emplace();
    for (auto* each = static_cast<gchar**>(g_value_get_boxed(value)); each && *each; ++each)
      options.trackers->emplace_back(*each);
    break;
  case max_peers:
    options.max_peers = g_value_get_uint(value);
    break;
  case upload_rate:
    options.upload_rate = g_value_get_int64(value);
    break;
  case upload_quota:
    options.upload_quota = g_value_get_uint64(value);
    break;
  default:
    break;
  }
  return options;
}

} // namespace

void set_node_property(GstTriadSrc* self, guint property, const GValue* value) {
  const NodeOptions set = option(property, value);
  std::shared_ptr<Reader> reader;
  {
    const std::lock_guard guard(self->priv->lock);
    self->priv->options.node.take(set);
    self->priv->of_node.take(set);
    reader = self->priv->reader;
  }
  if (reader)
    reader->set_node_options(set);
}

void get_node_property(GstTriadSrc* self, guint property, GValue* value) {
  NodeOptions options;
  {
    const std::lock_guard guard(self->priv->lock);
    options = shown(*self->priv);
  }
  const auto set_text = [value](const std::optional<std::string>& text) {
    g_value_set_string(value, text && !text->empty() ? text->c_str() : nullptr);
  };
  switch (property) {
  case stun_server:
    set_text(options.stun_server);
    break;
  case turn_server:
    set_text(options.turn_server);
    break;
  case ice_transport_policy:
    g_value_set_enum(value, options.relay_only.value_or(false) ? 1 : 0);
    break;
  case trackers:
    if (options.trackers && !options.trackers->empty()) {
      gchar** list = g_new0(gchar*, options.trackers->size() + 1);
      for (std::size_t i = 0; i < options.trackers->size(); ++i)
        list[i] = g_strdup((*options.trackers)[i].c_str());
      g_value_take_boxed(value, list);
    }
    break;
  case max_peers:
    g_value_set_uint(value, options.max_peers.value_or(default_max_peers));
    break;
  case upload_rate:
    g_value_set_int64(value, options.upload_rate.value_or(default_upload_rate));
    break;
  case upload_quota:
    g_value_set_uint64(value, options.upload_quota.value_or(0));
    break;
  default:
    break;
  }
}

void show_node_options(GstTriadSrc* self, const NodeOptions& options) {
  NodeOptions before;
  {
    const std::lock_guard guard(self->priv->lock);
    before = shown(*self->priv);
    self->priv->of_node = options;
    // Set here before, and since then by another element: the next start doesn't set it back.
    NodeOptions& own = self->priv->options.node;
    const auto follow = [](auto& mine, const auto& theirs) {
      if (mine && theirs)
        mine = theirs;
    };
    follow(own.stun_server, options.stun_server);
    follow(own.turn_server, options.turn_server);
    follow(own.relay_only, options.relay_only);
    follow(own.trackers, options.trackers);
    follow(own.max_peers, options.max_peers);
    follow(own.upload_rate, options.upload_rate);
    follow(own.upload_quota, options.upload_quota);
  }
  const auto notify = [self](bool changed, const char* name) {
    if (changed)
      g_object_notify(G_OBJECT(self), name);
  };
  notify(before.stun_server != options.stun_server, "stun-server");
  notify(before.turn_server != options.turn_server, "turn-server");
  notify(before.relay_only != options.relay_only, "ice-transport-policy");
  notify(before.trackers != options.trackers, "trackers");
  notify(before.max_peers != options.max_peers, "max-peers");
  notify(before.upload_rate != options.upload_rate, "upload-rate");
  notify(before.upload_quota != options.upload_quota, "upload-quota");
}

void install_node_properties(GObjectClass* klass, guint first_id) {
  constexpr auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                  GST_PARAM_MUTABLE_PLAYING);
  const auto install = [klass, first_id](guint property, GParamSpec* spec) {
    g_object_class_install_property(klass, first_id + property, spec);
  };
  install(stun_server,
          g_param_spec_string("stun-server", "STUN server",
                              "stun://host:port (NULL: from TRIAD_STUN_SERVER, triad.conf, or what "
                              "trackers name); holds for all elements with this cache folder",
                              nullptr, flags));
  install(turn_server,
          g_param_spec_string("turn-server", "TURN server",
                              "turn://user:password@host:port (NULL: from TRIAD_TURN_SERVER or "
                              "triad.conf, else none); holds for all elements with this cache "
                              "folder",
                              nullptr, flags));
  install(ice_transport_policy,
          g_param_spec_enum("ice-transport-policy", "ICE transport policy",
                            "Ways to peers that may be used; holds for all elements with this "
                            "cache folder",
                            policy_type(), 0, flags));
  install(trackers,
          g_param_spec_boxed("trackers", "Trackers",
                             "ws:// and wss:// URLs to find peers of every release by, besides "
                             "those that it names; holds for all elements with this cache folder",
                             G_TYPE_STRV, flags));
  install(max_peers,
          g_param_spec_uint("max-peers", "Peers at most",
                            "Links to other listeners that are kept; holds for all elements with "
                            "this cache folder",
                            1, 1000, default_max_peers, flags));
  install(upload_rate,
          g_param_spec_int64("upload-rate", "Upload rate",
                             "Bytes per second that may be given to peers (0: none, -1: no limit); "
                             "holds for all elements with this cache folder",
                             -1, G_MAXINT64, default_upload_rate, flags));
  install(upload_quota,
          g_param_spec_uint64("upload-quota", "Upload quota",
                              "Bytes that may be given to peers in a calendar month (0: no limit); "
                              "holds for all elements with this cache folder",
                              0, G_MAXUINT64, 0, flags));
  gst_type_mark_as_plugin_api(policy_type(), static_cast<GstPluginAPIFlags>(0));
}

} // namespace triad
