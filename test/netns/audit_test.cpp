// SPDX-License-Identifier: Apache-2.0
// Whatever is left over of the dead is found with its owner and removed; what lives, or may live, stays.
#include "test/netns/audit.hpp"

#include "common/attach/record.hpp"
#include "common/firewall/firewall.hpp"
#include "common/ipam/store.hpp"

using namespace patchbay;
using namespace patchbay::test;
using nlohmann::json;

namespace {

const Owner kOld{"net", "old", "eth0"}, kGhost{"net", "ghost", "eth0"};

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

std::string another_boot() { return "00000000-0000-0000-0000-000000000000"; }

// Of a boot before this one: record, lease and index entry.
void leave_old_boot() {
  attach::Record record{.owner = kOld, .boot = another_boot(), .netns_path = "/run/netns/old"};
  attach::Records{"bridge"}.write(record);
  auto store = ipam::Store::open("/var/lib/cni/networks", "net", {.boot_id = another_boot});
  store.reserve({.owner = kOld, .netns_path = "/run/netns/old", .netns = os::NetnsId{4, 1}},
                {{cidr("10.10.0.50/24").ip, 0}});
}

// Rules of an owner of which nothing else is known.
void leave_rules_of_nobody(firewall::Backend backend) {
  firewall::apply(backend, kGhost, {.masquerade = firewall::Masquerade{{cidr("10.10.0.99/24")}}}, {});
}

// A cable that no container is at, and files that a power cut tore.
void leave_links_and_torn_files(World& world) {
  const Owner owner{"net", "gone", "eth0"};
  world.sh("ip link add " + owner.host_ifname() + " type veth peer name leak1; ip link set " + owner.host_ifname() +
           " alias " + owner.tag());
  world.sh(
      "cd /var/lib/cni; : >networks/net/10.10.0.77; printf 'network net' "
      ">networks/.patchbay/net/feedfeedfeedfeedfeedfeedfeedfeedfeedfeed;"
      "printf '{\"ki' >results/net-torn-eth0; touch -d '10 minutes ago' results/net-torn-eth0;"
      "printf '{' >/run/patchbay/bridge/net/feedfeed; touch -d '10 minutes ago' /run/patchbay/bridge/net/feedfeed");
}

}  // namespace

TEST_CASE("every kind of leftover is found with its owner and removed, and the living are not touched") {
  const std::string backend = GENERATE("nftables", "iptables");
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  INFO(backend);
  AuditedNode node{audited_plugins(backend)};
  node.attach("blue", {port(9090), port(9091, "udp")});
  CHECK(node.audit(0).at("summary").at("stale") == 0);
  const auto before = node.world.snapshot();

  node.attach("green", {port(8080), port(8081, "udp")});
  node.kill("green");
  leave_old_boot();
  leave_rules_of_nobody(*firewall::parse_backend(backend));
  leave_links_and_torn_files(node.world);
  const auto dirty = node.world.snapshot();

  const json report = node.audit(3);
  const std::string rule = backend == "nftables" ? "element" : "rule";
  std::set<KindAndOwner> expected{{"link", "net/gone/eth0"},
                                  {"lease", "net/green/eth0"},
                                  {"lease", "net/old/eth0"},
                                  {"lease", ""},
                                  {"record", "net/green/eth0"},
                                  {"record", "net/old/eth0"},
                                  {"record", ""},
                                  {"index entry", "net/green/eth0"},
                                  {"index entry", "net/old/eth0"},
                                  {"index entry", ""},
                                  {"cache entry", ""},
                                  {"cache entry", "net/green/eth0"},
                                  {rule, "net/green/eth0"},
                                  {"element", "net/green/eth0"}};
  expected.emplace(rule, backend == "nftables" ? "net/ghost/eth0" : "net/ghost/*");
  INFO(report.dump(2));
  CHECK(with_verdict(report.at("things"), "stale") == expected);
  CHECK(with_verdict(report.at("things"), "unknown").empty());
  std::set<std::string> blues;
  for (const auto& [kind, owner] : with_verdict(report.at("things"), "live")) {
    if (owner == "net/blue/eth0") blues.insert(kind);
  }
  std::set<std::string> every_kind{"link", "element", "lease", "record", "index entry", "cache entry"};
  if (backend == "iptables") every_kind.insert("rule");
  CHECK(blues == every_kind);
  CHECK(report.at("missing").empty());

  const Ran dry = node.tool("gc --dry-run --json");
  CHECK(with_verdict(dry.json().at("wouldRemove"), "stale") == expected);
  CHECK(difference(dirty, node.world.snapshot()) == "");

  const Ran gc = node.tool("gc --yes --json");
  INFO(gc.out << gc.err);
  CHECK(gc.exit_code == 0);
  CHECK(with_verdict(gc.json().at("removed"), "stale") == expected);
  CHECK(difference(before, node.world.snapshot()) == "");
  CHECK(node.audit(0).at("summary").at("stale") == 0);
  CHECK(node.check("blue").exit_code == 0);
  node.attach("green", {port(8080), port(8081, "udp")});  // address and ports are free again
}

