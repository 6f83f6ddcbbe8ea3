// SPDX-License-Identifier: Apache-2.0
// Names for what each suite chooses by chance: host ends of cables and MAC addresses.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::test::conformance {

// MACs that a case asks for begin with this; they stay as they are.
inline constexpr const char* kChosenMac = "02:00:5e:";

class Tokens {
 public:
  // Looks at every link of the node and of these namespaces. What has a name keeps it.
  void learn(World& world, const std::vector<std::string>& containers);
  // "vethd1c0ffee" becomes "port-c1-eth0", its MAC "mac-of-port-c1-eth0".
  [[nodiscard]] std::string apply(std::string text) const;
  // True while a host end of a cable of this container is on the node.
  [[nodiscard]] bool any_link_of(const std::string& container) const;

 private:
  std::map<std::string, std::string> tokens_;  // by what they stand for
};

}  // namespace patchbay::test::conformance
