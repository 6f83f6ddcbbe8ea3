// SPDX-License-Identifier: Apache-2.0
// Catch2, version 2 or 3, and a skip that says why (Catch2 2 has none of its own).
#pragma once

#if CATCH2_MAJOR >= 3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <cstdio>

// Ends the test case; ctest reports it as skipped, with the reason in its output.
#define PATCHBAY_SKIP(reason)                                  \
  do {                                                         \
    std::printf("SKIPPED: %s\n", std::string{reason}.c_str()); \
    std::fflush(stdout);                                       \
    SUCCEED();                                                 \
    return;                                                    \
  } while (false)
