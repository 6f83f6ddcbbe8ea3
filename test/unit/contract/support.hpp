// SPDX-License-Identifier: Apache-2.0
// CNI_* variables for the life of an object, and requests made from them.
#pragma once

#include <stdlib.h>

#include <string>
#include <utility>
#include <vector>

#include "common/contract/request.hpp"
#include "test/support/catch.hpp"
#include "test/unit/os/scratch.hpp"

namespace patchbay::test {

// The CNI_* environment is exactly this, and nothing of it remains.
class Variables {
 public:
  using List = std::vector<std::pair<std::string, std::string>>;
  explicit Variables(const List& list) {
    clear();
    for (const auto& [name, value] : list) setenv(("CNI_" + name).c_str(), value.c_str(), 1);
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;
  ~Variables() { clear(); }

  static List complete() {
    return {{"CONTAINERID", "c1"}, {"NETNS", "/run/netns/c1"}, {"IFNAME", "eth0"}, {"PATH", "/opt/cni/bin"}};
  }
  static List complete_but(const std::string& name, const std::string& value) {
    List list = complete();
    std::erase_if(list, [&](const auto& entry) { return entry.first == name; });
    list.emplace_back(name, value);
    return list;
  }

 private:
  static void clear() {
    for (const char* name :
         {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH", "CNI_NETNS_OVERRIDE"}) {
      unsetenv(name);
    }
  }
};

inline contract::Request request(const std::string& config, contract::Command command = contract::Command::add) {
  const Variables variables{Variables::complete()};
  return contract::read_request(command, config);
}

}  // namespace patchbay::test
