// SPDX-License-Identifier: Apache-2.0
// VLANs of a bridge's ports: who reaches whom, in packets. Takes a kernel with bridge VLAN filtering, such as
// scripts/test-in-guest has.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

// Networks on one bridge and in one subnet, so that nothing but VLANs separates them.
struct Network : Chain {
  Network(World& world, const std::string& name, const json& vlans) : Chain(world, {plugin(vlans)}, name) {}

  static json plugin(const json& vlans) {
    static int number = 0;
    const std::string part = "10.10." + std::to_string(++number);
    json plugin{{"type", "bridge"}, {"bridge", "cni0"}};
    plugin["ipam"] = {
        {"type", "host-local"}, {"subnet", "10.10.0.0/16"}, {"rangeStart", part + ".1"}, {"rangeEnd", part + ".9"}};
    plugin.update(vlans);
    return plugin;
  }
};

json range(int first, int last) { return {{"minID", first}, {"maxID", last}}; }
json single(int id) { return {{"id", id}}; }
json trunk_of(const json& items) { return {{"vlanTrunk", items}}; }
json both(int vlan, const json& item) { return {{"vlan", vlan}, {"vlanTrunk", json::array({item})}}; }
const json kNoVlan = trunk_of(json::array());  // the bridge filters, the port is as it was born

// "10 pvid untagged, 20, 21": what the kernel has for this port, by iproute2.
std::string vlans_of(World& world, const std::string& port) {
  std::string text;
  const json ports = json::parse(world.sh("bridge -j vlan show dev " + port));
  for (const json& vlan : ports.at(0).at("vlans")) {
    text += (text.empty() ? "" : ", ") + std::to_string(vlan.at("vlan").get<int>());
    if (vlan.contains("vlanEnd")) text += "-" + std::to_string(vlan.at("vlanEnd").get<int>());
    for (const json& flag : vlan.value("flags", json::array())) {
      text += flag == "PVID" ? " pvid" : flag == "Egress Untagged" ? " untagged" : " ?";
    }
  }
  return text;
}

// An interface that puts its frames into a VLAN; false where the kernel has none.
bool tag(World& world, const std::string& netns, int vlan, const std::string& cidr) {
  const std::string name = "eth0." + std::to_string(vlan);
  const auto made =
      world.try_sh_in(netns, "ip link add link eth0 name " + name + " type vlan id " + std::to_string(vlan));
  if (made.exit_code != 0) return false;
  world.sh_in(netns, "ip link set " + name + " up && ip address add " + cidr + " dev " + name);
  return true;
}

void give(World& world, const std::string& netns, const std::string& cidr) {
  world.sh_in(netns, "ip address add " + cidr + " dev eth0");
}

}  // namespace

TEST_CASE("containers reach those of their access VLAN and nobody else") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  Network hundred{world, "hundred", {{"vlan", 100}}}, again{world, "again", {{"vlan", 100}}},
      other{world, "other", {{"vlan", 200}}}, plain{world, "plain", kNoVlan};
  hundred.add("red");
  again.add("green");
  other.add("blue");
  plain.add("grey");
  CHECK(vlans_of(world, hundred.host_end("red")) == "100 pvid untagged");
  CHECK(vlans_of(world, other.host_end("blue")) == "200 pvid untagged");
  CHECK(vlans_of(world, plain.host_end("grey")) == "1 pvid untagged");
  CHECK(world.ping("red", again.ip("green")));
  CHECK(world.ping("green", hundred.ip("red")));
  CHECK_FALSE(world.ping_once("red", other.ip("blue"), 300));
  CHECK_FALSE(world.ping_once("blue", again.ip("green"), 300));
  CHECK_FALSE(world.ping_once("red", plain.ip("grey"), 300));
  CHECK_FALSE(world.ping_once("grey", hundred.ip("red"), 300));
  CHECK(hundred.check("red").exit_code == 0);
  CHECK(plain.check("grey").exit_code == 0);
}

TEST_CASE("a trunk carries its VLANs tagged, its native VLAN untagged, and no other") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  Network trunk{world, "trunk", trunk_of(json::array({range(100, 102), single(200), single(101)}))},
      first{world, "first", {{"vlan", 100}}}, last{world, "last", {{"vlan", 200}}},
      absent{world, "absent", {{"vlan", 103}}}, native{world, "native", kNoVlan};
  trunk.add("router");
  first.add("red");
  last.add("blue");
  absent.add("black");
  native.add("grey");
  CHECK(vlans_of(world, trunk.host_end("router")) == "1 pvid untagged, 100, 101, 102, 200");
  CHECK(trunk.check("router").exit_code == 0);
  CHECK(world.ping("router", native.ip("grey")));
  CHECK(world.ping("grey", trunk.ip("router")));
  CHECK_FALSE(world.ping_once("router", first.ip("red"), 300));

  if (!tag(world, "router", 100, "10.100.0.1/24")) PATCHBAY_SKIP("this kernel has no VLAN interfaces (8021q)");
  REQUIRE(tag(world, "router", 200, "10.200.0.1/24"));
  REQUIRE(tag(world, "router", 103, "10.103.0.1/24"));
  give(world, "red", "10.100.0.2/24");
  give(world, "blue", "10.200.0.2/24");
  give(world, "black", "10.103.0.2/24");
  CHECK(world.ping("router", "10.100.0.2"));
  CHECK(world.ping("blue", "10.200.0.1"));
  CHECK_FALSE(world.ping_once("router", "10.103.0.2", 300));
  CHECK_FALSE(world.ping_once("black", "10.103.0.1", 300));
}

