// SPDX-License-Identifier: Apache-2.0
#include "test/budget/cases.hpp"

#include <algorithm>

#include "test/support/catch.hpp"

namespace patchbay::test::budget {

namespace {

using nlohmann::json;

constexpr int kFirstPort = 8000, kFirstNeighbourPort = 20000;

json host_local(bool dual_stack = false) {
  json ipam{{"type", "host-local"}, {"ranges", {{{{"subnet", "10.10.0.0/22"}}}}}, {"routes", {{{"dst", "0.0.0.0/0"}}}}};
  if (!dual_stack) return ipam;
  ipam["ranges"].push_back({{{"subnet", "fd10::/64"}}});
  ipam["routes"].push_back({{"dst", "::/0"}});
  return ipam;
}

json bridge() { return {{"type", "bridge"}, {"bridge", "cni0"}, {"isGateway", true}, {"ipam", host_local()}}; }

json with_masquerade(json plugin, const std::string& backend) {
  plugin.update({{"ipMasq", true}, {"ipMasqBackend", backend}});
  return plugin;
}

json portmap(const std::string& backend) {
  return {{"type", "portmap"}, {"backend", backend}, {"capabilities", {{"portMappings", true}}}};
}

json firewall(const std::string& backend, const std::string& policy) {
  return {{"type", "firewall"}, {"backend", backend}, {"ingressPolicy", policy}};
}

std::vector<json> with_ports(const std::string& backend) {
  return {with_masquerade(bridge(), backend), portmap(backend)};
}

json mappings(int first, int count) {
  json all = json::array();
  for (int i = 0; i < count; ++i)
    all.push_back({{"hostPort", first + i}, {"containerPort", 80 + i}, {"protocol", "tcp"}});
  return all;
}

const json kTuning{{"type", "tuning"},
                   {"mtu", 1400},
                   {"sysctl", {{"net.ipv4.conf.IFNAME.arp_filter", "1"}, {"net.core.somaxconn", "500"}}}};

json bandwidth() {
  return {{"type", "bandwidth"},
          {"ingressRate", 80000000},
          {"ingressBurst", 8000000},
          {"egressRate", 80000000},
          {"egressBurst", 8000000}};
}

json bandwidth_by_subnet() {
  json limits = bandwidth();
  limits["unshapedSubnets"] = {"10.0.0.0/8", "fd00::/8"};
  return limits;
}

json static_addresses() {
  return {{"type", "static"},
          {"addresses", {{{"address", "10.10.0.9/22"}, {"gateway", "10.10.0.1"}}}},
          {"routes", {{{"dst", "0.0.0.0/0"}}}}};
}

void require_success(const Ran& ran) {
  INFO(ran.out << ran.err);
  REQUIRE(ran.exit_code == 0);
}

// From calls, "bridge ADD", to lines of the budget: of the chain, and of the plugin that is its last.
Book lines(const Case& of, const Book& calls) {
  Book all;
  const std::string last = of.plugins.back().at("type");
  const auto own = of.plugins.size() > 1 ? of.name.find(last) : std::string::npos;
  for (const auto& [call, figures] : calls) {
    const auto verb = call.substr(call.find(' '));
    Figures& chain = all[of.name + verb];
    chain = sum(chain, figures);
    if (own != std::string::npos && call.starts_with(last)) all[of.name.substr(own) + verb] = figures;
  }
  return all;
}

}  // namespace

std::vector<Case> cases() {
  auto dual_stack = with_masquerade(bridge(), "nftables");
  dual_stack["ipam"] = host_local(true);
  const json veth{{"type", "veth"}, {"ipam", host_local()}};
  return {
      {.name = "bridge+host-local", .plugins = {bridge()}},
      {.name = "bridge+masq nftables", .plugins = {with_masquerade(bridge(), "nftables")}},
      {.name = "bridge+masq dual stack nftables", .plugins = {dual_stack}},
      {.name = "bridge+masq iptables", .plugins = {with_masquerade(bridge(), "iptables")}},
      {.name = "veth+masq nftables", .plugins = {with_masquerade(veth, "nftables")}},
      {.name = "bridge+masq+portmap 1 port nftables",
       .plugins = with_ports("nftables"),
       .ports = 1,
       .node_verbs = true},
      {.name = "bridge+masq+portmap 10 ports nftables", .plugins = with_ports("nftables"), .ports = 10},
      {.name = "bridge+masq+portmap 1 port iptables", .plugins = with_ports("iptables"), .ports = 1},
      {.name = "bridge+masq+portmap 1 port iptables-nft",
       .plugins = with_ports("iptables"),
       .ports = 1,
       .iptables = "nft"},
      {.name = "bridge+tuning", .plugins = {bridge(), kTuning}},
      {.name = "bridge+bandwidth", .plugins = {bridge(), bandwidth()}},
      {.name = "bridge+bandwidth 2 subnets", .plugins = {bridge(), bandwidth_by_subnet()}},
      {.name = "static", .plugins = {{{"type", "static"}, {"ipam", static_addresses()}}}},
      {.name = "bridge+firewall nftables", .plugins = {bridge(), firewall("nftables", "open")}},
      {.name = "bridge+firewall isolated nftables", .plugins = {bridge(), firewall("nftables", "isolated")}},
      {.name = "host-local", .plugins = {{{"type", "host-local"}, {"ipam", host_local()}}}},
      {.name = "loopback", .plugins = {{{"type", "loopback"}}}},
  };
}

Case case_of(const std::string& name) {
  auto all = cases();
  return *std::find_if(all.begin(), all.end(), [&](const Case& one) { return one.name == name; });
}

// How many pages a fault maps depends on how a file came into memory. A fresh copy on tmpfs is there whole, in pages
// of its own.
std::string copy_plugins(World& world) {
  world.sh(std::string{"cp -rT "} + PATCHBAY_BIN + " /run/plugins");
  return "/run/plugins";
}

Node::Node(Case of, int neighbours) : case_(std::move(of)), net_(world_, case_.plugins) {
  world_.set_iptables(case_.iptables);
  net_.path = copy_plugins(world_);
  // No node is without connections, and whether ours has one must not depend on when its bridge says
  // by IGMP which groups it is in.
  world_.sh("conntrack -I -p tcp -s 192.0.2.2 -d 192.0.2.1 --sport 50000 --dport 22 --state ESTABLISHED -t 3600");
  attach_neighbours_up_to(neighbours);
}

void Node::attach_neighbours_up_to(int count) {
  for (; neighbours_ < count; ++neighbours_) {
    net_.port_mappings = mappings(kFirstNeighbourPort + neighbours_ * case_.ports, case_.ports);
    net_.add("n" + std::to_string(neighbours_));
  }
}

Book Node::round() {
  Book calls;
  net_.port_mappings = mappings(kFirstPort, case_.ports);
  for (const Way way : {Way::traced, Way::alone}) {
    const auto name = "c" + std::to_string(containers_++);
    measure(world_, way, calls);
    net_.add(name);
    require_success(net_.check(name));
    net_.del(name);
    stop_measuring(world_);
    if (case_.node_verbs) measure_node_verbs(way, calls);
  }
  return lines(case_, calls);
}

void Node::measure_node_verbs(Way way, Book& calls) {
  const auto stale = "c" + std::to_string(containers_++);
  net_.add(stale);
  std::vector<std::string> valid;
  for (int i = 0; i < neighbours_; ++i) valid.push_back("n" + std::to_string(i));
  measure(world_, way, calls);
  require_success(net_.status());
  require_success(net_.gc(valid));
  stop_measuring(world_);
}

Book version_round(World& world) {
  Book calls;
  const std::string path = copy_plugins(world);
  for (const Way way : {Way::traced, Way::alone}) {
    measure(world, way, calls);
    for (const char* plugin :
         {"bridge", "veth", "host-local", "static", "portmap", "tuning", "bandwidth", "firewall", "loopback"}) {
      require_success(
          world.call({.plugin = plugin, .command = "VERSION", .config = {{"cniVersion", "1.1.0"}}, .path = path}));
    }
  }
  stop_measuring(world);
  return calls;
}

Book least(const std::function<Book()>& round, const std::function<bool(const Book&)>& enough) {
  Book all = round();
  for (int i = 1; i < kRounds && !enough(all); ++i) {
    for (const auto& [line, figures] : round()) all[line] = smaller(all.at(line), figures);
  }
  return all;
}

}  // namespace patchbay::test::budget
