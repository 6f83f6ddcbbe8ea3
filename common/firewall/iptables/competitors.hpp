// SPDX-License-Identifier: Apache-2.0
// Whether those who have a host port are alive, asked where nobody waits for the answer.
#pragma once

#include <map>
#include <string>

#include "common/firewall/firewall.hpp"

namespace patchbay::firewall::iptables {

// To find out may mean to ask for links, and to wait for everybody who is changing some: too long for the lock that
// all writers of tables share. So it is asked without the lock first, and only of who was dead by then once more with
// it, since he may have come back.
class Competitors {
 public:
  explicit Competitors(const IsDead& is_dead) : is_dead_(is_dead) {}

  // Thrown through whatever holds the lock.
  struct Unknown {
    std::string tag;
  };
  [[nodiscard]] bool is_dead(const std::string& tag) const {
    const auto found = dead_.find(tag);
    if (found == dead_.end()) throw Unknown{tag};
    return found->second && is_dead_(tag);
  }
  void find_out(const Unknown& who) { dead_[who.tag] = is_dead_(who.tag); }

 private:
  const IsDead& is_dead_;
  std::map<std::string, bool> dead_;
};

}  // namespace patchbay::firewall::iptables
