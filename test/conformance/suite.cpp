// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/suite.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace patchbay::test::conformance {

namespace {

namespace fs = std::filesystem;

constexpr const char* kShims = "/run/legacy-iptables";

}  // namespace

Suite ours() { return {"patchbay", PATCHBAY_BIN}; }
Suite reference() { return {"the reference 1.1.1", "/usr/lib/cni"}; }
Suite newest_reference() { return {"the newest reference", PATCHBAY_SOURCE "/build/peers/bin"}; }

std::optional<std::string> lacks(const Suite& suite) {
  for (const char* plugin : {"bridge", "ptp", "loopback", "host-local", "portmap"})
    if (access((suite.directory + "/" + plugin).c_str(), X_OK) != 0)
      return suite.name + " is not here: no " + suite.directory + "/" + plugin;
  return std::nullopt;
}

void put_legacy_iptables_in_path() {
  fs::create_directories(kShims);
  for (const std::string family : {"iptables", "ip6tables"})
    for (const std::string suffix : {"", "-save", "-restore"})
      fs::create_symlink("/usr/sbin/" + family + "-legacy" + suffix, kShims + std::string{"/"} + family + suffix);
  const std::string old = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  if (old.starts_with(kShims)) return;
  setenv("PATH", (std::string{kShims} + ":/usr/sbin:" + old).c_str(), 1);
}

}  // namespace patchbay::test::conformance
