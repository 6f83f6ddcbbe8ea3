// SPDX-License-Identifier: Apache-2.0
// The plugin firewall on a host that forwards nothing by itself: what containers send passes, and the answers.
#include "test/netns/audit.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

// A backend, and the variant of iptables on a host that has it.
struct Host {
  const char *backend, *variant;
};
constexpr Host kHosts[] = {{"nftables", "legacy"}, {"nftables", "nft"}, {"iptables", "legacy"}, {"iptables", "nft"}};

#define HOSTS()                                                                               \
  const auto [backend, variant] = GENERATE(from_range(std::begin(kHosts), std::end(kHosts))); \
  if (const auto why = lacks_legacy_iptables()) PATCHBAY_SKIP(*why);                          \
  INFO(backend << " beside iptables-" << variant);                                            \
  const std::string v4 = std::string{"iptables-"} + variant, v6 = "ip6tables-" + std::string { variant }

std::vector<json> guarded_plugins(const std::string& backend, json more = json::object()) {
  auto plugins = usual_plugins(backend, false);
  more["type"] = "firewall";
  more["backend"] = backend;
  plugins.push_back(std::move(more));
  return plugins;
}

void make_lan(World& world) {
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
  world.sh_in("lan", "ip route add 10.10.0.0/24 via 192.0.2.1; ip -6 route add fd10::/64 via 2001:db8::1");
}

void drop_by_policy(World& world, const std::string& v4, const std::string& v6) {
  world.sh(v4 + " -P FORWARD DROP; " + v6 + " -P FORWARD DROP");
}

// All that is there for attachments, in whatever ruleset.
std::string accepted(World& world) {
  return world.sh(
      "(iptables-legacy -S; ip6tables-legacy -S; iptables-nft -S; ip6tables-nft -S; nft list ruleset) | grep -E "
      "'net/|-[sd] (10\\.10|fd10)' || true");
}

bool reaches(World& world, const std::string& ip) { return world.ping_once("red", ip, 500); }

}  // namespace

TEST_CASE("firewall: packets of a container pass a policy that drops, and answers come back") {
  HOSTS();
  World world;
  world.set_iptables(variant);
  make_lan(world);
  drop_by_policy(world, v4, v6);
  auto plugins = guarded_plugins(backend);
  plugins[0]["ipMasq"] = false;
  Chain net{world, plugins};
  net.add("red");
  CHECK(world.ping("red", "192.0.2.2"));
  CHECK(world.ping("red", "2001:db8::2"));
  CHECK_FALSE(world.ping_once("lan", net.ip("red"), 300));  // nobody asked for that
  CHECK_FALSE(world.ping_once("lan", net.ip("red", 6), 300));
  CHECK(net.check("red").exit_code == 0);
  // As a runtime prints them, wherever the host's rules are.
  CHECK(world.sh(v4 + " -S CNI-FORWARD") ==
        "-N CNI-FORWARD\n-A CNI-FORWARD -m comment --comment \"CNI firewall plugin admin overrides\" -j CNI-ADMIN\n"
        "-A CNI-FORWARD -d " +
            net.ip("red") +
            "/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
            "-A CNI-FORWARD -s " +
            net.ip("red") + "/32 -j ACCEPT\n-A CNI-FORWARD -d " + net.ip("red") +
            "/32 -m conntrack --ctstate DNAT -j ACCEPT\n");
  CHECK(world.sh(v4 + " -S FORWARD") ==
        "-P FORWARD DROP\n-A FORWARD -m comment --comment \"CNI firewall plugin rules\" -j CNI-FORWARD\n");

  const std::string red = net.ip("red");
  SECTION("DEL") { net.del("red"); }
  SECTION("DEL without prevResult, and without the record") {
    world.sh("rm -r /run/patchbay/firewall");
    net.del("red", {.with_previous = false});
  }
  SECTION("GC") {
    CHECK(net.gc({}).exit_code == 0);
    CHECK(world.sh("find /run/patchbay/firewall -type f").empty());
  }
  CHECK(accepted(world) == "");
}

TEST_CASE("firewall: the administrator has the first word, and keeps it") {
  HOSTS();
  World world;
  world.set_iptables(variant);
  make_lan(world);
  Chain net{world, guarded_plugins(backend, {{"iptablesAdminChainName", "SITE-ADMIN"}})};
  net.add("red");
  CHECK(reaches(world, "192.0.2.2"));
  const bool in_nftables = backend == std::string{"nftables"};
  const std::string list = in_nftables ? "nft list chain inet patchbay admin" : v4 + " -S SITE-ADMIN";
  world.sh(in_nftables ? "nft add rule inet patchbay admin ip daddr 192.0.2.2 drop"
                       : v4 + " -A SITE-ADMIN -d 192.0.2.2 -j DROP");
  const std::string rules = world.sh(list);
  CHECK_FALSE(reaches(world, "192.0.2.2"));
  net.add("blue");
  net.del("blue");
  net.del("red");
  CHECK(net.gc({}).exit_code == 0);
  CHECK(world.sh(list) == rules);
  CHECK(accepted(world) == "");
}

