// SPDX-License-Identifier: Apache-2.0
// firewalld as far as it keeps sources of the zones "trusted" and "internal".
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "test/support/fake_bus.hpp"

namespace patchbay::test {

class FakeFirewalld {
 public:
  using Zones = std::map<std::string, std::string>;  // by source

  explicit FakeFirewalld(const std::string& bus_path = {}) : bus_(FakeBus::Call{answer_to_}, bus_path) {}

  Zones zones() {
    const std::lock_guard lock{mutex_};
    return zones_;
  }
  void set_zones(Zones zones) {
    const std::lock_guard lock{mutex_};
    zones_ = std::move(zones);
  }
  // Adding this source is carried out and never answered.
  void die_at(const std::string& source) {
    const std::lock_guard lock{mutex_};
    deadly_ = source;
  }

 private:
  static Answer refused(const std::string& why) {
    return {.error = "org.fedoraproject.FirewallD1.Exception", .text = why, .flag = {}};
  }
  Answer answer(const std::string& member, const std::string& zone, const std::string& source) {
    const std::lock_guard lock{mutex_};
    const auto found = zones_.find(source);
    const bool there = found != zones_.end() && found->second == zone;
    const Answer done{.error = {}, .text = zone, .flag = {}};
    if (zone != "trusted" && zone != "internal") return refused("INVALID_ZONE: " + zone);
    if (member == "querySource") return {.error = {}, .text = {}, .flag = there};
    if (found != zones_.end() && !there) return refused("ZONE_CONFLICT: '" + source + "' already bound to a zone");
    if (member == "removeSource") return zones_.erase(source) > 0 ? done : refused("UNKNOWN_SOURCE: '" + source + "'");
    if (there) return refused("ZONE_ALREADY_SET: '" + source + "' already bound to '" + zone + "'");
    zones_[source] = zone;
    if (source == deadly_) return {.error = "org.freedesktop.DBus.Error.NoReply", .text = "it has died", .flag = {}};
    return done;
  }

  std::mutex mutex_;
  Zones zones_;
  std::string deadly_;
  FakeBus::Call answer_to_{[this](const std::string& member, const std::vector<std::string>& arguments) {
    return member == "NameHasOwner" ? Answer{.error = {}, .text = {}, .flag = true}
                                    : answer(member, arguments.at(0), arguments.at(1));
  }};
  FakeBus bus_;
};

}  // namespace patchbay::test
