// SPDX-License-Identifier: LGPL-2.1-or-later
// triadsrc: the GStreamer source that plays a track of a release from the cache or the server.
//
// A GstBaseSrc. It only translates: GStreamer's calls become calls of a triad::Reader, and what the
// reader says becomes buffers, queries' answers and messages. See docs/element.md.
#pragma once

#include "node/reader.h"

#include <gst/base/gstbasesrc.h>
#include <gst/gst.h>

#include <functional>
#include <memory>

G_BEGIN_DECLS

#define GST_TYPE_TRIAD_SRC (gst_triad_src_get_type())
G_DECLARE_FINAL_TYPE(GstTriadSrc, gst_triad_src, GST, TRIAD_SRC, GstBaseSrc)

GST_ELEMENT_REGISTER_DECLARE(triadsrc)

G_END_DECLS

namespace triad {

using OpenReader =
    std::function<std::shared_ptr<Reader>(OpenOptions, std::weak_ptr<ReaderListener>)>;

// What the element opens its tracks with; Reader::open unless a test puts another one in. Before
// the element has opened anything.
void set_open_reader(GstTriadSrc* element, OpenReader open);

} // namespace triad
