// SPDX-License-Identifier: LGPL-2.1-or-later
// GStreamer for tests.
#include "gst_fixture.h"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

namespace triad::test {

GstFixture::GstFixture() {
  gst_init(nullptr, nullptr);
  if (!GST_ELEMENT_REGISTER(triadsrc, nullptr))
    throw std::runtime_error("triadsrc can't be registered");
}

ParsedError parse_error_message(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  const GstStructure* details = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, &debug);
    gst_message_parse_error_details(message, &details);
  } else {
    gst_message_parse_warning(message, &error, &debug);
    gst_message_parse_warning_details(message, &details);
  }
  const gchar* reason = details ? gst_structure_get_string(details, "reason") : nullptr;
  ParsedError parsed{ErrorPtr(error), debug ? debug : "", reason ? reason : ""};
  g_free(debug);
  return parsed;
}

std::string get_text(gpointer object, const char* property) {
  gchar* text = nullptr;
  g_object_get(object, property, &text, nullptr);
  const std::string result = text ? text : "";
  g_free(text);
  return result;
}

BOOST_TEST_GLOBAL_FIXTURE(GstFixture);

} // namespace triad::test
