// SPDX-License-Identifier: Apache-2.0
// Rules of iptables in nf_tables: the bytes that iptables-nft itself would write, in as few changes as can be.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <map>

#include "common/base/error.hpp"
#include "common/firewall/iptables/transaction.hpp"
#include "common/firewall/nftables/replies.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "test/netns/iptables_port_cases.hpp"

using namespace patchbay;
using namespace patchbay::test;
using iptables::Variant;
namespace nftables = firewall::nftables;

namespace {

using Contents = std::map<std::string, std::vector<std::string>>;

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  char digits[3];
  for (const std::uint8_t byte : bytes) text += (std::snprintf(digits, sizeof digits, "%02x", byte), digits);
  return text;
}

// What the kernel says of all rules (their expressions) or chains.
Contents read(int request, std::uint8_t family) {
  wire::Socket socket{wire::Socket::Family::netfilter};
  wire::Message message{nftables::message_type(request), 0,
                        nfgenmsg{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0}};
  Contents contents;
  socket.dump({"list", message.release(), {}}, {}, [&](const wire::Reply& reply) {
    const auto attributes = wire::parse<nfgenmsg>(reply.payload)->second;
    if (request == NFT_MSG_GETRULE) {
      const std::string chain = attributes.text(NFTA_RULE_TABLE) + " " + attributes.text(NFTA_RULE_CHAIN);
      contents[chain].push_back(hex(attributes.find(NFTA_RULE_EXPRESSIONS)->payload));
      return;
    }
    auto& of_chain = contents[attributes.text(NFTA_CHAIN_TABLE) + " " + attributes.text(NFTA_CHAIN_NAME)];
    attributes.for_each([&](const wire::Attribute& attribute) {
      if (attribute.type == NFTA_CHAIN_HANDLE || attribute.type == NFTA_CHAIN_USE) return;
      if (attribute.type == NFTA_CHAIN_PAD) return;       // aligns the handle, on some machines
      if (attribute.type == NFTA_CHAIN_COUNTERS) return;  // which iptables-restore sets, and iptables -A does not
      of_chain.push_back(std::to_string(attribute.type) + " " + hex(attribute.payload));
    });
  });
  return contents;
}

std::vector<Contents> everything() {
  std::vector<Contents> all;
  for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6}) {
    all.push_back(read(NFT_MSG_GETCHAIN, family));
    all.push_back(read(NFT_MSG_GETRULE, family));
  }
  return all;
}

std::uint32_t generation() {
  wire::Socket socket{wire::Socket::Family::netfilter};
  std::uint32_t generation = 0;
  socket.transact(nftables::get_generation(), [&](const wire::Reply& reply) {
    if (const auto found = nftables::parse_generation(reply)) generation = *found;
  });
  return generation;
}

struct NftWorld : World {
  NftWorld() { set_iptables("nft"); }
};

}  // namespace

TEST_CASE("iptables-nft: byte for byte what iptables writes for what it prints") {
  for (const PortCase& port_case : port_cases()) {
    INFO(port_case.name);
    NftWorld world;
    world.sh("iptables -t nat -N MARKER; ip6tables -t nat -N MARKER");
    Intents wanted = our_intents(port_case);
    wanted.masquerade = Masquerade{{cidr("10.10.0.2/24"), cidr("10.11.0.2/20"), cidr("fd00:10::2/64")}};
    iptables::apply(kOwner, wanted, {});
    const auto ours = everything();
    const std::string printed = rules(world);
    world.sh("iptables-save >/run/4; ip6tables-save >/run/6; nft flush ruleset");
    world.sh("iptables-restore </run/4; ip6tables-restore </run/6");
    CHECK(rules(world) == printed);
    for (auto [theirs, mine] = std::pair{everything(), ours.begin()}; const Contents& contents : theirs) {
      for (const auto& [chain, lines] : *mine++) {
        INFO(chain);
        CHECK(contents.at(chain) == lines);  // iptables-restore makes base chains that nobody needs as well
      }
    }
    // Restored rules do not tell their attachment, but are what they say.
    CHECK(iptables::missing(kOwner, wanted).empty());
    iptables::remove(kOwner, kKinds, {});
    CHECK(rules(world).find("ctrA") == std::string::npos);
  }
}

TEST_CASE("iptables-nft: a transaction is one change of the ruleset, and none when nothing differs") {
  NftWorld world;
  const auto changes = [](const auto& work) {
    const auto before = generation();
    work();
    return generation() - before;
  };
  CHECK(changes([] { iptables::apply(owner(1), intents(1), {}); }) == 1);  // tables raw and nat, both families
  CHECK(changes([] { iptables::apply(owner(1), intents(1), {}); }) == 0);
  CHECK(changes([] { iptables::apply(owner(2), intents(2), {}); }) == 1);
  CHECK(changes([] { iptables::missing(owner(2), intents(2)); }) == 0);
  CHECK(changes([] { iptables::remove(owner(3), kKinds, {}); }) == 0);
  CHECK(changes([] { iptables::remove(owner(2), kKinds, {}); }) == 1);
  CHECK(changes([] { iptables::collect("netA", kKinds, {owner(1)}); }) == 0);
  CHECK(changes([] { iptables::remove(owner(1), kKinds, {}); }) == 2);  // the guards of localhost go apart
}

