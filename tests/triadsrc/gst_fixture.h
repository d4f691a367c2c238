// SPDX-License-Identifier: LGPL-2.1-or-later
// GStreamer with triadsrc registered from the test program itself: a sanitized plugin would vanish
// in the plugin scanner.
#pragma once

#include "triadsrc/gsttriadsrc.h"
#include "triadsrc/topmost_bin.h"

#include <gst/gst.h>

#include <memory>
#include <string>
#include <vector>

namespace triad::test {

// Once per program: gst_init() and the element.
struct GstFixture {
  GstFixture();
};

struct UnrefMessage {
  void operator()(GstMessage* message) const { gst_message_unref(message); }
};
using MessagePtr = std::unique_ptr<GstMessage, UnrefMessage>;

struct FreeError {
  void operator()(GError* error) const { g_error_free(error); }
};
using ErrorPtr = std::unique_ptr<GError, FreeError>;

// What an ERROR or WARNING message holds.
struct ParsedError {
  ErrorPtr error;
  std::string debug;
  std::string reason; // of the details; empty without
};
[[nodiscard]] ParsedError parse_error_message(GstMessage* message);

// The element's property as text; empty for NULL.
[[nodiscard]] std::string get_text(gpointer object, const char* property);

// Runs to NULL and unreferences.
struct StopPipeline {
  void operator()(GstElement* element) const {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
};
using PipelinePtr = std::unique_ptr<GstElement, StopPipeline>;

} // namespace triad::test
