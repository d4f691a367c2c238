// SPDX-License-Identifier: LGPL-2.1-or-later
#include "json.h"

#include <glib.h>

#include <array>
#include <cmath>
#include <cstdio>

namespace triad::tool {

std::string json_string(std::string_view text) {
  char* valid = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
  std::string json = "\"";
  for (const char* at = valid; *at; ++at) {
    if (*at == '"' || *at == '\\') {
      json += '\\';
      json += *at;
    } else if (static_cast<unsigned char>(*at) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(*at));
      json += escape.data();
    } else {
      json += *at;
    }
  }
  g_free(valid);
  return json + '"';
}

std::string json_string(const std::optional<std::string>& text) {
  return text ? json_string(std::string_view(*text)) : "null";
}

std::string json_number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) {
    return "null";
  }
  const double tenths = std::round(*value * 10);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), std::fmod(tenths, 10) == 0 ? "%.0f" : "%.1f",
                tenths / 10);
  return text.data();
}

std::string json_array(const std::vector<std::string>& values) {
  std::string json = "[";
  for (const std::string& value : values) {
    json += (json.size() > 1 ? "," : "") + value;
  }
  return json + ']';
}

std::string json_strings(const std::vector<std::string>& texts) {
  std::vector<std::string> values;
  for (const std::string& text : texts) {
    values.push_back(json_string(std::string_view(text)));
  }
  return json_array(values);
}

} // namespace triad::tool
