// SPDX-License-Identifier: Apache-2.0
// Others delete, rename and move what an attachment consists of: CHECK says so, DEL and GC leave nothing.
#include "test/netns/recovery.hpp"

using namespace patchbay::test;

namespace {

struct Harm {
  std::string name;
  std::string in_container, on_host;  // commands; $end is the host end
  bool breaks_others = false;         // blue lost something as well
};
const std::vector<Harm> kHarms{
    {"the host end deleted", "", "ip link del $end"},
    {"the host end renamed", "", "ip link set $end down && ip link set $end name other"},
    {"the host end without its alias", "", "ip link set $end alias ''"},
    {"the container's interface deleted", "ip link del eth0", ""},
    {"the container's interface renamed", "ip link set eth0 down && ip link set eth0 name eth7", ""},
    {"the container's interface moved to the host", "ip link set eth0 netns $host name stray", ""},
    {"the container's interface moved to another container", "ip link set eth0 netns $other", ""},
    {"the container's addresses removed", "ip addr flush dev eth0", ""},
    {"the namespace gone", "", "umount /run/netns/red && rm /run/netns/red && touch /run/netns/red"},
    {"the bridge deleted", "", "ip link del cni0", true}};

void inflict(RecoveringNode& node, const Harm& harm) {
  const std::string end = "end=" + node.net.host_end("red") + "; ";
  // Namespaces by path: ip(8) would take a name for one of its own.
  const std::string places = "other=/run/netns/other; host=/run/host-netns; ";
  node.world.sh("touch /run/host-netns && mount --bind /proc/self/ns/net /run/host-netns");
  if (!harm.in_container.empty()) node.world.sh_in("red", places + harm.in_container);
  if (!harm.on_host.empty()) node.world.sh(end + harm.on_host);
  node.world.sh("umount /run/host-netns");
}

// All of them on a bridge; on a cable, and with the other backend, one inside and one outside.
template <typename Work>
void for_every_harm(const Work& work) {
  for (const Setting& setting : {kSettings[0], kSettings[3]}) {
    if (skipped(setting)) continue;
    for (const Harm& harm : kHarms) {
      if (setting.kind == "ptp" && &harm != &kHarms[1] && &harm != &kHarms[4]) continue;
      DYNAMIC_SECTION(setting.kind << " " << setting.backend << ": " << harm.name) {
        RecoveringNode node{setting};
        node.world.netns("other");
        node.before = node.world.snapshot();
        node.attach("red", 8080);
        inflict(node, harm);
        work(node, harm);
      }
    }
  }
}

void require_clean(RecoveringNode& node, const Harm& harm) {
  CHECK(node.world.sh("ip -o link show | grep -E 'stray|other' || true").empty());
  CHECK(node.world.sh_in("other", "ip -o link show type veth").empty());
  if (!harm.breaks_others) return node.require_as_before();
  node.net.del("blue");
  CHECK(node.world.sh("ip -o link show type veth | grep -v lan- || true").empty());
  node.attach("blue", 9090);  // makes the bridge again
  CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 9090) == "blue 192.0.2.2");
}

// A new namespace for the one that an event took.
void renew(RecoveringNode& node, const Harm& harm) {
  if (harm.name != "the namespace gone") return;
  node.world.sh("mount --bind /proc/self/ns/net /run/netns/red");  // so that it can be removed as usual
  node.world.remove_netns("red");
  node.world.netns("red");
}

}  // namespace

TEST_CASE("CHECK tells that an attachment has been harmed, others come and go, and DEL takes what is left of it") {
  for_every_harm([](RecoveringNode& node, const Harm& harm) {
    CHECK(node.net.check("red").exit_code == (harm.name == "the host end without its alias" ? 0 : 1));
    node.attach("green", 8081);
    CHECK(node.net.check("green").exit_code == 0);
    node.net.del("green");
    node.world.remove_netns("green");
    for (int i = 0; i < 2; ++i) node.net.del("red");
    renew(node, harm);
    require_clean(node, harm);
  });
}

TEST_CASE("GC takes what is left of a harmed attachment") {
  for_every_harm([](RecoveringNode& node, const Harm& harm) {
    CHECK(node.net.gc({"blue"}).exit_code == 0);
    renew(node, harm);
    require_clean(node, harm);
  });
}
