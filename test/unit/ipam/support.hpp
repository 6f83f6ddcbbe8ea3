// SPDX-License-Identifier: Apache-2.0
// A machine of one's own: its boots and namespaces are what a test says they are.
#pragma once

#include <set>
#include <string>

#include "common/ipam/range.hpp"
#include "common/ipam/store.hpp"
#include "test/unit/os/scratch.hpp"

namespace patchbay::test {

struct Machine {
  static inline std::string boot;
  static inline std::set<os::NetnsId> alive;
  static inline std::uint64_t pid_namespace;

  Machine() {
    boot = "boot-1";
    alive.clear();
    pid_namespace = 1;
  }
  static ipam::Environment environment() {
    return {.boot_id = [] { return boot; },
            .pid_namespace = [] { return pid_namespace; },
            .provably_gone = [](const os::NetnsId& id, const std::string&) { return !alive.contains(id); },
            .namespace_at = [](const std::string&) { return std::optional<os::NetnsId>{}; }};
  }
  // A tenant whose namespace is alive.
  static ipam::Tenant tenant(const std::string& container, std::uint64_t inode, const std::string& ifname = "eth0") {
    alive.insert({4, inode});
    return {{"net", container, ifname}, "/run/netns/" + container, os::NetnsId{4, inode}};
  }
};

inline net::Ip ip(const std::string& text) { return net::Ip::parse(text).value(); }

inline ipam::RangeSet set_of(const std::string& subnet, const std::string& start = {}, const std::string& end = {}) {
  return {ipam::Range::canonical(
      {.subnet = net::Cidr::parse(subnet), .start = net::Ip::parse(start), .end = net::Ip::parse(end)}, "")};
}

inline std::string content_of(const std::string& path) { return os::read_file(path).value_or("(absent)"); }

}  // namespace patchbay::test
