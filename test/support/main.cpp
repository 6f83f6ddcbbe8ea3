// SPDX-License-Identifier: Apache-2.0
// The one main of every test program, compiled once.
#define CATCH_CONFIG_RUNNER
#include <csignal>
#include <cstdlib>
#include <string>

#include "test/support/catch.hpp"

int main(int argc, char* argv[]) {
  // A program under test that exits without reading its input must not end the test.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return 1;
  // ip, nft and others live where ordinary users do not look.
  const char* path = std::getenv("PATH");
  if (setenv("PATH", (std::string{path == nullptr ? "/usr/bin:/bin" : path} + ":/usr/sbin:/sbin").c_str(), 1) != 0)
    return 1;
  return Catch::Session().run(argc, argv);
}
