// SPDX-License-Identifier: LGPL-2.1-or-later
// GstURIHandler: how players find triadsrc, and what they may hand to it.
#include "triadsrc/private.h"

#include "release/uri.h"

namespace triad {
namespace {

GstURIType get_type(GType) {
  return GST_URI_SRC;
}

const gchar* const* get_protocols(GType) {
  static const gchar* const protocols[] = {"triad", "triad+http", "triad+file", "magnet", nullptr};
  return protocols;
}

gchar* get_uri(GstURIHandler* handler) {
  GstTriadSrcPrivate* priv = GST_TRIAD_SRC(handler)->priv;
  const std::lock_guard guard(priv->lock);
  return priv->options.uri.empty() ? nullptr : g_strdup(priv->options.uri.c_str());
}

gboolean set_handler_uri(GstURIHandler* handler, const gchar* uri, GError** error) {
  return set_uri(GST_TRIAD_SRC(handler), uri, error);
}

bool may_change_uri(GstTriadSrc* self) {
  GST_OBJECT_LOCK(self);
  const GstState state = GST_STATE(self);
  GST_OBJECT_UNLOCK(self);
  return state == GST_STATE_NULL || state == GST_STATE_READY;
}

} // namespace

bool set_uri(GstTriadSrc* self, const char* uri, GError** error) {
  if (!may_change_uri(self)) {
    g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
                "The URI of a triadsrc can't change while it plays: set the element to READY "
                "first.");
    return false;
  }
  const std::string text = uri ? uri : "";
  if (!text.empty()) {
    const Result<TriadUri> parsed = parse_uri(text);
    if (!parsed) {
      g_set_error_literal(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                          parsed.error().message.c_str());
      return false;
    }
  }
  close_reader(self);
  {
    const std::lock_guard guard(self->priv->lock);
    self->priv->options.uri = text;
    self->priv->location_error.clear();
  }
  g_object_notify(G_OBJECT(self), "location");
  return true;
}

void init_uri_handler(gpointer interface, gpointer) {
  auto* handler = static_cast<GstURIHandlerInterface*>(interface);
  handler->get_type = get_type;
  handler->get_protocols = get_protocols;
  handler->get_uri = get_uri;
  handler->set_uri = set_handler_uri;
}

} // namespace triad