TEST_CASE("iptables-nft: only the chains that hold rules come into being, and other tables are left alone") {
  NftWorld world;
  world.sh("nft add table ip mine; nft add chain ip mine POSTROUTING; nft add rule ip mine POSTROUTING accept");
  Intents v4;
  v4.masquerade = Masquerade{{cidr("10.10.0.2/24")}};
  iptables::apply(kOwner, v4, {});
  CHECK(world.sh("nft list chains | grep -oE 'table .*|chain [^ ]*'") ==
        "table ip mine {\nchain POSTROUTING\ntable ip nat {\nchain CNI-73746870d6d3195685499f5d\nchain POSTROUTING\n");
  iptables::collect("netA", kKinds, {});
  CHECK(world.sh("nft list chains | grep -oE 'table .*|chain [^ ]*'") ==
        "table ip mine {\nchain POSTROUTING\ntable ip nat {\nchain POSTROUTING\n");
}

TEST_CASE("iptables-nft: a chain that somebody made otherwise is refused") {
  NftWorld world;
  world.sh("nft 'add table ip nat; add chain ip nat POSTROUTING { type nat hook postrouting priority 90; }'");
  try {
    iptables::apply(owner(1), intents(1), {});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::firewall_refused);
    CHECK(error.summary().find("chain POSTROUTING is not as iptables makes it") != std::string::npos);
  }
  CHECK(world.sh("nft list tables") == "table ip nat\n");
}

TEST_CASE("iptables-nft: rules of nft in the same chains are read as what they are, or as foreign") {
  NftWorld world;
  iptables::apply(owner(1), intents(1), {});
  for (const std::string rule :
       {"ip saddr 10.0.0.0/12 tcp dport { 80, 443 } accept", "tcp dport 1-1024 counter",
        "ct state new log prefix \"x\"", "meta mark and 1 == 1 masquerade", "udp sport 53 return",
        "iifname { \"a\", \"b\" } drop", "meta l4proto != 6 drop", "ip daddr 10.0.0.1 goto CNI-HOSTPORT-MASQ",
        "meta mark set 5", "oifname != \"eth*\" accept comment \"hello\""})
    world.sh("nft 'insert rule ip nat POSTROUTING " + rule + "'");
  const auto rules = iptables::open({Variant::nf_tables, net::Family::v4})->rules("POSTROUTING");
  CHECK(rules.size() == 10 + 2);
  CHECK(to_text(rules.front()) == "-A POSTROUTING ! -o eth+ -m comment --comment hello -j ACCEPT");
  CHECK(iptables::missing(owner(1), intents(1)).empty());
  iptables::apply(owner(2), intents(2), {});
  for (const int number : {1, 2}) iptables::remove(owner(number), kKinds, {});
  CHECK(iptables::open({Variant::nf_tables, net::Family::v4})->rules("POSTROUTING").size() == 10 + 1);
}

TEST_CASE("a node's iptables is what the program is, unless legacy tables are in use") {
  World world;
  const auto chosen = [] { return iptables::choose_variant(firewall::kBothFamilies); };
  world.set_iptables("nft");
  CHECK(chosen() == Variant::nf_tables);
  world.sh("printf '#!/bin/sh\\n' >/run/script; chmod +x /run/script; ln -sf /run/script /run/iptables/iptables");
  CHECK(chosen() == Variant::nf_tables);  // which does not tell, but the kernel can
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  world.set_iptables("legacy");
  CHECK(chosen() == Variant::legacy);
  world.set_iptables("nft");
  world.sh("ip6tables-legacy -t nat -S");
  CHECK(chosen() == Variant::legacy);
  const net::Family v4 = net::Family::v4;
  CHECK(iptables::choose_variant({&v4, 1}) == Variant::nf_tables);
}

TEST_CASE("iptables: a node that was switched from one variant to the other is clean after DEL and GC") {
  SKIP_WITHOUT_LEGACY();
  NftWorld world;
  const auto all_rules = [&] {
    return world.sh("for p in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do $p -t nat -S; done");
  };
  iptables::apply(owner(1), intents(1), {});
  iptables::apply(owner(2), intents(2), {});
  world.sh("iptables-legacy -t nat -S; ip6tables-legacy -t nat -S");  // from now on they are in use
  iptables::apply(owner(3), intents(3), {});
  CHECK(world.sh("iptables-legacy -t nat -S").find("ctr3") != std::string::npos);
  for (const int number : {1, 2, 3}) CHECK(iptables::missing(owner(number), intents(number)).empty());
  CHECK_FALSE(iptables::missing(owner(4), intents(4)).empty());

  SECTION("by DEL") {
    for (const int number : {1, 2, 3}) iptables::remove(owner(number), kKinds, {});
  }
  SECTION("by GC") {
    iptables::collect("netA", kKinds, {owner(2)});
    CHECK(iptables::missing(owner(2), intents(2)).empty());
    iptables::collect("netA", kKinds, {});
  }
  CHECK(all_rules().find("ctr") == std::string::npos);
  CHECK(all_rules().find("CNI-DN-") == std::string::npos);
  CHECK(world.sh("for p in iptables-nft iptables-legacy; do $p -t raw -S; done").find("patchbay") == std::string::npos);
}
