# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a C++ function of a page: usage: embed.py PAGE OUTPUT."""
import sys

TEMPLATE = """#include "tracker/server/stats.h"

namespace triad::tracker {{

std::string_view stats_page() {{
  static constexpr unsigned char page[] = {{{bytes}}};
  return {{reinterpret_cast<const char*>(page), sizeof page}};
}}

}} // namespace triad::tracker
"""

with open(sys.argv[1], "rb") as page, open(sys.argv[2], "w", encoding="ascii") as output:
    output.write(TEMPLATE.format(bytes=",".join(map(str, page.read()))))
