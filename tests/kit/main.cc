// SPDX-License-Identifier: LGPL-2.1-or-later
// main() of every test program.
#define BOOST_TEST_MODULE triad
#include <boost/test/unit_test.hpp>
