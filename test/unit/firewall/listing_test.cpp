// SPDX-License-Identifier: Apache-2.0
// What an audit reads of the packet filter, and what is removed by what it has read.
#include "common/firewall/listing.hpp"

#include <algorithm>

#include "common/firewall/iptables/filter.hpp"
#include "common/firewall/iptables/host_ports.hpp"
#include "common/firewall/iptables/listing.hpp"
#include "common/firewall/iptables/masquerade.hpp"
#include "common/firewall/nftables/wanted.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

namespace {

const Owner kSecond{kOwner.network, kOwner.container, "eth1"};

void attach(Notebook& table, const Owner& owner, const std::string& address, std::uint16_t host_port) {
  replace_masquerade(table, owner, {cidr(address)});
  const PortForward forward{.container = cidr(address),
                            .ports = {{.protocol = Protocol::tcp, .host_port = host_port, .container_port = 80}}};
  replace_host_ports(table, owner, {.families = {forward}}, &forward, {});
}

std::vector<Object> of(const std::vector<Object>& objects, const Owner& owner) {
  std::vector<Object> found;
  std::ranges::copy_if(objects, std::back_inserter(found),
                       [&](const Object& it) { return firewall::is_of(it, owner); });
  return found;
}

}  // namespace

TEST_CASE("iptables rules are listed with what they tell of their owner") {
  Notebook table;
  CHECK(list(table).empty());
  attach(table, kOwner, "10.0.0.2/24", 8080);
  const auto objects = list(table);
  CHECK(objects.size() == 7);  // two entries, two rules and three
  const std::string tag = Owner{kOwner.network, kOwner.container, "*"}.tag();
  CHECK(std::ranges::all_of(objects, [&](const Object& it) { return it.tag == tag && it.attachment != 0; }));
  CHECK(of(objects, kOwner).size() == objects.size());
  CHECK(of(objects, kSecond).empty());
  CHECK(of(objects, {"other", "c1", "eth0"}).empty());
  CHECK(objects.front().text.starts_with("iptables -t nat -A POSTROUTING -s 10.0.0.2/32"));

  table.forget_attachments();  // by iptables-save, or never there
  CHECK(of(list(table), kSecond).size() == objects.size());
}

TEST_CASE("only the rules that were listed are removed") {
  Notebook table;
  attach(table, kOwner, "10.0.0.2/24", 8080);
  const auto alone = table.lines();
  attach(table, kSecond, "10.0.1.2/24", 8081);
  remove(table, of(list(table), kSecond));
  CHECK(table.lines() == alone);
  remove(table, of(list(table), kOwner));
  CHECK(list(table).empty());
}

TEST_CASE("chains that a flush has emptied are listed, and removed") {
  Notebook table;
  for (const std::string& chain : {masquerade_chain(kOwner), host_port_chain(kOwner)}) table.create_chain(chain);
  const auto objects = list(table);
  REQUIRE(objects.size() == 2);
  CHECK(objects[0].tag.empty());
  CHECK(of(objects, kOwner).size() == 2);
  remove(table, objects);
  CHECK(table.lines() == Notebook{}.lines());
}

TEST_CASE("what is accepted is listed by number, and found by those who know the owner") {
  Notebook filter{net::Family::v4, kFilter};
  for (const Owner& owner : {kOwner, kSibling}) {
    const std::string address = owner == kOwner ? "10.1.0.2/24" : "10.1.0.3/24";
    edit_filter(filter, owner, {.addresses = {cidr(address)}, .policy = {}});
  }
  const auto objects = list(filter);
  REQUIRE(objects.size() == 4);
  CHECK(objects[1].text == "iptables -t filter -A CNI-FORWARD -s 10.1.0.2/32 -j ACCEPT");
  CHECK(objects[0].kind == Kind::forward);
  CHECK(of(objects, kOwner).size() == 2);
  const auto chains = firewall::chains_of(kOwner);
  CHECK(std::ranges::find(chains, objects[0].chain) != chains.end());
  CHECK(std::ranges::find(chains, objects[2].chain) == chains.end());
  remove(filter, of(objects, kOwner));
  CHECK(of(list(filter), kOwner).empty());
  CHECK(of(list(filter), kSibling).size() == 2);
  CHECK(count(filter, kContainerForward) == 3);  // and the administrator's
}

TEST_CASE("an element's key reads as nft prints it") {
  const auto wanted =
      nftables::wanted({"net", "c1", "eth0"},
                       {.port_forwards = PortForwards{.families = {{.container = cidr("10.0.0.2/24"),
                                                                    .ports = {{.protocol = Protocol::udp,
                                                                               .host_port = 53,
                                                                               .host_ip = net::Ip::parse("192.0.2.1"),
                                                                               .container_port = 5353}}}}},
                        .mac_spoof = MacSpoofCheck{"veth1", {{2, 0, 0, 0, 0, 1}}}});
  std::vector<std::string> texts;
  for (const auto& element : wanted.elements) texts.push_back(element.set.text() + ": " + nftables::key_text(element));
  CHECK(texts == std::vector<std::string>{"hostports4_ip: 192.0.2.1 . udp . 53", "published4: 10.0.0.2 . udp . 53",
                                          "hairpin_10.0.0.0/24: 10.0.0.2", "guarded: veth1",
                                          "allowed: veth1 . 02:00:00:00:00:01"});
}
