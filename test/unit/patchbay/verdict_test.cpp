// SPDX-License-Identifier: Apache-2.0
// In doubt it lives.
#include "tools/patchbay/node/verdict.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using nlohmann::json;
using Says = Testimony::Says;

namespace {

const Owner kOwner{"net", "red", "eth0"};
constexpr os::NetnsId kHere{4, 100}, kGone{4, 200}, kOther{4, 300};
constexpr const char* kPath = "/run/netns/red";

os::FileTime now() { return os::FileTime{std::chrono::hours{1000}}; }

// A machine with these namespaces at these paths; a path "?" cannot be examined.
Facts machine(std::map<std::string, os::NetnsId> paths, std::vector<netlink::Link> links = {}, bool inside = false) {
  return {.boot = "today",
          .now = now(),
          .gone = [](const os::NetnsId& id, const std::string&) { return id == kGone; },
          .netns_at = [paths](const std::string& path) -> std::optional<os::NetnsId> {
            if (path == "?") throw Error{Code::invalid_netns, "no access"};
            const auto found = paths.find(path);
            return found == paths.end() ? std::nullopt : std::optional{found->second};
          },
          .has_interface = [inside](const std::string&, const std::string&) { return inside; },
          .links = std::move(links)};
}

attach::Record record(std::optional<os::NetnsId> netns, const std::string& boot = "today") {
  return {.owner = kOwner, .boot = boot, .netns_path = kPath, .netns = netns, .host_ifname = kOwner.host_ifname()};
}

CacheEntry cached(const std::string& path, const std::vector<std::string>& host_interfaces = {}) {
  json result{{"cniVersion", "1.0.0"}, {"interfaces", json::array()}};
  for (const auto& name : host_interfaces) result["interfaces"].push_back({{"name", name}});
  result["interfaces"].push_back({{"name", "eth0"}, {"sandbox", path}});
  return {{.owner = kOwner, .netns = path, .args = {}, .capabilities = {}}, "{}", contract::Json::wrap(result)};
}

netlink::Link host_link(const std::string& name, const std::string& kind, const std::string& alias = {}) {
  return {.index = 7, .name = name, .kind = kind, .alias = alias};
}

}  // namespace

TEST_CASE("one trace of life outweighs every proof of death") {
  const Testimony alive{Says::alive, {}}, dead{Says::dead, "why"}, nothing{};
  CHECK(judge({}).verdict == Verdict::unknown);
  CHECK(judge({nothing, nothing}).verdict == Verdict::unknown);
  CHECK(judge({nothing, dead}) == Judgement{Verdict::stale, "why"});
  CHECK(judge({dead, alive, dead}).verdict == Verdict::live);
}

TEST_CASE("a record or an entry tells by boot and namespace") {
  const Facts facts = machine({{kPath, kHere}});
  CHECK(testify(facts, record(kHere)).says == Says::alive);
  CHECK(testify(facts, record(kGone)) == Testimony{Says::dead, "network namespace /run/netns/red is gone"});
  CHECK(testify(facts, record(kHere, "yesterday")) == Testimony{Says::dead, "of another boot"});
  CHECK(testify(facts, record(std::nullopt)).says == Says::nothing);

  ipam::IndexEntry entry{.owner = kOwner, .boot = "today", .netns_path = kPath, .netns = kGone};
  CHECK(testify(facts, entry, true).says == Says::dead);
  CHECK(testify(facts, entry, false).says == Says::nothing);  // of another machine, perhaps
  entry.netns = kHere;
  CHECK(testify(facts, entry, true).says == Says::alive);
}

TEST_CASE("a cached result tells by path, and proves death by the cable that has gone with it") {
  const std::vector<netlink::Link> bridge{host_link("cni0", "bridge")};
  const std::vector<netlink::Link> both{host_link("cni0", "bridge"), host_link("veth1", "veth")};
  CHECK(testify(machine({{kPath, kHere}}), cached(kPath), {}).says == Says::alive);
  CHECK(testify(machine({}), cached("?"), {}).says == Says::alive);
  CHECK(testify(machine({}), cached(""), {}).says == Says::nothing);
  CHECK(testify(machine({}, bridge), cached(kPath, {"cni0", "veth1"}), {}).says == Says::dead);
  CHECK(testify(machine({}, both), cached(kPath, {"cni0", "veth1"}), {}).says == Says::nothing);
  CHECK(testify(machine({}, bridge), cached(kPath, {"cni0"}), {}).says == Says::nothing);
  CHECK(testify(machine({}), cached(kPath), {}).says == Says::nothing);  // a macvlan, say
}

TEST_CASE("another namespace at the path is its container's only when the interface is in it") {
  const auto says = [](const Facts& facts, const std::vector<os::NetnsId>& known) {
    return testify(facts, cached(kPath), known).says;
  };
  CHECK(says(machine({{kPath, kOther}}), {kHere}) == Says::nothing);
  CHECK(says(machine({{kPath, kOther}}, {}, true), {kHere}) == Says::alive);
  CHECK(says(machine({{kPath, kOther}}), {kHere, kOther}) == Says::alive);
}

TEST_CASE("a cable with an end elsewhere lives") {
  netlink::Link end = host_link("veth1", "veth", kOwner.tag());
  CHECK(testify(end).says == Says::nothing);
  end.peer_elsewhere = true;
  CHECK(testify(end).says == Says::alive);
}

TEST_CASE("unplugged is who has no cable at either end, and for long") {
  const auto file = [](std::chrono::minutes age, const attach::Record& of) {
    return attach::Records::File{"net", of.owner.file_name(), of, now() - age};
  };
  const auto old = std::chrono::minutes{10}, young = std::chrono::minutes{0};
  const Facts without = machine({{kPath, kHere}});
  CHECK(why_unplugged(without, file(old, record(kHere))) == "its interface is gone");
  CHECK_FALSE(why_unplugged(without, file(young, record(kHere))));                            // ADD is under way
  CHECK_FALSE(why_unplugged(without, file(std::chrono::minutes{-10}, record(kHere))));        // the clock was set
  CHECK_FALSE(why_unplugged(machine({{kPath, kHere}}, {}, true), file(old, record(kHere))));  // moved host end
  CHECK(why_unplugged(machine({}), file(young, record(kHere))));                              // path gone as well
  for (const auto& end : {host_link("renamed", "veth", kOwner.tag()), host_link(kOwner.host_ifname(), "veth"),
                          host_link(kOwner.host_ifname(3), "veth")}) {
    CHECK_FALSE(why_unplugged(machine({{kPath, kHere}}, {end}), file(old, record(kHere))));
    CHECK_FALSE(why_unplugged(machine({}, {end}), file(old, record(kHere))));
  }
  attach::Record cable = record(kHere), unknown = record(kHere);
  cable.cable = "direct";
  CHECK_FALSE(why_unplugged(without, file(old, cable)));
  unknown.netns_path = "?";
  CHECK_FALSE(why_unplugged(without, file(old, unknown)));
}
