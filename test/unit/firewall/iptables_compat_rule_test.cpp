// SPDX-License-Identifier: Apache-2.0
// Rules of iptables in nf_tables: what iptables-nft has written is read as what it says, and what we write as
// what we meant. (That we write the same bytes: test/netns/iptables_nft_test.cpp.)
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <fstream>
#include <set>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/rule_message.hpp"
#include "common/firewall/iptables/compat/userdata.hpp"
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/nftables/userdata.hpp"
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

namespace {

using Octets = std::vector<std::uint8_t>;

struct Recorded {
  net::Family family;
  std::string text;
  Octets expressions;
};

std::vector<Recorded> recorded() {
  std::ifstream file{PATCHBAY_SOURCE "/test/unit/firewall/data/iptables_nft_rules.txt"};
  std::vector<Recorded> all;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const auto text = line.find('|') + 1, digits = line.rfind('|') + 1;
    Recorded one{line.front() == '4' ? net::Family::v4 : net::Family::v6, line.substr(text, digits - text - 1), {}};
    for (std::size_t at = digits; at < line.size(); at += 2)
      one.expressions.push_back(static_cast<std::uint8_t>(std::stoi(line.substr(at, 2), nullptr, 16)));
    all.push_back(std::move(one));
  }
  return all;
}

wire::Message message() { return {0, 0, nfgenmsg{.nfgen_family = 0, .version = NFNETLINK_V0, .res_id = 0}}; }

PresentRule read(net::Family family, const wire::Message& message) {
  const auto bytes = message.bytes().subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg));
  return read_rule(family, wire::Attributes{bytes});
}

Rule read(const Recorded& one) {
  wire::Message rule = message();
  rule.put_text(NFTA_RULE_CHAIN, "T").put(NFTA_RULE_EXPRESSIONS, one.expressions);
  return read(one.family, rule).rule;
}

Rule again(net::Family family, const Rule& rule) {
  wire::Message written = message();
  written.put_text(NFTA_RULE_CHAIN, rule.chain);
  put_rule(written, family, rule);
  return read(family, written).rule;
}

bool is_foreign(const Rule& rule) {
  return rule.find<Foreign>() != nullptr || std::holds_alternative<Foreign>(rule.target);
}

}  // namespace

TEST_CASE("iptables in nf_tables: what iptables-nft writes is read as what it says") {
  // What we have no words for: other matches, masks that are no prefix, ranges, and "! -p".
  const std::set<std::string> foreign{"-A T ! -p tcp -j ACCEPT",
                                      "-A T -s 10.0.0.0/255.0.255.0 -j ACCEPT",
                                      "-A T -p tcp -m tcp --dport 1:1024 -j ACCEPT",
                                      "-A T -p tcp -m tcp ! --dport 22 -j ACCEPT",
                                      "-A T -p tcp -m tcp --sport 22 -j ACCEPT",
                                      "-A T -m limit --limit 5/min -j U",
                                      "-A T -g U",
                                      "-A T -p icmp -m icmp --icmp-type 8",
                                      "-A T -s ::ffff:10.0.0.0/104 -j ACCEPT"};
  int understood = 0;
  for (const Recorded& one : recorded()) {
    INFO(one.text);
    const Rule rule = read(one);
    CHECK(is_foreign(rule) == foreign.contains(one.text));
    if (is_foreign(rule)) continue;
    ++understood;
    std::string said = to_text(rule);
    // "+" alone, which iptables stores and does not print.
    if (const auto any = said.find(" -i + "); any != std::string::npos && said.find("! -i") == said.npos)
      said.erase(any, 5);
    CHECK(said == one.text);
    CHECK(again(one.family, rule) == rule);
  }
  CHECK(understood == 20);
}

TEST_CASE("iptables in nf_tables: every rule of the layout is written as what it says") {
  PortForward v4 = forward("10.10.0.2/24", 8080, "192.0.2.1"), v6 = forward("fd00:10::2/64", 8080);
  v4.ports.push_back({Protocol::udp, 53, {}, 5353});
  v4.ports.push_back({Protocol::sctp, 9, {}, 9});
  v4.conditions = {{.field = Condition::Field::source, .negated = true, .subnet = cidr("192.0.2.0/25")},
                   {.field = Condition::Field::in_interface, .interface = "et+"},
                   {.field = Condition::Field::out_interface, .negated = true, .interface = "+"},
                   {.field = Condition::Field::mark, .negated = true, .mark = 5, .mask = 15}};
  v6.conditions = {{.field = Condition::Field::destination, .negated = true, .subnet = cidr("::/0")},
                   {.field = Condition::Field::out_interface, .interface = "+"},
                   {.field = Condition::Field::mark, .mark = 7}};
  for (const PortForward& forward : {v4, v6}) {
    const HostPortRules ports = host_port_rules(kOwner, {}, forward);
    const MasqueradeRules masquerade = masquerade_rules(kOwner, forward.container);
    std::vector<Rule> all{masquerade.accept, masquerade.masquerade, masquerade.entry};
    for (const auto& some : {ports.marking, ports.first, ports.entrances, ports.translations, ports.entries})
      all.insert(all.end(), some.begin(), some.end());
    for (const Rule& rule : all) {
      INFO(to_text(rule));
      const Rule same = again(forward.container.family(), rule);
      CHECK(same == rule);
      CHECK(to_text(same) == to_text(rule));
      CHECK(same.attachment == rule.attachment);
    }
  }
}

TEST_CASE("iptables in nf_tables: whose a rule is stands beside what others note") {
  const auto attachment = [](std::span<const std::uint8_t> userdata) { return attachment_of(userdata); };
  const auto ours = attachment_userdata(0x89ABCDEF);
  CHECK(attachment(ours) == 0x89ABCDEF);
  CHECK(attachment({}) == 0);
  const Octets comment = nftables::comment_userdata("hello");
  CHECK(attachment(comment) == 0);
  Octets both = comment;
  both.insert(both.end(), ours.begin(), ours.end());
  CHECK(attachment(both) == 0x89ABCDEF);
  CHECK(nftables::comment_of(both) == "hello");
  for (std::size_t size = 0; size < ours.size(); ++size) CHECK(attachment(std::span{ours}.first(size)) == 0);

  wire::Message rule = message();
  rule.put_text(NFTA_RULE_CHAIN, "T").put_be64(NFTA_RULE_HANDLE, 77).put(NFTA_RULE_USERDATA, both);
  const PresentRule present = read(net::Family::v4, rule);
  CHECK(present.handle == 77);
  CHECK(present.rule.attachment == 0x89ABCDEF);
  CHECK(present.rule.matches == std::vector<Match>{Comment{"hello"}});
  CHECK(is_foreign(present.rule));  // without a target it is not one of ours
}

TEST_CASE("iptables in nf_tables: what there is no word for cannot be written") {
  wire::Message to = message();
  CHECK_THROWS_AS(put_rule(to, net::Family::v4, Rule{.chain = "T", .matches = {Foreign{"limit"}}}), Error);
  CHECK_THROWS_AS(put_rule(to, net::Family::v4, Rule{.chain = "T", .target = Foreign{"LOG"}}), Error);
  CHECK_THROWS_AS(put_rule(to, net::Family::v4, Rule{.chain = "T", .in = Interface{"sixteen-letters-"}}), Error);
}
