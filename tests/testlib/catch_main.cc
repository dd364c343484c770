// SPDX-License-Identifier: BSD-2-Clause
// The one main() of every unit-test program.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
