// SPDX-License-Identifier: LGPL-2.1-or-later
// Looks at the pipeline around an element.
#include "triadsrc/topmost_bin.h"

namespace triad {
namespace {

GstState current_state(GstElement* element) {
  GST_OBJECT_LOCK(element);
  const GstState state = GST_STATE(element);
  GST_OBJECT_UNLOCK(element);
  return state;
}

bool waits_for_clock(GstElement* element) {
  if (GST_IS_BIN(element) || !GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SINK))
    return false;
  const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "sync");
  if (!spec || spec->value_type != G_TYPE_BOOLEAN)
    return false;
  gboolean sync = FALSE;
  g_object_get(element, "sync", &sync, nullptr);
  return sync;
}

} // namespace

GstPtr<GstElement> topmost_bin(GstElement* element) {
  GstPtr<GstElement> top(GST_ELEMENT(gst_object_ref(element)));
  while (GstObject* parent = gst_object_get_parent(GST_OBJECT(top.get()))) {
    if (!GST_IS_ELEMENT(parent)) {
      gst_object_unref(parent);
      break;
    }
    top.reset(GST_ELEMENT(parent));
  }
  return top;
}

bool is_copy(GstElement* element) {
  const GstPtr<GstElement> top = topmost_bin(element);
  if (!GST_IS_BIN(top.get()))
    return true;
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(top.get()));
  GValue item = G_VALUE_INIT;
  bool found = false, more = true;
  while (more) {
    switch (gst_iterator_next(elements, &item)) {
    case GST_ITERATOR_OK:
      found = waits_for_clock(GST_ELEMENT(g_value_get_object(&item)));
      more = !found;
      g_value_reset(&item);
      break;
    case GST_ITERATOR_RESYNC:
      gst_iterator_resync(elements);
      break;
    default:
      more = false;
    }
  }
  g_value_unset(&item);
  gst_iterator_free(elements);
  return !found;
}

std::optional<std::chrono::nanoseconds> moving_running_time(GstElement* element) {
  if (current_state(element) != GST_STATE_PLAYING ||
      current_state(topmost_bin(element).get()) != GST_STATE_PLAYING)
    return std::nullopt;
  const GstClockTime time = gst_element_get_current_running_time(element);
  if (!GST_CLOCK_TIME_IS_VALID(time))
    return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(time));
}

} // namespace triad