TEST_CASE("firewall: CHECK names what is missing, and makes nothing") {
  HOSTS();
  World world;
  world.set_iptables(variant);
  Chain net{world, guarded_plugins(backend, {{"ingressPolicy", "isolated"}})};
  net.add("red");
  REQUIRE(net.check("red").exit_code == 0);
  struct Harm {
    const char *backend, *command, *says;
  };
  const Harm harm =
      GENERATE(Harm{"iptables", "$v4 -F FORWARD", "iptables -t filter lacks -A FORWARD"},
               Harm{"iptables", "$v4 -D CNI-FORWARD 2", "lacks -A CNI-FORWARD -d 10.10.0.2/32"},
               Harm{"iptables", "$v6 -D CNI-FORWARD 1", "ip6tables -t filter lacks -A CNI-FORWARD -m comment"},
               Harm{"iptables", "$v4 -D CNI-ISOLATION-STAGE-1 1", "lacks -A CNI-ISOLATION-STAGE-1 -i cni0 -o cni0"},
               Harm{"iptables", "nft flush set bridge patchbay isolated_ports", "is not isolated from others"},
               Harm{"nftables", "nft flush set bridge patchbay isolated_ports", "is not isolated from others"},
               Harm{"nftables", "nft flush set inet patchbay forwarded6", "is not accepted"},
               Harm{"nftables", "nft flush set inet patchbay isolated", "sends back to itself is not dropped"},
               Harm{"nftables", "nft flush chain inet patchbay forward", "rule \"the administrator first\""},
               Harm{"nftables", "$v4 -P FORWARD DROP", "iptables -t filter lacks"});
  if (harm.backend != std::string{backend}) return;
  INFO(harm.command);
  world.sh("v4=" + v4 + " v6=" + v6 + "; " + harm.command);
  const auto before = world.snapshot();
  const Ran check = net.check("red");
  INFO(check.out);
  CHECK(check.exit_code == 1);
  CHECK(check.json().at("code") == 106);
  CHECK(check.json().at("msg").get<std::string>().find(harm.says) != std::string::npos);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("firewall: a container without IPv6 needs none of this host's") {
  if (const auto why = lacks_legacy_iptables()) PATCHBAY_SKIP(*why);
  World world;
  world.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
  auto plugins = guarded_plugins("iptables", {{"ingressPolicy", "same-bridge"}});
  plugins[0]["ipam"]["ranges"].erase(1);
  Chain net{world, plugins};
  net.add("red");
  CHECK(net.check("red").exit_code == 0);
  net.del("red");
  CHECK(world.sh("cat /proc/net/ip6_tables_names").find("filter") == std::string::npos);
  CHECK(accepted(world) == "");
}

TEST_CASE("firewall: an address is of whom it was given last") {
  HOSTS();
  World world;
  world.set_iptables(variant);
  auto plugins = guarded_plugins(backend);
  Chain net{world, plugins};
  net.add("red");
  // red is lost, and so is its lease; blue gets its address.
  world.sh("rm -r /var/lib/cni/networks/net");
  Chain again{world, plugins};
  again.add("blue");
  REQUIRE(again.ip("blue") == net.ip("red"));
  net.del("red", {.with_netns = true, .with_previous = true});
  CHECK(again.check("blue").exit_code == 0);
  again.del("blue");
  CHECK(accepted(world) == "");
}

TEST_CASE("firewall: repair brings back what a flush took, where it is needed") {
  HOSTS();
  AuditedNode node{guarded_plugins(backend, {{"ingressPolicy", "isolated"}})};
  World& world = node.world;
  world.set_iptables(variant);
  make_lan(world);
  node.attach("red");
  node.attach("blue");
  const auto before = world.snapshot();
  world.sh("nft flush ruleset; " + v4 + " -F; " + v6 + " -F; " + v4 + " -t nat -F; " + v6 + " -t nat -F");
  CHECK(node.audit(3).at("missing").size() >= 2);
  const Ran repair = node.tool("repair");
  INFO(repair.out << repair.err);
  CHECK(repair.exit_code == 0);
  CHECK(difference(before, world.snapshot()) == "");
  CHECK(world.ping("red", "192.0.2.2"));
  CHECK_FALSE(world.ping_once("red", "10.10.0.3", 300));
}

TEST_CASE("firewall: the tool's gc removes what the dead left, and the policy with the last of them") {
  HOSTS();
  AuditedNode node{guarded_plugins(backend, {{"ingressPolicy", "same-bridge"}})};
  World& world = node.world;
  world.set_iptables(variant);
  node.attach("red");
  CHECK(world.sh(v4 + " -S; nft list ruleset").find("cni0") != std::string::npos);
  node.kill("red");
  const Ran gc = node.tool("gc --yes");
  INFO(gc.out << gc.err);
  CHECK(gc.exit_code == 0);
  CHECK(accepted(world) == "");
  CHECK(world.sh(v4 + " -S; " + v6 + " -S; nft list ruleset").find("cni0") == std::string::npos);
}

TEST_CASE("firewall: what cannot be done is refused before anything is") {
  World world;
  struct Refused {
    json config;
    const char* pointer;
  };
  for (const auto& [config, pointer] :
       {Refused{{{"backend", "iptabels"}}, "/backend"}, Refused{{{"ingressPolicy", "closed"}}, "/ingressPolicy"},
        Refused{{{"iptablesAdminChainName", "DROP"}}, "/iptablesAdminChainName"},
        Refused{{{"iptablesAdminChainName", "a chain that has a far too long name"}}, "/iptablesAdminChainName"},
        Refused{{{"firewalldZone", "no zone"}}, "/firewalldZone"}}) {
    auto plugins = usual_plugins("nftables", false);
    plugins.push_back(config);
    plugins.back()["type"] = "firewall";
    Chain net{world, plugins};
    const Ran ran = net.try_add("red");
    INFO(config.dump() << ran.out);
    CHECK(ran.json().at("code") == 7);
    CHECK(ran.json().at("details").get<std::string>().find(std::string{"at "} + pointer) == 0);
    net.try_del("red");
  }
}

TEST_CASE("firewall: says its name and a version from which clients expect ingress policies") {
  World world;
  const Ran ran = world.try_sh("env -i " PATCHBAY_BIN "/firewall");
  CHECK(ran.exit_code == 0);
  CHECK(ran.err.starts_with("CNI firewall plugin v2."));
}
