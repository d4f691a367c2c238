// SPDX-License-Identifier: LGPL-2.1-or-later
#include "durations.h"

#include <gst/pbutils/pbutils.h>

namespace triad::tool {

struct DurationReader::State {
  GstDiscoverer* discoverer = nullptr;
};

DurationReader::DurationReader() : state_(std::make_unique<State>()) {
  state_->discoverer = gst_discoverer_new(15 * GST_SECOND, nullptr);
}

DurationReader::~DurationReader() {
  g_clear_object(&state_->discoverer);
}

std::optional<std::chrono::nanoseconds> DurationReader::read(const std::filesystem::path& file) {
  char* uri = gst_filename_to_uri(file.c_str(), nullptr);
  if (!state_->discoverer || !uri) {
    g_free(uri);
    return std::nullopt;
  }
  GError* error = nullptr;
  GstDiscovererInfo* info = gst_discoverer_discover_uri(state_->discoverer, uri, &error);
  g_free(uri);
  g_clear_error(&error);
  if (!info) {
    return std::nullopt;
  }
  // A missing decoder is no reason to doubt the container's duration.
  const GstDiscovererResult result = gst_discoverer_info_get_result(info);
  const GstClockTime duration = gst_discoverer_info_get_duration(info);
  g_object_unref(info);
  if ((result != GST_DISCOVERER_OK && result != GST_DISCOVERER_MISSING_PLUGINS) ||
      !GST_CLOCK_TIME_IS_VALID(duration) || duration == 0) {
    return std::nullopt;
  }
  return std::chrono::nanoseconds(duration);
}

} // namespace triad::tool
