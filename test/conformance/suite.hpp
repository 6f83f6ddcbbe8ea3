// SPDX-License-Identifier: Apache-2.0
// The suites that are compared: a directory of plugins each.
#pragma once

#include <optional>
#include <string>

#include "test/support/world.hpp"

namespace patchbay::test::conformance {

struct Suite {
  std::string name, directory;
};

Suite ours();
Suite reference();         // Debian's containernetworking-plugins, 1.1.1
Suite newest_reference();  // what scripts/peers has built

std::optional<std::string> lacks(const Suite& suite);  // why it cannot be run, for PATCHBAY_SKIP

}  // namespace patchbay::test::conformance
