// SPDX-License-Identifier: LGPL-2.1-or-later
// Percent-encoding (RFC 3986, section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace triad {

// Every byte but the unreserved ones and '/'. Takes any bytes.
[[nodiscard]] std::string encode_path(std::string_view raw);

// Empty where a '%' is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view encoded);

} // namespace triad
