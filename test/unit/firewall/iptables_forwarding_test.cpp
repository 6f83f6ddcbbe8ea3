// SPDX-License-Identifier: Apache-2.0
// Accepting what containers send, and keeping bridges apart: rules in table filter.
#include <algorithm>

#include "common/firewall/iptables/filter.hpp"
#include "common/firewall/iptables/forwarding.hpp"
#include "common/firewall/iptables/isolation.hpp"
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

namespace {

Forwarding forwarding(const std::string& address, std::optional<IngressPolicy> policy = {}) {
  return {.addresses = {cidr(address)}, .policy = std::move(policy)};
}

std::vector<std::string> texts(const Table& table, const std::string& chain) {
  std::vector<std::string> all;
  for (const Rule& rule : table.rules(chain)) all.push_back(to_text(rule));
  return all;
}

using Texts = std::vector<std::string>;

const IngressPolicy kSame{Ingress::same_bridge, "br0"}, kIsolated{Ingress::isolated, "br1"};

}  // namespace

TEST_CASE("iptables forwarding: the reference's rules in the reference's places") {
  Notebook filter;
  filter.append({.chain = kForward, .target = Drop{}});
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24"));
  CHECK(texts(filter, kForward) ==
        Texts{R"(-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD)", "-A FORWARD -j DROP"});
  CHECK(texts(filter, kContainerForward) ==
        Texts{R"(-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN)",
              "-A CNI-FORWARD -d 10.1.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
              "-A CNI-FORWARD -s 10.1.0.2/32 -j ACCEPT"});
  CHECK(absent_from_filter(filter, kOwner, forwarding("10.1.0.2/24")).empty());
  const int edits = filter.edits;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24"));
  CHECK(filter.edits == edits);
}

TEST_CASE("iptables forwarding: another address replaces the owner's, and nobody else's") {
  Notebook filter;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24"));
  edit_filter(filter, kOther, forwarding("10.1.0.3/24"));
  edit_filter(filter, kOwner, forwarding("10.1.0.4/24"));
  CHECK(absent_from_filter(filter, kOwner, forwarding("10.1.0.4/24")).empty());
  CHECK(absent_from_filter(filter, kOther, forwarding("10.1.0.3/24")).empty());
  CHECK(absent_from_filter(filter, kOwner, forwarding("10.1.0.2/24")).size() == 2);
  edit_filter(filter, kOwner, forwarding("fd00::2/64"));  // none of this family any more
  CHECK(count(filter, kContainerForward) == 3);
}

TEST_CASE("iptables forwarding: what goes is by number, or by address where there is no number") {
  Notebook filter;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24"));
  SECTION("ours, without knowing the address") { remove_forwarding(filter, kOwner, {}); }
  SECTION("the reference's, by its address") {
    filter.forget_attachments();
    remove_forwarding(filter, kOwner, {});
    CHECK(count(filter, kContainerForward) == 3);
    remove_forwarding(filter, kOwner, {cidr("10.1.0.2/24")});
  }
  SECTION("never another owner's, whatever the address") {
    remove_forwarding(filter, kOther, {cidr("10.1.0.2/24")});
    CHECK(count(filter, kContainerForward) == 3);
    remove_forwarding(filter, kOwner, {});
  }
  CHECK(count(filter, kContainerForward) == 1);  // the administrator's
}

TEST_CASE("iptables forwarding: an address is taken over where its rules stand") {
  Notebook filter;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24"));
  edit_filter(filter, kOther, forwarding("10.1.0.3/24"));
  const Texts before = texts(filter, kContainerForward);
  edit_filter(filter, kSibling, forwarding("10.1.0.2/24"));
  CHECK(texts(filter, kContainerForward) == before);
  remove_forwarding(filter, kOwner, {cidr("10.1.0.2/24")});
  CHECK(texts(filter, kContainerForward) == before);
  remove_forwarding(filter, kSibling, {});
  CHECK(count(filter, kContainerForward) == 3);
}

