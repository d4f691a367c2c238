// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugin.h"

#include "triadsrc/gsttriadsrc.h"

namespace triad::tool {

void register_triadsrc() {
  gst_plugin_register_static(
      GST_VERSION_MAJOR, GST_VERSION_MINOR, "triad-tool", "Plays Triad URIs",
      [](GstPlugin* plugin) { return GST_ELEMENT_REGISTER(triadsrc, plugin); }, TRIAD_VERSION,
      "LGPL", "triad", "triad", "https://gstreamer.freedesktop.org/");
}

} // namespace triad::tool
