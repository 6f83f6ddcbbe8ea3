// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/host_ports.hpp"

#include <algorithm>

#include "common/firewall/iptables/conflict.hpp"
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/names.hpp"

namespace patchbay::firewall::iptables {
namespace {

// Same packets, whatever becomes of them.
bool same_packets(const Rule& one, const Rule& other) {
  return one.protocol == other.protocol && one.matches == other.matches && one.destination == other.destination;
}

// The container's address that the rule at `index` is about: where it, or the translation that it
// prepares, sends packets.
std::optional<net::Cidr> address_of(const std::vector<Rule>& rules, std::size_t index) {
  for (std::size_t i = index; i < rules.size(); ++i) {
    if (!same_packets(rules[i], rules[index])) continue;
    if (const auto* dnat = std::get_if<Dnat>(&rules[i].target)) return net::Cidr::host(dnat->ip);
  }
  return std::nullopt;
}

// True when the entry leads to one of these translations.
bool serves(const Rule& entry, const std::vector<Rule>& translations) {
  return std::any_of(translations.begin(), translations.end(),
                     [&](const Rule& rule) { return entry_covers(entry, rule); });
}

bool is_entry_to(const Rule& entry, const std::string& chain, std::uint32_t attachment) {
  return jumps_to(entry, chain) && (entry.attachment == attachment || entry.attachment == 0);
}

// True when all is there already, in order, and nothing else of this attachment.
bool stands(const Table& table, const Owner& owner, const HostPortRules& wanted) {
  const std::string chain = host_port_chain(owner);
  const std::uint32_t number = attachment_number(owner);
  const auto equal = [](std::vector<Rule> present, const auto& is_mine, const std::vector<Rule>& rules) {
    std::erase_if(present, [&](const Rule& rule) { return !is_mine(rule); });
    return present == rules;
  };
  return equal(
             table.rules(chain), [&](const Rule& rule) { return rule.attachment == number || rule.attachment == 0; },
             wanted.translations) &&
         equal(
             table.rules(kHostPortDnat), [&](const Rule& rule) { return is_entry_to(rule, chain, number); },
             wanted.entries);
}

// What this attachment had: by its number, by its address, or - of the reference's rules, which do
// not tell interfaces apart - because it is in the way.
Claim had_by(const Owner& owner, const PortForward& forward) {
  return of_attachment(owner, {net::Cidr::host(forward.container.ip)});
}

void erase_in_the_way(Table& table, const std::string& chain, const PortForward& forward) {
  erase_if(table, chain, [&](const Rule& rule) { return rule.attachment == 0 && translates_any(rule, forward); });
}

}  // namespace

void replace_host_ports(Table& table, const Owner& owner, const PortForwards& options, const PortForward* forward,
                        const IsDead& is_dead) {
  const std::string chain = host_port_chain(owner);
  const HostPortRules wanted = forward == nullptr ? HostPortRules{} : host_port_rules(owner, options, *forward);
  if (forward == nullptr || wanted.entries.empty()) {
    const std::uint32_t number = attachment_number(owner);
    return remove_host_ports(table, chain,
                             [&](std::uint32_t attachment, const net::Cidr*) { return attachment == number; });
  }
  resolve_conflicts(table, owner, *forward, is_dead);
  for (const Rule& rule : wanted.marking) ensure_last(table, rule);
  for (const Rule& rule : wanted.first) ensure_first(table, rule);
  ensure_chain(table, kHostPortDnat);
  for (const Rule& rule : wanted.entrances) ensure_last(table, rule);
  if (stands(table, owner, wanted)) return;
  erase_in_the_way(table, chain, *forward);
  remove_host_ports(table, chain, had_by(owner, *forward));
  ensure_chain(table, chain);
  for (const Rule& rule : wanted.translations) table.append(rule);
  for (const Rule& rule : wanted.entries) table.append(rule);
}

void remove_host_ports(Table& table, const std::string& chain, const Claim& claim) {
  const auto rules = table.rules(chain);
  std::vector<Rule> removed, remaining;
  for (std::size_t i = rules.size(); i-- > 0;) {  // from the end: positions before it stay
    const auto address = address_of(rules, i);
    const bool claimed = claim(rules[i].attachment, address ? &*address : nullptr);
    if (claimed) table.erase(chain, i);
    (claimed ? removed : remaining).push_back(rules[i]);
  }
  erase_if(table, kHostPortDnat, [&](const Rule& entry) {
    if (!jumps_to(entry, chain)) return false;
    if (remaining.empty()) return true;
    if (entry.attachment != 0) return claim(entry.attachment, nullptr);
    return serves(entry, removed) && !serves(entry, remaining);
  });
  if (remaining.empty()) drop_chain(table, chain);
}

void remove_old_snat(Table& table, const std::string& chain) {
  erase_if(table, kOldHostPortSnat, [&](const Rule& rule) { return jumps_to(rule, chain); });
  drop_chain(table, chain);
}

void collect_host_ports(Table& table, const std::string& network, const Owners& valid) {
  const Valid attachments{valid, host_port_chain};
  std::set<std::string> chains;
  for (const Rule& entry : table.rules(kHostPortDnat)) {
    const std::string* chain = entry.jump();
    const auto* comment = entry.find<Comment>();
    if (chain == nullptr || comment == nullptr || !is_host_port_chain(*chain)) continue;
    if (host_port_comment_is_of(network, comment->text)) chains.insert(*chain);
  }
  for (const std::string& chain : chains) remove_host_ports(table, chain, attachments.stale(chain));
  drop_idle_chains(table,
                   [&](const std::string& chain) { return is_host_port_chain(chain) && !attachments.has(chain); });
}

}  // namespace patchbay::firewall::iptables