TEST_CASE("an access VLAN may be a trunk's native VLAN") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  Network trunk{world, "trunk", both(100, range(99, 101))}, first{world, "first", {{"vlan", 100}}},
      tagged{world, "tagged", {{"vlan", 101}}};
  trunk.add("router");
  first.add("red");
  tagged.add("blue");
  CHECK(vlans_of(world, trunk.host_end("router")) == "99, 100 pvid untagged, 101");
  CHECK(world.ping("router", first.ip("red")));
  if (!tag(world, "router", 101, "10.101.0.1/24")) PATCHBAY_SKIP("this kernel has no VLAN interfaces (8021q)");
  give(world, "blue", "10.101.0.2/24");
  CHECK(world.ping("router", "10.101.0.2"));
}

TEST_CASE("every VLAN there is can be on a trunk") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  Network trunk{world, "trunk", trunk_of(json::array({range(1, 4094)}))};
  trunk.add("router");
  CHECK(world.sh("bridge -j -c vlan show dev " + trunk.host_end("router") + " | tr -d ' \\n'").find("4094") !=
        std::string::npos);
  CHECK(trunk.check("router").exit_code == 0);
  trunk.del("router");
}

TEST_CASE("preserveDefaultVlan keeps a port a member of the bridge's default VLAN") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  const bool kept = GENERATE(false, true);
  Network access{world, "access", {{"vlan", 100}, {"preserveDefaultVlan", kept}}}, native{world, "native", kNoVlan};
  access.add("red");
  native.add("grey");
  CHECK(vlans_of(world, access.host_end("red")) == (kept ? "1 untagged, 100 pvid untagged" : "100 pvid untagged"));
  CHECK(access.check("red").exit_code == 0);
  // It hears what is said there, and answers in its own VLAN.
  const int ear = world.background("red", "tcpdump -lni eth0 icmp6 or arp", "listening on");
  CHECK_FALSE(world.ping_once("grey", access.ip("red"), 300));
  CHECK(world.wait_for_output(ear, "who-has " + access.ip("red"), kept ? 5000 : 300) == kept);
}

TEST_CASE("each VLAN has a gateway of its own") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  const auto chain = [&](int vlan) {
    const std::string number = std::to_string(vlan);
    json plugin{{"type", "bridge"}, {"bridge", "cni0"}, {"vlan", vlan}, {"isDefaultGateway", true}};
    const json v4{{"subnet", "10." + number + ".0.0/24"}}, v6{{"subnet", "fd00:" + number + "::/64"}};
    plugin["ipam"] = {{"type", "host-local"}, {"ranges", json::array({json::array({v4}), json::array({v6})})}};
    return Chain{world, {plugin}, "vlan" + number};
  };
  Chain hundred = chain(100), other = chain(200);
  hundred.add("red");
  other.add("blue");
  CHECK(world.ping("red", "10.100.0.1"));
  CHECK(world.ping("blue", "10.200.0.1"));
  CHECK(world.ping("", hundred.ip("red", 6)));
  CHECK(world.ping("red", other.ip("blue")));  // by way of the node, which forwards
  CHECK(world.ping("red", other.ip("blue", 6)));
  CHECK(hundred.check("red").exit_code == 0);
  world.sh("ip address del 10.100.0.1/24 dev cni0.100");
  CHECK(hundred.check("red").json().at("code") == 106);
  CHECK(other.check("blue").exit_code == 0);
  world.netns("green");
  const auto before = world.snapshot();
  other.add("green");
  other.del("green");
  CHECK(difference(before, world.snapshot()) == "");  // the gateways are shared, and stay
}

TEST_CASE("CHECK sees a port that has left its VLAN") {
  if (const auto reason = lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  World world;
  Network trunk{world, "trunk", both(100, single(200))};
  trunk.add("red");
  const std::string port = trunk.host_end("red");
  const std::string change = GENERATE("vlan del vid 200 dev ", "vlan del vid 100 dev ", "vlan add vid 100 tagged dev ");
  REQUIRE(trunk.check("red").exit_code == 0);
  world.sh("bridge " + change + port);
  const Ran ran = trunk.check("red");
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 106);
  CHECK(ran.json().at("msg").get<std::string>().find("is not in VLAN") != std::string::npos);
}

TEST_CASE("a bridge that does not filter VLANs is refused, by ADD and by STATUS") {
  World world;
  world.sh("ip link add cni0 type bridge");
  Network access{world, "access", {{"vlan", 100}}};
  world.netns("red");
  const auto before = world.snapshot();
  const Ran added = access.try_add("red");
  CHECK(added.exit_code == 1);
  CHECK(added.json().at("code") == 109);
  const Ran status = access.status();
  CHECK(status.exit_code == 1);
  CHECK(status.json().at("code") == 50);
  CHECK(status.json().at("msg").get<std::string>().find("does not filter VLANs") != std::string::npos);
  CHECK(difference(before, world.snapshot()) == "");
}
