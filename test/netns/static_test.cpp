// SPDX-License-Identifier: Apache-2.0
// Addresses that the configuration or the runtime names: with every main plugin, and as its executable.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

json static_ipam() {
  return {{"type", "static"},
          {"addresses", {{{"address", "10.10.0.9/24"}, {"gateway", "10.10.0.1"}}}},
          {"routes", {{{"dst", "0.0.0.0/0"}}}}};
}

json bridge() { return {{"type", "bridge"}, {"isGateway", true}, {"ipMasq", true}, {"ipam", static_ipam()}}; }

}  // namespace

TEST_CASE("a container on a bridge gets its static address, is reached by its host port, and leaves nothing") {
  World world;
  Chain net{world, {bridge(), {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}}}};
  world.netns("red");
  const auto before = world.snapshot();
  net.port_mappings = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}}};
  net.add("red");
  CHECK(net.ip("red") == "10.10.0.9");
  CHECK(world.ping("", "10.10.0.9"));
  world.serve("red", "tcp", 80, "red");
  CHECK(world.ask("", "tcp", "127.0.0.1", 8080));
  CHECK(net.check("red").exit_code == 0);
  CHECK(world.sh("ls -A /var/lib/cni") == "");
  net.del("red");
  net.del("red", {.with_netns = false, .with_previous = false});
  CHECK(net.gc({}).exit_code == 0);
  world.sh("ip link del cni0");
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("the runtime's address wins") {
  World world;
  json plugin = bridge();
  plugin["capabilities"] = {{"ips", true}};
  Chain net{world, {plugin}};
  net.capability_args = {{"ips", {"10.10.0.20/24"}}};
  net.add("red");
  CHECK(net.ip("red") == "10.10.0.20");
  CHECK(world.ping("", "10.10.0.20"));
  net.del("red");
}

TEST_CASE("a cable to the host has a static address, and needs its gateway") {
  World world;
  Chain net{world, {{{"type", "ptp"}, {"ipam", static_ipam()}}}};
  net.add("red");
  CHECK(world.ping("", "10.10.0.9"));
  net.del("red");
  net.plugin(0)["ipam"]["addresses"][0].erase("gateway");
  const Ran ran = net.try_add("red");
  CHECK(ran.json().at("code") == 7);
}

TEST_CASE("CHECK misses a static address that is gone from the container") {
  World world;
  Chain net{world, {bridge()}};
  net.add("red");
  world.sh_in("red", "ip address del 10.10.0.9/24 dev eth0");
  const Ran ran = net.check("red");
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 106);
  net.del("red");
}

TEST_CASE("its executable answers what answers in process") {
  World world;
  const json config{{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "bridge"}, {"ipam", static_ipam()}};
  Call call{.plugin = "static", .config = config, .netns = world.netns("red")};
  const json result = world.add(call);
  CHECK(result.at("ips").at(0).at("address") == "10.10.0.9/24");
  CHECK(result.at("routes").at(0).at("dst") == "0.0.0.0/0");
  for (const char* verb : {"DEL", "STATUS"}) {
    call.command = verb;
    const Ran ran = world.call(call);
    CHECK(ran.exit_code == 0);
    CHECK(ran.out.empty());
  }
  call.command = "ADD";
  call.config["ipam"]["addresses"][0]["address"] = "10.10.0.9";
  CHECK(world.call(call).json().at("code") == 7);
}
