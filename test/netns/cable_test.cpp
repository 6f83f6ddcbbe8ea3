// SPDX-License-Identifier: Apache-2.0
// A direct cable between two containers.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

std::vector<json> cable_plugins(const std::string& name = "red-blue") {
  return {
      {{"type", "veth"},
       {"cable", name},
       {"ipam", {{"type", "host-local"}, {"ranges", {{{{"subnet", "10.94.0.0/29"}}}, {{{"subnet", "fd94::/64"}}}}}}}}};
}

}  // namespace

TEST_CASE("two containers on a direct cable reach each other, and only each other know their MACs") {
  World world;
  Chain lab{world, cable_plugins(), "lab"};
  lab.add("red");
  lab.add("blue");
  CHECK(world.ping("red", lab.ip("blue")));
  CHECK(world.ping("blue", lab.ip("red")));
  CHECK(world.ping("red", lab.ip("blue", 6)));

  const std::string red_neighbours = world.sh_in("red", "ip neigh");
  CHECK(red_neighbours.find(lab.mac("blue")) != std::string::npos);
  CHECK(world.sh_in("blue", "ip neigh").find(lab.mac("red")) != std::string::npos);
  const std::string host_neighbours = world.sh("ip neigh");
  CHECK(host_neighbours.find(lab.mac("red")) == std::string::npos);
  CHECK(host_neighbours.find(lab.mac("blue")) == std::string::npos);
  CHECK(world.sh("ip -o link show type veth") == "");  // nothing of it is on the host
  CHECK(lab.check("red").exit_code == 0);
  CHECK(lab.check("blue").exit_code == 0);
}

TEST_CASE("either side of a cable can be unplugged and replaced while the other keeps its interface") {
  World world;
  Chain lab{world, cable_plugins(), "lab"};
  const bool leave_first = GENERATE(true, false);
  const std::string leaver = leave_first ? "red" : "blue";
  const std::string stayer = leave_first ? "blue" : "red";
  world.netns("red"), world.netns("blue");
  const auto before = world.snapshot();
  lab.add("red");
  lab.add("blue");
  const std::string stayers_mac = lab.mac(stayer);

  lab.del(leaver);
  CHECK(world.sh_in(stayer, "ip -o link show eth0").find(stayers_mac) != std::string::npos);
  CHECK(world.try_sh_in(leaver, "ip link show eth0").exit_code != 0);
  lab.del(leaver);  // again
  CHECK(lab.check(stayer).exit_code == 0);

  lab.add("green");
  CHECK(world.ping("green", lab.ip(stayer)));
  CHECK(world.ping(stayer, lab.ip("green", 6)));

  lab.del("green");
  lab.del(stayer);
  world.remove_netns("green");
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("a third end of a cable is refused and changes nothing") {
  World world;
  Chain lab{world, cable_plugins(), "lab"};
  lab.add("red");
  lab.add("blue");
  world.netns("green");
  const auto before = world.snapshot();
  const Ran ran = lab.try_add("green");
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 7);
  CHECK(ran.json().at("details").get<std::string>().find("/cable") != std::string::npos);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("DEL of a container that was never plugged in leaves the cable of others alone") {
  World world;
  Chain lab{world, cable_plugins(), "lab"};
  lab.add("red");
  const auto before = world.snapshot();
  const bool with_netns = GENERATE(true, false);
  world.netns("blue");
  lab.del("blue", {.with_netns = with_netns});
  world.remove_netns("blue");
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("a cable works without addresses, as a plain layer 2 link") {
  World world;
  Chain lab{world, {{{"type", "veth"}, {"cable", "raw"}}}, "lab"};
  lab.add("red");
  const json result = lab.add("blue");
  CHECK_FALSE(result.contains("ips"));
  world.sh_in("red", "ip addr add 192.0.2.1/24 dev eth0");
  world.sh_in("blue", "ip addr add 192.0.2.2/24 dev eth0");
  CHECK(world.ping("red", "192.0.2.2"));
}

TEST_CASE("an end that cannot be unplugged stays, and so does the cable of the container at its other side") {
  World world;
  Chain lab{world, cable_plugins(), "lab"};
  lab.add("red");
  lab.add("blue");
  const auto attached = world.snapshot();
  world.sh("rm /run/patchbay/cables.lock && mkdir /run/patchbay/cables.lock");  // a lock that cannot be taken
  CHECK(lab.try_del("red").exit_code != 0);
  CHECK(lab.gc({"blue"}).exit_code != 0);
  CHECK(difference(attached, world.snapshot()) == "");
  world.sh("rmdir /run/patchbay/cables.lock");
  lab.del("red");
  CHECK(lab.check("blue").exit_code == 0);
}

TEST_CASE("GC unplugs the ends of containers that are gone and keeps the others") {
  World world;
  Chain lab{world, cable_plugins(), "lab"};
  lab.add("red");
  lab.add("blue");
  const Ran ran = lab.gc({"red"});
  INFO(ran.out);
  CHECK(ran.exit_code == 0);
  CHECK(world.try_sh_in("blue", "ip link show eth0").exit_code != 0);
  CHECK(lab.check("red").exit_code == 0);
  lab.add("green");
  CHECK(world.ping("red", lab.ip("green")));
}