TEST_CASE("iptables isolation: two stages, ahead of what accepts") {
  Notebook filter;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24", kSame));
  edit_filter(filter, kOther, forwarding("10.2.0.2/24", kIsolated));
  const std::string any =
      R"x( -m comment --comment "CNI firewall plugin rules (ingressPolicy: same-bridge|isolated)")x";
  const std::string same = R"x( -m comment --comment "CNI firewall plugin rules (ingressPolicy: same-bridge)")x";
  const std::string isolated = R"x( -m comment --comment "CNI firewall plugin rules (ingressPolicy: isolated)")x";
  CHECK(texts(filter, kForward) ==
        Texts{"-A FORWARD" + any + " -j CNI-ISOLATION-STAGE-1",
              R"(-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD)"});
  CHECK(texts(filter, kIsolationSource) ==
        Texts{"-A CNI-ISOLATION-STAGE-1 -i br1 -o br1" + isolated + " -j DROP",
              "-A CNI-ISOLATION-STAGE-1 -i br1 ! -o br1" + isolated + " -j CNI-ISOLATION-STAGE-2",
              "-A CNI-ISOLATION-STAGE-1 -i br0 ! -o br0" + same + " -j CNI-ISOLATION-STAGE-2",
              "-A CNI-ISOLATION-STAGE-1" + any + " -j RETURN"});
  CHECK(texts(filter, kIsolationTarget) == Texts{"-A CNI-ISOLATION-STAGE-2 -o br1" + any + " -j DROP",
                                                 "-A CNI-ISOLATION-STAGE-2 -o br0" + any + " -j DROP",
                                                 "-A CNI-ISOLATION-STAGE-2" + any + " -j RETURN"});
  CHECK(isolated_bridges(filter) == Texts{"br1", "br0"});
}

TEST_CASE("iptables isolation: goes with its bridge, the stages with the last") {
  Notebook filter;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24", kSame));
  const Texts first = filter.lines();
  edit_filter(filter, kOther, forwarding("10.2.0.2/24", kIsolated));
  remove_forwarding(filter, kOther, {});
  lift_isolation(filter, "br1");
  CHECK(filter.lines() == first);
  lift_isolation(filter, "br7");
  CHECK(filter.lines() == first);
  SECTION("whole") {
    lift_isolation(filter, "br0");
    CHECK_FALSE(filter.has_chain(kIsolationSource));
    CHECK_FALSE(filter.has_chain(kIsolationTarget));
    CHECK(count(filter, kForward) == 1);
  }
  SECTION("but for what somebody else has put there") {
    filter.insert({.chain = kIsolationTarget, .out = Interface{"br9"}, .target = Accept{}}, 0);
    lift_isolation(filter, "br0");
    CHECK(count(filter, kForward) == 2);
    CHECK(count(filter, kIsolationTarget) == 2);
  }
}

TEST_CASE("iptables isolation: comments of older versions of the reference do") {
  Notebook filter;
  const Rule jump{.chain = kForward,
                  .matches = {Comment{"CNI firewall plugin rules (ingressPolicy: same-bridge)"}},
                  .target = Jump{kIsolationSource}};
  filter.create_chain(kIsolationSource);
  filter.append(jump);
  ensure_isolation(filter, isolation_rules(kSame));
  CHECK(count(filter, kForward) == 1);
  CHECK(absent_isolation(filter, isolation_rules(kSame)).empty());
}

TEST_CASE("iptables isolation: behind what accepts, it is moved ahead") {
  Notebook filter;
  edit_filter(filter, kOwner, forwarding("10.1.0.2/24", kSame));
  const auto rules = filter.rules(kForward);
  filter.erase(kForward, 0);
  filter.append(rules.front());
  CHECK(absent_isolation(filter, isolation_rules(kSame)).size() == 1);
  ensure_isolation(filter, isolation_rules(kSame));
  CHECK(filter.rules(kForward) == rules);
}
