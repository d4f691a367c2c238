// SPDX-License-Identifier: LGPL-2.1-or-later
// A day of many nodes.
#include "simulation/listener.h"
