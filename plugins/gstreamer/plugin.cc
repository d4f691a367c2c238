// SPDX-License-Identifier: LGPL-2.1-or-later
// libgsttriad.so: registers triadsrc.
#include "triadsrc/gsttriadsrc.h"

#define PACKAGE "triad"

static gboolean plugin_init(GstPlugin* plugin) {
  return GST_ELEMENT_REGISTER(triadsrc, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, triad,
                  "Plays tracks of published releases from cache and server", plugin_init,
                  TRIAD_VERSION, "LGPL", "Triad", TRIAD_ORIGIN)
