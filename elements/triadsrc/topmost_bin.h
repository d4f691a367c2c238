// SPDX-License-Identifier: LGPL-2.1-or-later
// What an element can learn from the pipeline around it. Any thread.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <memory>
#include <optional>

namespace triad {

struct UnrefObject {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
template <typename T>
using GstPtr = std::unique_ptr<T, UnrefObject>;

// The outermost parent; the element itself where it has none.
[[nodiscard]] GstPtr<GstElement> topmost_bin(GstElement* element);

// True where no sink of the topmost bin waits for the clock (sync=TRUE): the bytes are copied,
// transcoded or analysed, not heard.
[[nodiscard]] bool is_copy(GstElement* element);

// The running time while element and topmost bin are PLAYING; empty otherwise. A bin that prerolls
// again after a flushing seek counts as not PLAYING, although its clock goes on.
[[nodiscard]] std::optional<std::chrono::nanoseconds> moving_running_time(GstElement* element);

} // namespace triad
