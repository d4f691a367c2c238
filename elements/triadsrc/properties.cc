// SPDX-License-Identifier: LGPL-2.1-or-later
// The properties of triadsrc: souphttpsrc's names where they mean the same, and its own.
#include "triadsrc/private.h"

#include "release/uri.h"

namespace triad {
namespace {

enum Property : guint {
  prop_location = 1,
  prop_user_agent,
  prop_proxy,
  prop_proxy_id,
  prop_proxy_pw,
  prop_ssl_strict,
  prop_ssl_ca_file,
  prop_cookies,
  prop_extra_headers,
  prop_automatic_redirect,
  prop_timeout,
  prop_retries,
  prop_sources,
  prop_cache_dir,
  prop_cache_size,
  prop_next_uri,
  prop_stats,
  prop_of_node, // the first of node_properties.cc
};

constexpr guint default_timeout = 15; // seconds
constexpr gint default_retries = 3;

GType sources_type() {
  static const GFlagsValue values[] = {
      {static_cast<guint>(Sources::cache), "This machine's cache", "cache"},
      {static_cast<guint>(Sources::peers), "Other listeners", "peers"},
      {static_cast<guint>(Sources::server), "The release's servers", "server"},
      {0, nullptr, nullptr}};
  static const GType type = g_flags_register_static("GstTriadSrcSources", values);
  return type;
}

std::string text_of(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text ? text : "";
}

void set_text(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

std::vector<std::string> strings_of(const GValue* value) {
  std::vector<std::string> strings;
  auto* list = static_cast<gchar**>(g_value_get_boxed(value));
  for (; list && *list; ++list)
    strings.emplace_back(*list);
  return strings;
}

void set_strings(GValue* value, const std::vector<std::string>& strings) {
  if (strings.empty())
    return;
  gchar** list = g_new0(gchar*, strings.size() + 1);
  for (std::size_t i = 0; i < strings.size(); ++i)
    list[i] = g_strdup(strings[i].c_str());
  g_value_take_boxed(value, list);
}

using Headers = std::vector<std::pair<std::string, std::string>>;

// A field is one header; a field that holds a list or an array is a header for each of its values.
void add_header(Headers& headers, const gchar* name, const GValue* value) {
  if (GST_VALUE_HOLDS_LIST(value)) {
    for (guint i = 0; i < gst_value_list_get_size(value); ++i)
      add_header(headers, name, gst_value_list_get_value(value, i));
  } else if (GST_VALUE_HOLDS_ARRAY(value)) {
    for (guint i = 0; i < gst_value_array_get_size(value); ++i)
      add_header(headers, name, gst_value_array_get_value(value, i));
  } else if (G_VALUE_HOLDS_STRING(value)) {
    headers.emplace_back(name, text_of(value));
  } else {
    GValue text = G_VALUE_INIT;
    g_value_init(&text, G_TYPE_STRING);
    if (g_value_transform(value, &text))
      headers.emplace_back(name, text_of(&text));
    g_value_unset(&text);
  }
}

Headers headers_of(const GstStructure* structure) {
  Headers headers;
  for (gint i = 0; structure && i < gst_structure_n_fields(structure); ++i) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    add_header(headers, name, gst_structure_get_value(structure, name));
  }
  return headers;
}

void set_headers(GValue* value, const Headers& headers) {
  if (headers.empty())
    return;
  GstStructure* structure = gst_structure_new_empty("extra-headers");
  for (const auto& [name, text] : headers) {
    // A second header of a name makes a list of its field.
    GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
    g_value_init(&item, G_TYPE_STRING);
    g_value_set_string(&item, text.c_str());
    if (const GValue* before = gst_structure_get_value(structure, name.c_str())) {
      gst_value_list_merge(&list, before, &item);
      g_value_unset(&item);
      gst_structure_take_value(structure, name.c_str(), &list);
    } else {
      gst_structure_take_value(structure, name.c_str(), &item);
    }
  }
  g_value_take_boxed(value, structure);
}

void set_location(GstTriadSrc* self, const char* location) {
  GError* error = nullptr;
  if (set_uri(self, location, &error))
    return;
  // A property can't fail; the element says it when it is to start.
  GST_CAT_WARNING_OBJECT(gst_triad_src_debug, self, "location refused: %s", error->message);
  {
    const std::lock_guard guard(self->priv->lock);
    self->priv->location_error = error->message;
  }
  g_clear_error(&error);
}

void set_next_uri(GstTriadSrc* self, const std::string& uri) {
  if (!uri.empty()) {
    const Result<TriadUri> parsed = parse_uri(uri);
    if (!parsed) {
      post_warning(GST_ELEMENT(self),
                   Error{ErrorCode::settings,
                         "The next track is not prefetched: " + parsed.error().message,
                         "next-uri=" + uri});
      return;
    }
  }
  std::shared_ptr<Reader> reader;
  {
    const std::lock_guard guard(self->priv->lock);
    self->priv->options.next_uri = uri;
    reader = self->priv->reader;
  }
  if (reader)
    reader->set_next_uri(uri);
}

// False for a property that is none of the options.
bool set_option(OpenOptions& options, guint id, const GValue* value) {
  switch (id) {
  case prop_user_agent:
    options.http.user_agent = text_of(value);
    return true;
  case prop_proxy:
    options.http.proxy = text_of(value);
    return true;
  case prop_proxy_id:
    options.http.proxy_id = text_of(value);
    return true;
  case prop_proxy_pw:
    options.http.proxy_password = text_of(value);
    return true;
  case prop_ssl_strict:
    options.http.tls_strict = g_value_get_boolean(value);
    return true;
  case prop_ssl_ca_file:
    options.http.tls_ca_file = text_of(value);
    return true;
  case prop_cookies:
    options.http.cookies = strings_of(value);
    return true;
  case prop_extra_headers:
    options.http.extra_headers = headers_of(gst_value_get_structure(value));
    return true;
  case prop_automatic_redirect:
    options.http.automatic_redirect = g_value_get_boolean(value);
    return true;
  case prop_timeout:
    options.timeout = std::chrono::seconds(g_value_get_uint(value));
    return true;
  case prop_retries:
    options.retries = g_value_get_int(value);
    return true;
  case prop_sources:
    options.sources = static_cast<Sources>(g_value_get_flags(value));
    return true;
  case prop_cache_dir:
    options.cache_dir.reset();
    if (!text_of(value).empty())
      options.cache_dir = text_of(value);
    return true;
  case prop_cache_size:
    options.cache_size.reset();
    if (g_value_get_uint64(value) > 0)
      options.cache_size = g_value_get_uint64(value);
    return true;
  default:
    return false;
  }
}

void get_option(const OpenOptions& options, guint id, GValue* value) {
  switch (id) {
  case prop_location:
    set_text(value, options.uri);
    break;
  case prop_user_agent:
    set_text(value, options.http.user_agent);
    break;
  case prop_proxy:
    set_text(value, options.http.proxy);
    break;
  case prop_proxy_id:
    set_text(value, options.http.proxy_id);
    break;
  case prop_proxy_pw:
    set_text(value, options.http.proxy_password);
    break;
  case prop_ssl_strict:
    g_value_set_boolean(value, options.http.tls_strict);
    break;
  case prop_ssl_ca_file:
    set_text(value, options.http.tls_ca_file);
    break;
  case prop_cookies:
    set_strings(value, options.http.cookies);
    break;
  case prop_extra_headers:
    set_headers(value, options.http.extra_headers);
    break;
  case prop_automatic_redirect:
    g_value_set_boolean(value, options.http.automatic_redirect);
    break;
  case prop_timeout:
    g_value_set_uint(
        value, static_cast<guint>(
                   std::chrono::duration_cast<std::chrono::seconds>(options.timeout).count()));
    break;
  case prop_retries:
    g_value_set_int(value, options.retries);
    break;
  case prop_sources:
    g_value_set_flags(value, static_cast<guint>(options.sources.value_or(Sources::all)));
    break;
  case prop_cache_dir:
    set_text(value, options.cache_dir ? options.cache_dir->string() : "");
    break;
  case prop_cache_size:
    g_value_set_uint64(value, options.cache_size.value_or(0));
    break;
  case prop_next_uri:
    set_text(value, options.next_uri);
    break;
  default:
    break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(object);
  if (id == prop_location)
    return set_location(self, g_value_get_string(value));
  if (id == prop_next_uri)
    return set_next_uri(self, text_of(value));
  if (id >= prop_of_node)
    return set_node_property(self, id - prop_of_node, value);
  bool outdated = false; // a query opened the reader before this property was set
  bool kept = false;     // and said that the track is local: another reader may not have it
  {
    const std::lock_guard guard(self->priv->lock);
    if (!set_option(self->priv->options, id, value)) {
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      return;
    }
    outdated = !self->priv->started && self->priv->reader;
    kept = outdated && self->priv->pull.value_or(false);
  }
  if (kept)
    GST_CAT_WARNING_OBJECT(gst_triad_src_debug, self,
                           "%s comes too late for this track: it was found complete in the cache "
                           "and is played from there",
                           spec->name);
  else if (outdated)
    close_reader(self, /*forget_pull=*/false);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(object);
  if (id >= prop_of_node) {
    get_node_property(self, id - prop_of_node, value);
  } else if (id == prop_stats) {
    g_value_take_boxed(value, stats_structure(self));
  } else {
    const std::lock_guard guard(self->priv->lock);
    get_option(self->priv->options, id, value);
  }
}

constexpr auto ready =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto playing = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                  GST_PARAM_MUTABLE_PLAYING);
constexpr auto read_only = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

void install_http_properties(GObjectClass* klass) {
  const auto text = [klass](guint id, const char* name, const char* nick, const char* blurb) {
    g_object_class_install_property(klass, id,
                                    g_param_spec_string(name, nick, blurb, nullptr, ready));
  };
  text(prop_user_agent, "user-agent", "User agent",
       "User-Agent header of HTTP requests (NULL: triad/VERSION)");
  text(prop_proxy, "proxy", "Proxy", "HTTP proxy's URI (NULL: as the system has it)");
  text(prop_proxy_id, "proxy-id", "Proxy user", "User name for the proxy");
  text(prop_proxy_pw, "proxy-pw", "Proxy password", "Password for the proxy");
  text(prop_ssl_ca_file, "ssl-ca-file", "CA file",
       "PEM file of certificate authorities to trust (NULL: the system's)");
  g_object_class_install_property(klass, prop_ssl_strict,
                                  g_param_spec_boolean("ssl-strict", "Strict TLS",
                                                       "Refuse servers with a bad certificate",
                                                       TRUE, ready));
  g_object_class_install_property(
      klass, prop_cookies,
      g_param_spec_boxed("cookies", "Cookies", "Cookies (NAME=VALUE) for the location's own origin",
                         G_TYPE_STRV, ready));
  g_object_class_install_property(
      klass, prop_extra_headers,
      g_param_spec_boxed("extra-headers", "Extra headers",
                         "Headers to add to requests to the location's own origin",
                         GST_TYPE_STRUCTURE, ready));
  g_object_class_install_property(klass, prop_automatic_redirect,
                                  g_param_spec_boolean("automatic-redirect", "Automatic redirect",
                                                       "Follow HTTP redirects", TRUE, ready));
  g_object_class_install_property(
      klass, prop_timeout,
      g_param_spec_uint("timeout", "Timeout",
                        "Seconds without a byte from any source before a waiting read fails", 1,
                        3600, default_timeout, ready));
  g_object_class_install_property(
      klass, prop_retries,
      g_param_spec_int("retries", "Retries",
                       "Wrong or missing answers to allow per source and range (-1: no limit)", -1,
                       G_MAXINT, default_retries, ready));
}

} // namespace

void install_properties(GObjectClass* klass) {
  klass->set_property = set_property;
  klass->get_property = get_property;
  g_object_class_install_property(
      klass, prop_location,
      g_param_spec_string("location", "Location",
                          "Triad URI of the track: triad://, triad+http://, triad+file:// or "
                          "magnet:",
                          nullptr, ready));
  install_http_properties(klass);
  g_object_class_install_property(
      klass, prop_sources,
      g_param_spec_flags(
          "sources", "Sources",
          "Where bytes may come from; without the cache they are kept in memory only, without "
          "peers nothing is asked of or given to other listeners",
          sources_type(), static_cast<guint>(Sources::all), ready));
  g_object_class_install_property(
      klass, prop_cache_dir,
      g_param_spec_string("cache-dir", "Cache folder",
                          "Folder of the cache (NULL: from TRIAD_CACHE_DIR, triad.conf, or "
                          "$XDG_CACHE_HOME/triad)",
                          nullptr, ready));
  g_object_class_install_property(
      klass, prop_cache_size,
      g_param_spec_uint64("cache-size", "Cache size",
                          "Most bytes that the cache may hold (0: from TRIAD_CACHE_SIZE, "
                          "triad.conf, or a tenth of the free disk)",
                          0, G_MAXUINT64, 0, ready));
  g_object_class_install_property(
      klass, prop_next_uri,
      g_param_spec_string("next-uri", "Next URI",
                          "Triad URI of the track to prefetch (NULL: the release's next track)",
                          nullptr, playing));
  g_object_class_install_property(
      klass, prop_stats,
      g_param_spec_boxed("stats", "Statistics",
                         "Bytes by source, start delay and stalls of the current or last track",
                         GST_TYPE_STRUCTURE, read_only));
  install_node_properties(klass, prop_of_node);
  gst_type_mark_as_plugin_api(sources_type(), static_cast<GstPluginAPIFlags>(0));
}

} // namespace triad
