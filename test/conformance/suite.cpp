// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/suite.hpp"

#include <unistd.h>

namespace patchbay::test::conformance {

Suite ours() { return {"patchbay", PATCHBAY_BIN}; }
Suite reference() { return {"the reference 1.1.1", "/usr/lib/cni"}; }
Suite newest_reference() { return {"the newest reference", PATCHBAY_SOURCE "/build/peers/bin"}; }

std::optional<std::string> lacks(const Suite& suite) {
  for (const char* plugin : {"bridge", "ptp", "loopback", "host-local", "static", "portmap", "tuning", "bandwidth"})
    if (access((suite.directory + "/" + plugin).c_str(), X_OK) != 0)
      return suite.name + " is not here: no " + suite.directory + "/" + plugin;
  return std::nullopt;
}

}  // namespace patchbay::test::conformance
