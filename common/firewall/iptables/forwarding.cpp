// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/forwarding.hpp"

#include <algorithm>

namespace patchbay::firewall::iptables {
namespace {

bool contains(const std::vector<Rule>& rules, const Rule& rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

// Equal rules of others become ours, where they stand: DEL will ask for our number.
void take_over(Table& filter, const std::vector<Rule>& wanted) {
  const auto rules = filter.rules(kContainerForward);
  for (std::size_t position = 0; position < rules.size(); ++position) {
    const auto same = std::find(wanted.begin(), wanted.end(), rules[position]);
    if (same == wanted.end() || same->attachment == rules[position].attachment) continue;
    filter.erase(kContainerForward, position);
    filter.insert(*same, position);
  }
}

}  // namespace

ForwardingRules forwarding_rules(const Owner& owner, const std::vector<net::Cidr>& addresses,
                                 const std::string& admin_chain) {
  ForwardingRules rules;
  rules.entrance = {
      .chain = kForward, .matches = {Comment{"CNI firewall plugin rules"}}, .target = Jump{kContainerForward}};
  rules.admin = {.chain = kContainerForward,
                 .matches = {Comment{"CNI firewall plugin admin overrides"}},
                 .target = Jump{admin_chain}};
  for (const net::Cidr& address : addresses) {
    const Subnet host{net::Cidr::host(address.ip)};
    const Rule base{.chain = kContainerForward, .target = Accept{}, .attachment = attachment_number(owner)};
    Rule& answers = rules.accepts.emplace_back(base);
    answers.destination = host;
    answers.matches = {Established{}};
    rules.accepts.emplace_back(base).source = host;
  }
  return rules;
}

ForwardingRules forwarding_rules_where_dropped(const Owner& owner, const std::vector<net::Cidr>& addresses,
                                               const std::string& admin_chain) {
  ForwardingRules rules = forwarding_rules(owner, addresses, admin_chain);
  for (const net::Cidr& address : addresses) {
    rules.accepts.push_back({.chain = kContainerForward,
                             .destination = Subnet{net::Cidr::host(address.ip)},
                             .matches = {Translated{}},
                             .target = Accept{},
                             .attachment = attachment_number(owner)});
  }
  return rules;
}

void replace_forwarding(Table& filter, const ForwardingRules& wanted) {
  const std::uint32_t number = wanted.accepts.empty() ? 0 : wanted.accepts.front().attachment;
  ensure_chain(filter, kContainerForward);
  ensure_chain(filter, *wanted.admin.jump());
  ensure_first(filter, wanted.entrance);
  ensure_first(filter, wanted.admin);
  if (number == 0) return;
  erase_if(filter, kContainerForward,
           [&](const Rule& rule) { return rule.attachment == number && !contains(wanted.accepts, rule); });
  take_over(filter, wanted.accepts);
  for (const Rule& rule : wanted.accepts) ensure_last(filter, rule);
}

void remove_forwarding(Table& filter, const Owner& owner, const std::vector<net::Cidr>& addresses) {
  const std::uint32_t number = attachment_number(owner);
  const auto about_us = forwarding_rules_where_dropped(owner, addresses, {}).accepts;
  erase_if(filter, kContainerForward, [&](const Rule& rule) {
    if (rule.attachment != 0) return rule.attachment == number;
    return contains(about_us, rule);
  });
}

}  // namespace patchbay::firewall::iptables