TEST_CASE("chains that a flush has emptied go with their dead") {
  if (lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  AuditedNode node{audited_plugins("iptables")};
  node.attach("blue", {port(9090)});
  node.attach("red", {port(8080)});
  node.kill("red");
  node.world.sh("iptables-legacy -t nat -F; ip6tables-legacy -t nat -F");
  CHECK(with_verdict(node.audit(3).at("things"), "stale").contains({"rule", "net/red/eth0"}));
  CHECK(node.tool("gc --yes").exit_code == 0);
  CHECK(node.tool("repair").exit_code == 0);
  CHECK(node.world.sh("iptables-legacy -t nat -S | grep -cE '^-N CNI-([0-9a-f]{24}|DN-)'") == "2\n");  // blue's
  CHECK(node.check("blue").exit_code == 0);
  CHECK(node.audit(0).at("summary").at("stale") == 0);
}

TEST_CASE("in doubt it lives") {
  AuditedNode node{audited_plugins("nftables")};
  node.attach("blue", {port(9090)});
  std::string expected_unknown, hide, show;
  SECTION("records, index and cache are lost: the cable tells") {
    node.world.sh("rm -rf /run/patchbay /var/lib/cni/networks/.patchbay /var/lib/cni/results");
  }
  SECTION("the path has gone, the namespace has not") {
    node.world.background("blue", "echo here; exec sleep 1000", "here");
    node.world.sh("touch /run/kept");
    hide = "mount --bind /run/netns/blue /run/kept && umount /run/netns/blue && rm /run/netns/blue";
    show = "touch /run/netns/blue && mount --bind /run/kept /run/netns/blue && umount /run/kept";
  }
  SECTION("the interface has another name, and its host end no alias") {
    node.world.sh_in("blue", "ip link set eth0 down; ip link set eth0 name net1; ip link set net1 up");
    node.world.sh("ip link set $(ip -br link | grep -o '^veth[0-9a-f]*') alias ''");
  }
  SECTION("a record that is just being written, and a cached result") {
    node.world.sh("printf '{' | tee /run/patchbay/bridge/net/feed >/var/lib/cni/results/net-new-eth0");
  }
  SECTION("a cached result that makes no sense") {
    node.world.sh("sed -i 's/\"interfaces\":\\[/\"interfaces\":5,\"x\":[/' /var/lib/cni/results/*");
  }
  SECTION("leases of the reference suite, with and without a cache that knows them") {
    node.world.sh("cd /var/lib/cni/networks/net; printf 'c9\\r\\neth0' >10.10.0.88; printf 'c8' >10.10.0.89");
    expected_unknown = "net/c9/eth0";
  }
  SECTION("an address that somebody has set aside, and a cable of others on our bridge") {
    node.world.sh(
        "echo 'not to be used' >/var/lib/cni/networks/net/10.10.0.90;"
        "ip link add other type veth peer name rehto && ip link set other master cni0 alias somebody/elses/eth0");
  }
  const auto before = node.world.snapshot();
  node.world.sh(hide);
  const json report = node.tool("audit --json").json();
  INFO(report.dump(2));
  CHECK(with_verdict(report.at("things"), "stale").empty());
  CHECK(
      (expected_unknown.empty() || with_verdict(report.at("things"), "unknown").contains({"lease", expected_unknown})));
  CHECK(node.tool("gc --yes").exit_code == 0);
  node.world.sh(show);
  CHECK(difference(before, node.world.snapshot()) == "");
}

TEST_CASE("a container whose cable is gone for good is found, once no ADD can be under way") {
  AuditedNode node{audited_plugins("nftables")};
  node.attach("red");
  node.world.sh("ip link del $(ip -br link | grep -o '^veth[0-9a-f]*')");
  CHECK(with_verdict(node.audit(3).at("things"), "stale").empty());  // just attached; but the link is missing
  node.world.sh("touch -d '10 minutes ago' /run/patchbay/bridge/net/*");
  const json report = node.audit(3);
  CHECK(with_verdict(report.at("things"), "stale").contains({"lease", "net/red/eth0"}));
  CHECK(node.tool("gc --yes").exit_code == 0);
  CHECK(node.audit(0).at("summary").at("stale") == 0);
}

TEST_CASE("what the reference suite has left of the dead is found by the runtime's cache") {
  if (access("/usr/lib/cni/bridge", X_OK) != 0) PATCHBAY_SKIP("the reference plugins are not installed");
  if (lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  AuditedNode node{usual_plugins("", false)};
  const std::string reference = "cd /; PATH=$PATH:/usr/sbin CNI_PATH=/usr/lib/cni " PATCHBAY_BIN "/patchbay ";
  node.world.sh("sed -i 's/1.1.0/1.0.0/' /etc/cni/net.d/*");
  for (const std::string name : {"red", "blue"}) {
    node.world.netns(name);
    node.world.sh(reference + "add net /run/netns/" + name + " --container-id " + name);
  }
  node.world.sh("mkdir -p /run/patchbay");
  const json live = node.audit(0);
  INFO(live.dump(2));
  CHECK(with_verdict(live.at("things"), "live").contains({"link", "net/red/eth0"}));
  CHECK(with_verdict(live.at("things"), "live").contains({"lease", "net/red/eth0"}));

  node.world.remove_netns("red");
  node.world.sh("for i in $(seq 500); do [ $(ip -br link | grep -c ^veth) = 1 ] && exit 0; sleep 0.01; done; exit 1");
  CHECK(with_verdict(node.audit(3).at("things"), "stale").contains({"lease", "net/red/eth0"}));
  CHECK(node.tool("gc --yes").exit_code == 0);
  const json clean = node.audit(0);
  CHECK(with_verdict(clean.at("things"), "live").contains({"lease", "net/blue/eth0"}));
  CHECK(clean.at("summary").at("stale") == 0);
}
